"""All agreement of a study as the cells of a file: each round and all together, whose codes, every level."""

from collections.abc import Iterator

from coding_app.agreement import Estimate
from coding_app.models import Study
from coding_app.selectors import agreement, independent, people
from coding_app.selectors.agreement import Between, Coefficients, Levels
from coding_app.selectors.independent import Rated

HEADER = (
    "round", "between", "coders", "level", "categories", "records", "ratings", "differing", "coefficient",
    "value", "low_95", "high_95", "remark",
)  # fmt: skip


def rows(study: Study) -> Iterator[list[str | None]]:
    """Cells under ``HEADER``; ``round`` is a number or ``all``, ``coders`` is ``all`` or two pseudonyms."""
    levels, hidden = Levels(study), people.pseudonyms(study)
    found = independent.rated(study)
    numbers = dict(independent.rounds(study).order_by("number").values_list("pk", "number"))
    parts = [(str(number), [one for one in found if one.round == pk]) for pk, number in numbers.items()]
    if len(parts) > 1:
        parts.append(("all", found))
    for name, part in parts:
        for between in Between:
            for level in levels.all:
                made = agreement.coefficients(part, between, levels, level)
                yield from _cells(name, between, "all", levels, made)
        yield from _of_pairs(name, part, levels, hidden)


def _of_pairs(
    name: str, part: list[Rated], levels: Levels, hidden: dict[int, str]
) -> Iterator[list[str | None]]:
    for level in levels.all:
        for two in agreement.by_pair(part, levels, level):
            who = " ".join(sorted((hidden[two.first], hidden[two.second])))
            yield from _cells(name, Between.CODERS, who, levels, two.figures)


def _cells(
    name: str, between: Between, coders: str, levels: Levels, made: Coefficients
) -> Iterator[list[str | None]]:
    named: list[tuple[str, Estimate | None]] = [
        ("percent", made.percent),
        ("cohen_kappa", made.cohen),
        ("fleiss_kappa", made.fleiss),
        ("gwet_ac1", made.gwet),
    ]
    for coefficient, one in named:
        if one is None or not one.n:
            continue
        yield [
            name,
            between.value,
            coders,
            str(made.level),
            str(levels.categories(made.level)),
            str(made.records),
            str(one.n),
            str(made.differing),
            coefficient,
            *(None if part is None else f"{part:.4f}" for part in (one.value, one.low, one.high)),
            one.problem.value if one.problem else None,
        ]

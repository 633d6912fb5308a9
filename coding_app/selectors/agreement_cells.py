"""All agreement of a study as the cells of a file: each round and all together, whose codes, every level."""

from collections.abc import Iterator, Sequence

from coding_app.agreement import Estimate
from coding_app.models import Study
from coding_app.selectors import agreement, independent, people
from coding_app.selectors.agreement import Between, Coefficients, Levels, Tally
from coding_app.selectors.independent import Rated

HEADER = (
    "round", "between", "coders", "level", "categories", "records", "ratings", "differing", "coefficient",
    "value", "low_95", "high_95", "remark",
)  # fmt: skip


def rows(study: Study) -> Iterator[list[str | None]]:
    """Cells under ``HEADER``; ``round`` is a number or ``all``, ``coders`` is ``all`` or two pseudonyms."""
    levels, hidden = Levels(study), people.pseudonyms(study)
    for name, part in _parts(study):
        for between, tally in part.tallies.items():
            two = between != Between.CODERS or len(part.coders) == 2
            for level in levels.all:
                yield from _cells(name, between, "all", levels, tally.coefficients(levels, level, two=two))
        for level in levels.all:
            for (first, second), tally in sorted(part.pairs.items()):
                who = " ".join(sorted((hidden[first], hidden[second])))
                made = tally.coefficients(levels, level, two=True)
                yield from _cells(name, Between.CODERS, who, levels, made)


class _Part:
    """The codes of a round, or of all; not record by record, of which a large study has too many."""

    def __init__(self) -> None:
        self.tallies = {between: Tally() for between in Between}
        self.pairs: dict[tuple[int, int], Tally] = {}
        self.coders: set[int] = set()

    def add(self, of_record: Sequence[Rated]) -> None:
        """Add a record, with what was said of it in each round."""
        for between, tally in self.tallies.items():
            tally.add(agreement.compared(of_record, between))
        for two, subjects in agreement.subjects_by_pair(of_record).items():
            self.coders.update(two)
            self.pairs.setdefault(two, Tally()).add(subjects)


def _parts(study: Study) -> list[tuple[str, _Part]]:
    """Each round by its number, and all together where there are several."""
    numbers = dict(independent.rounds(study).order_by("number").values_list("pk", "number"))
    parts, whole = {key: _Part() for key in numbers}, _Part()
    several = len(parts) > 1
    repeated = independent.in_several_rounds(study) if several else set()
    together: dict[int, list[Rated]] = {}
    for one in independent.each_rated(study):
        if one.round not in parts:  # drawn meanwhile
            continue
        parts[one.round].add([one])
        if one.key in repeated:
            together.setdefault(one.key, []).append(one)
        elif several:
            whole.add([one])
    for of_record in together.values():
        whole.add(of_record)
    named = [(str(number), parts[key]) for key, number in numbers.items()]
    return [*named, ("all", whole)] if several else named


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

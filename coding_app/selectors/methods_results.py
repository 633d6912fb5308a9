"""Methods of a study: agreement, evaluation, flow, coverage and software."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from django.utils.translation import gettext as _

from coding_app.choices import Outcome, RecordStatus, RoundKind, Route, StatusGroup
from coding_app.document import Cell, Flow, Paragraph, Rows, Step, Table
from coding_app.models import Round, Study
from coding_app.selectors import agreement, evaluation_table, flow, independent, model_cards, people
from coding_app.selectors import methods_words as words
from coding_app.selectors.agreement import Between, Levels
from coding_app.selectors.evaluation_table import MACHINE, PEOPLE, Block, Line, Stage
from coding_app.selectors.independent import Rated

PACKAGES: Final = ("Django", "numpy", "scipy", "scikit-learn", "torch", "transformers")


def agreed(study: Study, found: list[Rated], levels: Levels) -> Iterator[Paragraph | Table]:
    rows: list[list[Cell]] = []
    numbers = dict(independent.rounds(study).values_list("pk", "number"))
    for pk, number in sorted(numbers.items(), key=lambda item: item[1]):
        part = [one for one in found if one.round == pk]
        for between in (Between.CODERS, Between.MACHINE):
            for level in levels.all:
                made = agreement.coefficients(part, between, levels, level)
                if made.percent.n:
                    query = {"between": between.value, "level": str(level), "round": str(pk)}
                    rows.append(
                        [
                            str(number),
                            _("coders") if between == Between.CODERS else _("coders and machine"),
                            str(level),
                            words.linked(made.percent.n, Rows("agreement-records", query=query)),
                            words.percent(made.percent),
                            words.figure(made.cohen),
                            words.figure(made.fleiss),
                            words.figure(made.gwet),
                        ]
                    )
    if not rows:
        yield Paragraph(_("No record was coded by two people independently, or by a person and the machine."))
        return
    yield Paragraph(
        _(
            "Agreement was measured on each coder's first code of a record, given independently: before any "
            "adjudication or question. ‘Cannot be coded’ is a category of its own. Percent agreement has "
            "Wilson's interval; Cohen's kappa that of Fleiss, Cohen and Everitt (1969); Fleiss' kappa and "
            "Gwet's AC1 that of Gwet (2008, 2014). AC1 reckons with all codes of the level. All intervals "
            "have 95 percent confidence."
        )
    )
    yield Table(
        # xgettext:no-python-format
        _("Agreement by round and level of the classification, with 95 % intervals"),
        [
            _("Round"),
            _("Between"),
            _("Level"),
            _("n"),
            _("Percent"),
            _("Cohen's kappa"),
            _("Fleiss' kappa"),
            _("Gwet's AC1"),
        ],
        rows,
        numbers_from=3,
    )


def evaluations(study: Study, levels: Levels) -> Iterator[Paragraph | Table]:
    hidden = people.pseudonyms(study)
    evaluations = list(independent.rounds(study).filter(kind=RoundKind.EVALUATION).order_by("number"))
    if not evaluations:
        yield Paragraph(_("The machine was not evaluated against adjudicated codes."))
        return
    for one in evaluations:
        made = evaluation_table.table(one, levels, levels.deepest)
        blocks = [block for block in made.blocks if block.stage == Stage.AFTER]
        before = next((b for b in made.blocks if (b.rater, b.stage) == (MACHINE, Stage.BEFORE)), None)
        yield Paragraph(
            _(
                "Round %(number)s: %(drawn)s records were drawn from %(population)s, each coded by one "
                "person blinded to the machine. Where the codes differed, another person adjudicated, "
                "blinded to which code was the machine's. A code is correct when it agrees with the result "
                "(Ossiander and Milham, 2005)."
            )
            % {
                "number": one.number,
                "drawn": words.number(made.drawn),
                "population": words.number(one.population_size or 0),
            }
            + words.only_if(
                made.open,
                " " + _("%(n)s have no result yet and are left out.") % {"n": words.number(made.open)},
            )
            + (
                " "
                + _("Before adjudication, machine and people agreed on %(share)s.")
                % {"share": words.percent(before.total.correct)}
                if before
                else ""
            )
        )
        if not blocks:
            continue
        names = {MACHINE: _("Machine"), PEOPLE: _("Coders together")}
        yield Table(
            _("Coding accuracy in round %(number)s") % {"number": one.number},
            [
                _("Coded by"),
                made.by or _("Type of record"),
                _("n"),
                _("Coded correctly"),
                # xgettext:no-python-format
                _("Percent (95 % interval)"),
            ],
            [
                [
                    names.get(str(block.rater)) or hidden[int(block.rater)],
                    _("Total") if line.stratum is None else line.stratum or "–",
                    words.linked(len(line.records), _line(one, block, line)),
                    words.linked(line.count, _line(one, block, line, right="")),
                    words.percent(line.correct),
                ]
                for block in blocks
                for line in block.lines
            ],
            numbers_from=2,
        )


def _line(round_: Round, block: Block, line: Line, **which: str) -> Rows:
    stratum = {} if line.stratum is None else {"stratum": line.stratum}
    query = {"rater": str(block.rater), "stage": block.stage.value, **stratum, **which}
    return Rows("evaluation-table-records", (round_.number,), query)


def way_of(way: flow.Flow) -> Iterator[Flow]:
    statuses, outcomes = way.progress.statuses, way.progress.outcomes

    def by_status(label: str, status: RecordStatus) -> Step:
        return Step(label, statuses[status], rows=words.records(status=status))

    left = [
        Step(_("Children"), outcomes[Outcome.CHILD], rows=words.records(outcome=Outcome.CHILD)),
        Step(_("Unknown or blank"), outcomes[Outcome.UNKNOWN], rows=words.records(outcome=Outcome.UNKNOWN)),
        by_status(_("Not coded yet"), RecordStatus.IMPORTED),
    ]
    to_people = [
        by_status(_("Waiting"), RecordStatus.WAITING),
        by_status(_("Disputed"), RecordStatus.DISPUTED),
        by_status(_("Cannot be coded"), RecordStatus.CANNOT_CODE),
    ]
    beyond = way.occupational - statuses[RecordStatus.IMPORTED]
    adjudicated = Step(
        _("Adjudicated"),
        way.by_route.get(Route.ADJUDICATED, 0),
        rows=words.records(route=Route.ADJUDICATED, status=StatusGroup.CODED),
    )
    yield Flow(
        _("Flow of records"),
        (
            Step(
                _("Imported"),
                way.records + way.removed,
                _some([by_status(_("Removed"), RecordStatus.REMOVED)]),
            ),
            Step(_("In the study"), way.records, _some(left), rows=words.records()),
            Step(
                str(StatusGroup.ROUTED.label),
                beyond,
                _some([by_status(_("Accepted from the machine"), RecordStatus.ACCEPTED)]),
                rows=words.records(status=StatusGroup.ROUTED),
            ),
            Step(
                str(StatusGroup.TO_PEOPLE.label),
                beyond - statuses[RecordStatus.ACCEPTED],
                _some(to_people),
                rows=words.records(status=StatusGroup.TO_PEOPLE),
            ),
            Step(
                _("Decided by people"),
                statuses[RecordStatus.DECIDED],
                _some([adjudicated]),
                rows=words.records(status=RecordStatus.DECIDED),
            ),
            Step(
                str(StatusGroup.CODED.label),
                way.final,
                rows=words.records(status=StatusGroup.CODED),
            ),
        ),
    )


def _some(steps: list[Step]) -> tuple[Step, ...]:
    return tuple(step for step in steps if step.records)


def coverage(way: flow.Flow) -> Iterator[Table]:
    every, named = words.records(), words.records(status=StatusGroup.OCCUPATIONAL)
    coded, by_machine = words.records(status=StatusGroup.CODED), words.records(status=RecordStatus.ACCEPTED)
    dictionary = words.records(outcome=Outcome.CODED)
    rates = [
        (_("Final code, records set aside left out"), way.coverage, coded, named),
        (_("Final code, all records"), way.coverage_with_set_aside, coded, every),
        (
            _("Final code from the machine, records set aside left out"),
            way.machine_coverage,
            by_machine,
            named,
        ),
        (
            _("Final code from the machine, all records"),
            way.machine_coverage_with_set_aside,
            by_machine,
            every,
        ),
        (_("Coded by the dictionary, records set aside left out"), way.progress.production, dictionary, None),
        (
            _("Coded by the dictionary or set aside, all records"),
            way.progress.production_with_set_aside,
            None,
            None,
        ),
    ]
    yield Table(
        _("Production rates, with and without the records set aside"),
        [_("Share of records"), _("Records"), _("Of"), _("Percent (95 % interval)")],
        [
            [name, _count(rate.k, some), _count(rate.n, of), words.rate(rate)]
            for name, rate, some, of in rates
        ],
    )


def _count(count: int, rows: Rows | None) -> Cell:
    return words.linked(count, rows) if rows else words.number(count)


def software(study: Study) -> Iterator[Paragraph]:
    parts = [f"{name} {found}" for name in PACKAGES if (found := _version(name))]
    yield Paragraph(_("Coded with Tiebreak, on %(packages)s.") % {"packages": ", ".join(parts)})
    if study.model_version is not None and (trained := model_cards.read(study.model_version).packages):
        shown = ", ".join(f"{name} {number}" for name, number in sorted(trained.items()))
        yield Paragraph(_("The model was trained with %(packages)s.") % {"packages": shown})


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""

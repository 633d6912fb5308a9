"""Agreement and the evaluation's table of rounds that were drawn, coded and adjudicated as people do it."""

from pathlib import Path

import pytest
from django.db.models import F

from coding_app.choices import RoundKind, Side
from coding_app.models import QueueItem, Study
from coding_app.selectors import coder_stats, evaluation_table, independent
from coding_app.selectors.agreement import Levels
from coding_app.selectors.evaluation_table import MACHINE, PEOPLE, Stage, Table
from coding_app.services import adjudicate, review, rounds
from tests import factories
from tests.rounds import boss, coder, decide, drawn, ended


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    return made


def first_codes(study: Study) -> dict[str, dict[str, str]]:
    ids = dict(study.records.values_list("pk", "external_id"))
    names = {user.pk: user.username for user in study.members.all()}
    return {
        ids[one.key]: {names[who]: given.code for who, given in one.by.items()}
        for one in independent.rated(study)
    }


def test_what_counts_is_said_before_anybody_asked_again(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, population={"status": "waiting"})
    for name, codes in {"003": ("510", "470"), "004": ("411", "411")}.items():
        for who, code in zip(("anna", "ben"), codes, strict=True):
            decide(study, who, name, code)
    assert first_codes(study)["003"] == {"anna": "510", "ben": "470"}
    held = adjudicate.open_next(study=study, user=boss(study))
    assert held is not None
    adjudicate.send_back(adjudication=held, user=boss(study), question="Does he fit boilers?")
    for who in ("anna", "ben"):
        decide(study, who, "003", "470")
    assert first_codes(study) == {
        "003": {"anna": "510", "ben": "470"},
        "004": {"anna": "411", "ben": "411"},
    }
    rows = {row.name: row for row in coder_stats.coders(study, independent.rated(study))}
    assert (rows["anna"].final.value, rows["ben"].final.value) == (1 / 2, 1.0)


def test_a_coder_who_corrects_themself_at_once_counts_with_the_correction(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, population={"status": "waiting"})
    decide(study, "anna", "003", "510")
    decide(study, "ben", "003", "470")
    review.undo(study=study, user=coder(study, "ben"))
    assert first_codes(study) == {"003": {"anna": "510"}}
    decide(study, "ben", "003", "510")
    assert first_codes(study)["003"] == {"anna": "510", "ben": "510"}


def test_the_table_of_an_evaluation_follows_its_adjudication(study: Study) -> None:
    made = drawn(study, RoundKind.EVALUATION)
    for who in ("anna", "ben"):
        for place in QueueItem.objects.filter(assigned=coder(study, who)).select_related("record"):
            # The first record of each as the machine has it, the others otherwise.
            within = place.round_record
            assert within is not None
            first = within.position <= 2 and within.machine_code is not None
            code = within.machine_code.code if first and within.machine_code else "510"
            decide(study, who, place.record.external_id, code)
    same = made.records.filter(decisions__code=F("machine_code")).count()
    before = total(table(study, made.number), MACHINE, Stage.BEFORE)
    assert before == (4, same)
    disputed = rounds.go_on(round_=made, user=boss(study))
    assert disputed == 4 - same
    for who in ("anna", "ben"):
        while (held := adjudicate.open_next(study=study, user=coder(study, who))) is not None:
            adjudicate.settle(adjudication=held, user=coder(study, who), side=Side.MACHINE)
    after = table(study, made.number)
    assert total(after, MACHINE, Stage.AFTER) == (4, 4), "the machine was found right each time"
    assert total(after, PEOPLE, Stage.AFTER) == (4, same)
    assert total(after, MACHINE, Stage.BEFORE) == before, "what was said first stays"
    ended(made)
    assert total(table(study, made.number), MACHINE, Stage.AFTER) == (4, 4)


def table(study: Study, number: int) -> Table:
    levels = Levels(study)
    return evaluation_table.table(study.rounds.get(number=number), levels, levels.deepest)


def total(made: Table, rater: str, stage: Stage) -> tuple[int, int]:
    line = next(block for block in made.blocks if (block.rater, block.stage) == (rater, stage)).total
    return len(line.records), line.count

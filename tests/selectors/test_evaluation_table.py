"""The paper's table: type of record, n, coded correctly, before and after adjudication."""

from pathlib import Path

import pytest

from coding_app.choices import RoundKind
from coding_app.models import Round, Study
from coding_app.selectors import evaluation_table
from coding_app.selectors.agreement import Levels
from coding_app.selectors.evaluation_table import MACHINE, PEOPLE, Stage, Table
from tests import factories
from tests.rated import CANNOT, Row, make_round, person

Figures = tuple[str | None, int, int]


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    return study


@pytest.fixture
def evaluation(study: Study) -> Round:
    """Two coders, halves exchanged: one code of each was wrong, and one of the machine's."""
    return make_round(
        study,
        {
            "001": Row({"ann": "716"}, machine="716", final="716", stratum="birth"),
            "002": Row({"ann": "465"}, machine="982", final="465", stratum="birth", adjudicated=True),
            "003": Row({"ann": "470"}, machine="406", final="406", stratum="death", adjudicated=True),
            "005": Row({"ben": "900"}, machine="900", final="900", stratum="death"),
            "006": Row({"ben": "801"}, machine="411", final=CANNOT, stratum="death", adjudicated=True),
            "004": Row({"ben": "411"}, machine="716", stratum="death"),  # not adjudicated yet
        },
        kind=RoundKind.EVALUATION,
        stratum_column="type",
    )


def figures(made: Table, rater: str | int, stage: Stage) -> list[Figures]:
    block = next(one for one in made.blocks if (one.rater, one.stage) == (rater, stage))
    return [(line.stratum, len(line.records), line.count) for line in block.lines]


def table(evaluation: Round, level: int = 3, column: str = "") -> Table:
    return evaluation_table.table(evaluation, Levels(evaluation.study), level, column=column)


def test_correct_is_what_agrees_with_the_adjudicated_result(study: Study, evaluation: Round) -> None:
    made = table(evaluation)
    assert figures(made, MACHINE, Stage.AFTER) == [("birth", 2, 1), ("death", 3, 2), (None, 5, 3)]
    assert figures(made, PEOPLE, Stage.AFTER) == [("birth", 2, 2), ("death", 3, 1), (None, 5, 3)]
    ann, ben = person(study, "ann").pk, person(study, "ben").pk
    assert figures(made, ann, Stage.AFTER) == [("birth", 2, 2), ("death", 1, 0), (None, 3, 2)]
    assert figures(made, ben, Stage.AFTER) == [(None, 2, 1)]
    assert (made.drawn, made.coded, made.open, made.cannot_code, made.by) == (6, 6, 1, 1, "type")


def test_before_adjudication_machine_and_people_are_held_against_each_other(
    study: Study, evaluation: Round
) -> None:
    made = table(evaluation)
    assert figures(made, MACHINE, Stage.BEFORE) == figures(made, PEOPLE, Stage.BEFORE)
    assert figures(made, MACHINE, Stage.BEFORE)[-1] == (None, 6, 2)
    assert figures(made, person(study, "ann").pk, Stage.BEFORE)[-1] == (None, 3, 1)


def test_a_wrong_code_of_the_right_group_is_right_at_the_groups_level(evaluation: Round) -> None:
    made = table(evaluation, level=1)
    assert figures(table(evaluation), MACHINE, Stage.AFTER)[-1] == (None, 5, 3)
    assert figures(made, MACHINE, Stage.AFTER)[-1] == (None, 5, 4), "465 and 982 are of one group"


def test_types_of_record_can_be_told_by_another_column(evaluation: Round) -> None:
    made = table(evaluation, column="industry")
    assert made.by == "industry"
    strata = [stratum for stratum, _n, _correct in figures(made, MACHINE, Stage.AFTER)]
    assert strata == ["aircraft", "construction", "fuel oil", "own home", "plumbing & heating", None]


def test_the_wrong_ones_can_be_listed(evaluation: Round) -> None:
    made = table(evaluation)
    block = next(one for one in made.blocks if (one.rater, one.stage) == (MACHINE, Stage.AFTER))
    wrong = factories.record(evaluation.study, "002").pk
    assert wrong in block.total.wrong
    assert set(block.total.wrong) <= set(block.total.records)


def test_a_round_without_codes_has_no_blocks(study: Study) -> None:
    made = table(make_round(study, {}, kind=RoundKind.EVALUATION))
    assert (made.blocks, made.drawn, made.coded) == ((), 0, 0)

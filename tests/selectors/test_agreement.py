"""What agreement is measured on, and what comes out."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from coding_app.agreement import Estimate
from coding_app.choices import RoundKind, RoundState
from coding_app.models import Decision, Study
from coding_app.selectors import agreement, agreement_cells, independent
from coding_app.selectors.agreement import Between, Levels
from coding_app.selectors.independent import Subset
from tests import factories
from tests.rated import CANNOT, START, Row, make_round, person

IDS = ("001", "002", "003", "004", "005", "006")


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    return study


def codes(study: Study, subset: Subset | None = None) -> dict[str, dict[str, str]]:
    """By record and coder."""
    ids = dict(study.records.values_list("pk", "external_id"))
    names = {user.pk: user.username for user in study.members.all()}
    return {
        ids[one.key]: {names[who]: given.code for who, given in one.by.items()}
        for one in independent.rated(study, subset)
    }


def test_codes_given_after_a_record_was_sent_back_do_not_count(study: Study) -> None:
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "715"}, after={"ann": "715", "ben": "715"}, final="715"),
            "002": Row({"ann": "465", "ben": "465"}, final="465"),
        },
    )
    assert codes(study) == {"001": {"ann": "716", "ben": "715"}, "002": {"ann": "465", "ben": "465"}}


def test_what_a_coder_took_back_themself_does_not_count(study: Study) -> None:
    made = make_round(study, {"001": Row({"ann": "716", "ben": "715"})})
    mine = Decision.objects.get(coder__username="ann")
    Decision.objects.filter(pk=mine.pk).update(undone_at=mine.decided_at + timedelta(seconds=3))
    assert codes(study) == {"001": {"ben": "715"}}
    assert [one.round for one in independent.rated(study)] == [made.pk]


def test_cancelled_rounds_and_withdrawn_records_do_not_count(study: Study) -> None:
    make_round(study, {"001": Row({"ann": "716", "ben": "715"}, final="715")}, state=RoundState.CANCELLED)
    made = make_round(study, {"002": Row({"ann": "465", "ben": "465"}, final="465")})
    made.records.update(state="withdrawn")
    assert codes(study) == {}


def test_a_subset_narrows_by_round_column_certainty_and_day(study: Study) -> None:
    first = make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "716"}, probability=0.9, machine="716", final="716"),
            "002": Row({"ann": "465", "ben": "982"}, probability=0.3, machine="465", final="465"),
        },
    )
    make_round(study, {"003": Row({"ann": "406", "ben": "470"})})
    assert set(codes(study)) == {"001", "002", "003"}
    assert set(codes(study, Subset(round=first.pk))) == {"001", "002"}
    assert set(codes(study, Subset(sure=True, threshold=0.8))) == {"001"}
    assert set(codes(study, Subset(sure=False, threshold=0.8))) == {"002", "003"}
    assert set(codes(study, Subset(column="industry", value="construction"))) == {"002"}
    assert set(codes(study, Subset(column="nonsense", value=""))) == set()
    day = (START + timedelta(days=2)).date()
    assert set(codes(study, Subset(since=day))) == {"003"}
    assert set(codes(study, Subset(until=day - timedelta(days=1)))) == {"001", "002"}
    assert set(codes(study, Subset(since=date(2030, 1, 1)))) == set()


def test_agreement_grows_up_the_hierarchy(study: Study) -> None:
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "715"}),  # same minor group
            "002": Row({"ann": "465", "ben": "465"}),
            "003": Row({"ann": "406", "ben": "801"}),  # never the same
            "004": Row({"ann": CANNOT, "ben": "411"}),
            "005": Row({"ann": CANNOT, "ben": CANNOT}),
        },
    )
    levels = Levels(study)
    found = independent.rated(study)
    agreed = {
        level: agreement.coefficients(found, Between.CODERS, levels, level).percent.value
        for level in levels.all
    }
    assert agreed == {1: 3 / 5, 2: 3 / 5, 3: 2 / 5}
    deepest = agreement.coefficients(found, Between.CODERS, levels, 3)
    assert (deepest.records, deepest.differing) == (5, 3)
    assert deepest.fleiss is None
    assert deepest.cohen is not None
    assert levels.categories(1) == 5, "four groups and 'cannot code'"


def test_of_more_than_two_coders_there_is_fleiss_kappa_and_each_two_have_their_own(study: Study) -> None:
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "716", "cleo": "716"}),
            "002": Row({"ann": "465", "ben": "465", "cleo": "982"}),
            "003": Row({"ann": "406", "ben": "470"}),
        },
        kind=RoundKind.CALIBRATION,
    )
    levels, found = Levels(study), independent.rated(study)
    figures = agreement.coefficients(found, Between.CODERS, levels, 3)
    assert figures.cohen is None
    assert figures.fleiss is not None
    assert figures.percent.value == pytest.approx((1 + 1 / 3 + 0) / 3)
    ann, ben, cleo = (person(study, name).pk for name in ("ann", "ben", "cleo"))
    assert [
        (two.first, two.second, two.figures.percent.n) for two in agreement.by_pair(found, levels, 3)
    ] == [
        (ann, ben, 3),
        (ann, cleo, 2),
        (ben, cleo, 2),
    ]
    assert agreement.raters(found, Between.CODERS) == [ann, ben, cleo]


def test_the_codes_confused_most_come_first_and_lead_to_their_records(study: Study) -> None:
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "715"}),
            "002": Row({"ann": "715", "ben": "716"}),
            "003": Row({"ann": "406", "ben": "470"}),
            "004": Row({"ann": "411", "ben": "411"}),
        },
    )
    levels, found = Levels(study), independent.rated(study)
    made = list(agreement.pairs(found, Between.CODERS, levels, 3))
    assert [(one.first, one.second, one.records) for one in agreement.confused(made)] == [
        ("715", "716", 2),
        ("406", "470", 1),
    ]
    keys = agreement.keys(found, Between.CODERS, levels, 3, codes=("715", "716"))
    assert keys == [factories.record(study, "001").pk, factories.record(study, "002").pk]
    differing = agreement.keys(found, Between.CODERS, levels, 3, agreeing=False)
    assert len(differing) == 3
    assert agreement.keys(found, Between.CODERS, levels, 1, agreeing=False) == []


def test_a_cross_table_is_in_the_classifications_order_and_is_not_made_for_too_many_codes(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "465"}, machine="465"),
            "002": Row({"ann": CANNOT, "ben": "465"}, machine="465"),
        },
    )
    levels, found = Levels(study), independent.rated(study)
    made = list(agreement.pairs(found, Between.MACHINE, levels, 1))
    crossed = agreement.matrix(made, levels)
    assert crossed is not None
    assert crossed.categories == ("", "1", "2")
    assert crossed.counts == ((0, 0, 1), (0, 0, 1), (0, 0, 2))
    monkeypatch.setattr(agreement, "MOST_IN_A_MATRIX", 2)
    assert agreement.matrix(made, levels) is None
    assert agreement.matrix([], levels) is None


def test_people_are_compared_with_machine_gold_and_result_one_by_one(study: Study) -> None:
    make_round(
        study,
        {
            "001": Row(
                {"ann": "716", "ben": "715"}, machine="716", gold="715", final="715", adjudicated=True
            ),
            "002": Row({"ann": "465", "ben": "465"}, machine="982"),
        },
    )
    levels, found = Levels(study), independent.rated(study)

    def agreed(between: Between, *names: str) -> tuple[float | None, int]:
        who = frozenset(person(study, name).pk for name in names)
        made = agreement.coefficients(found, between, levels, 3, coders=who)
        return made.percent.value, made.percent.n

    assert agreed(Between.MACHINE) == (1 / 4, 4)
    assert agreed(Between.MACHINE, "ann") == (1 / 2, 2)
    assert agreed(Between.GOLD) == (1 / 2, 2)
    assert agreed(Between.FINAL, "ben") == (1.0, 1)
    assert agreed(Between.CODERS) == (1 / 2, 2)
    assert agreed(Between.CODERS, "ann") == (None, 0)


def test_the_file_of_all_agreement_says_what_the_pages_say(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few records are read at a time, and with a record that two rounds have."""
    monkeypatch.setattr(independent, "CHUNK", 2)
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "715"}, machine="716", final="715", adjudicated=True),
            "002": Row({"ann": "465", "ben": "465"}, machine="982", final="465"),
            "003": Row({"ann": "510", "ben": "510"}, machine="510", gold="470", final="510"),
        },
        state=RoundState.CLOSED,
    )
    make_round(
        study,
        {
            "001": Row({"ann": "715", "cara": "715", "ben": CANNOT}),
            "004": Row({"ann": "900", "cara": "900", "ben": "510"}, machine="900"),
        },
    )
    assert independent.in_several_rounds(study) == {factories.record(study, "001").pk}
    levels, found = Levels(study), independent.rated(study)
    cells = [dict(zip(agreement_cells.HEADER, row, strict=True)) for row in agreement_cells.rows(study)]
    by_number = {number: [one for one in found if one.round == pk] for pk, number in numbers(study)}
    for name, part in {**by_number, "all": found}.items():
        for between in Between:
            for level in levels.all:
                made = agreement.coefficients(part, between, levels, level)
                rows = [
                    row
                    for row in cells
                    if (row["round"], row["between"], row["coders"], row["level"])
                    == (name, between.value, "all", str(level))
                ]
                said = {row["coefficient"]: row["value"] for row in rows}
                assert said.get("percent") == _text(made.percent)
                assert said.get("cohen_kappa") == _text(made.cohen)
                assert said.get("fleiss_kappa") == _text(made.fleiss)
                assert said.get("gwet_ac1") == _text(made.gwet)
                counts = {(row["records"], row["differing"]) for row in rows}
                assert counts <= {(str(made.records), str(made.differing))}
        pairs = agreement.by_pair(part, levels, 3)
        of_two = [row for row in cells if row["round"] == name and row["coders"] != "all"]
        told = {(row["coders"], row["records"]) for row in of_two if row["level"] == "3"}
        assert Counter(n for _, n in told) == Counter(str(one.figures.records) for one in pairs)


def numbers(study: Study) -> list[tuple[int, str]]:
    """Keys of the rounds with their numbers."""
    return [(pk, str(number)) for pk, number in study.rounds.values_list("pk", "number")]


def _text(one: Estimate | None) -> str | None:
    return None if one is None or one.value is None else f"{one.value:.4f}"


def test_without_rounds_there_is_nothing(study: Study) -> None:
    levels = Levels(study)
    made = agreement.coefficients([], Between.CODERS, levels, levels.deepest)
    assert (made.percent.n, made.gwet.value, made.records) == (0, None, 0)
    assert agreement.by_pair([], levels, 3) == []

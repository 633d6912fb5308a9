"""What a supervisor learns of each coder."""

import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest

from coding_app.choices import RoundKind
from coding_app.models import Decision, Study
from coding_app.selectors import coder_stats, independent, people
from coding_app.selectors.coder_stats import By, CoderRow
from tests import factories
from tests.rated import CANNOT, START, Row, decide, make_round, person
from tests.scored import Answer, score


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    return study


def many(study: Study, count: int) -> list[str]:
    """Ids of so many more records."""
    rows = [(f"m{n:03}", "truck driver", "fuel oil", "40") for n in range(count)]
    factories.bring_in(study, factories.csv_bytes(rows), name="more.csv")
    return [row[0] for row in rows]


def row_of(study: Study, name: str, *, by: By = By.PARTS) -> CoderRow:
    rows = coder_stats.coders(study, independent.rated(study), by=by)
    return next(row for row in rows if row.name == name)


def test_rate_and_time_are_of_looks_and_a_long_pause_counts_little(study: Study) -> None:
    for external_id, seconds in (("001", 10.0), ("002", 20.0), ("003", 4000.0)):
        decide(study, factories.record(study, external_id), "ann", "715", START, seconds=seconds)
    made = row_of(study, "ann").work
    assert made.median_seconds == 20.0
    assert made.per_hour == pytest.approx(3 * 3600 / (10 + 20 + coder_stats.LONGEST))
    assert len(made.decisions) == 3


def test_records_of_one_gesture_took_one_look(study: Study) -> None:
    gesture = uuid.uuid4()
    for external_id in ("001", "002", "003"):
        made = decide(study, factories.record(study, external_id), "ann", "715", START, seconds=30.0)
        Decision.objects.filter(pk=made.pk).update(gesture=gesture)
    made_of = row_of(study, "ann").work
    assert made_of.seconds == [30.0]
    assert len(made_of.decisions) == 3


def test_what_was_taken_back_is_no_work(study: Study) -> None:
    record = factories.record(study, "001")
    decide(study, record, "ann", "715", START, undone_at=START + timedelta(seconds=5))
    decide(study, record, "ann", CANNOT, START + timedelta(minutes=1))
    made = row_of(study, "ann").work
    assert (made.decisions, made.cannot_code) == ([record.pk], [record.pk])


def test_agreement_with_the_result_counts_the_first_code_and_only_what_others_judged(study: Study) -> None:
    make_round(
        study,
        {
            "001": Row({"ann": "716", "ben": "715"}, after={"ann": "715", "ben": "715"}, final="715"),
            "002": Row({"ann": "465", "ben": "465"}, final="465"),
            "003": Row({"ann": "406", "ben": "470"}),
        },
    )
    make_round(study, {"004": Row({"ann": "411"}, final="411")}, kind=RoundKind.REVIEW)
    ann, ben = row_of(study, "ann"), row_of(study, "ben")
    assert (ann.final.value, ann.final.n) == (1 / 2, 2)
    assert ann.wrong == (factories.record(study, "001").pk,)
    assert (ben.final.value, ben.final.n) == (1.0, 2)


def test_gold_records_are_counted_apart(study: Study) -> None:
    make_round(
        study,
        {"001": Row({"ann": "716"}, gold="715"), "002": Row({"ann": "465"}, gold="465")},
        kind=RoundKind.GOLD,
    )
    ann = row_of(study, "ann")
    assert (ann.gold.value, ann.gold.n, ann.gold_wrong) == (1 / 2, 2, (factories.record(study, "001").pk,))
    assert ann.final.n == 0


def test_drift_is_shown_in_parts_and_in_weeks(study: Study) -> None:
    ids = many(study, 40)
    rows = {
        external_id: Row(
            {"ann": "716" if at < 20 else "715", "ben": "716"}, final="716", adjudicated=at >= 20
        )
        for at, external_id in enumerate(ids)
    }
    make_round(study, dict(list(rows.items())[:20]))
    for _ in range(6):
        make_round(study, {})  # the next one begins a week later
    make_round(study, dict(list(rows.items())[20:]))
    ann = row_of(study, "ann")
    assert [part.agreed.value for part in ann.parts] == [1.0] * 4 + [0.0] * 4
    assert ann.drift.value == -1.0
    assert ann.drift.high is not None
    assert ann.drift.high < -0.7
    weeks = row_of(study, "ann", by=By.WEEK).parts
    assert [(part.monday, part.agreed.n) for part in weeks] == [
        (date(2026, 3, 2), 20),
        (date(2026, 3, 9), 20),
    ]
    assert len(weeks[1].records) == 20


def test_drift_can_be_seen_on_gold_records_while_nothing_is_settled(study: Study) -> None:
    ids = many(study, 20)
    rows = {name: Row({"ann": "716" if at < 10 else "715"}, gold="716") for at, name in enumerate(ids)}
    make_round(study, rows, kind=RoundKind.GOLD)
    found = independent.rated(study)
    (ann,) = coder_stats.coders(study, found, against_gold=True)
    assert [part.agreed.value for part in ann.parts] == [1.0, 1.0, 0.0, 0.0]
    assert ann.drift.value == -1.0
    (settled,) = coder_stats.coders(study, found)
    assert (settled.parts, settled.drift.value) == ((), None)


def test_a_handful_of_codes_is_not_cut_into_parts(study: Study) -> None:
    make_round(study, {"001": Row({"ann": "716", "ben": "716"}, final="716")})
    assert row_of(study, "ann").parts == ()


def test_acceptance_bias_compares_assisted_with_blinded_codes(study: Study) -> None:
    factories.code(study)
    score(study, {"001": Answer({"716": 0.9, "715": 0.1}), "002": Answer({"465": 0.6, "982": 0.2})})
    decide(study, factories.record(study, "001"), "ann", "716", START)
    decide(study, factories.record(study, "002"), "ann", "465", START)
    make_round(
        study,
        {
            "005": Row({"ann": "900"}, machine="900"),
            "006": Row({"ann": "465"}, machine="801"),
            "004": Row({"ann": "411"}),  # the machine had none
        },
        blinded=True,
    )
    made = row_of(study, "ann").work
    assert (made.accepted_assisted.value, made.accepted_assisted.n) == (1.0, 2)
    assert (made.accepted_blinded.value, made.accepted_blinded.n) == (1 / 2, 2)
    assert (made.bias.value, made.bias.n) == (1 / 2, 4)
    assert made.bias.low is not None
    assert made.bias.low < 0 < 1 / 2, "four codes prove nothing"


def test_without_blinded_codes_there_is_no_bias_to_tell(study: Study) -> None:
    decide(study, factories.record(study, "001"), "ann", "716", START)
    assert row_of(study, "ann").work.bias.value is None


def test_pseudonyms_stay_as_they_are_when_others_join(study: Study) -> None:
    decide(study, factories.record(study, "001"), "zoe", "716", START)
    decide(study, factories.record(study, "002"), "ann", "716", START + timedelta(hours=1))
    before = people.pseudonyms(study)
    assert before == {person(study, "zoe").pk: "person-01", person(study, "ann").pk: "person-02"}
    decide(study, factories.record(study, "003"), "ben", "716", START + timedelta(hours=2))
    after = people.pseudonyms(study)
    assert after == {**before, person(study, "ben").pk: "person-03"}

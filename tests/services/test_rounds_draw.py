"""The draw of a round: a seed draws the same again, every stratum gives its part, nothing is drawn twice."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from coding_app.choices import JobState, QueueState, RecordStatus, RoundKind, RoundState, Selection
from coding_app.exceptions import Faults
from coding_app.models import Event, Job, QueueItem, Record, Round, RoundRecord, Study
from coding_app.round_plans import RoundPlan
from coding_app.selectors import populations
from coding_app.selectors import rounds as selected
from coding_app.services import jobs, rounds, work
from tests import factories
from tests.rounds import boss, coder, drawn, ended, given, plan
from tests.scored import Answer, score

WORDS = ("truck driver", "MACHINIST", "zookeeper", "plumbing contractor", "riveter")
HEADER = ("id", "occupation", "industry", "age", "state")


def rows(n: int) -> list[tuple[str, ...]]:
    states = ["WA"] * 6 + ["OR"] * 3 + ["ID"]
    return [(f"{at:03}", WORDS[at % len(WORDS)], "", "40", states[at % 10]) for at in range(n)]


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made, factories.csv_bytes(rows(100), HEADER))
    factories.code(made)
    return made


def ids(round_: Round) -> list[str]:
    """In the order of the draw."""
    found = RoundRecord.objects.filter(round=round_).order_by("position")
    return list(found.values_list("record__external_id", flat=True))


def test_a_drawn_round_has_its_records_places_and_events(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, selection=Selection.RANDOM, size=20)
    assert (made.state, made.drawn, made.population_size) == (RoundState.CODING, 20, 100)
    assert given(made)["anna"] == given(made)["ben"] == sorted(ids(made))
    drawn_events = Event.objects.filter(verb="record_drawn")
    assert drawn_events.count() == 20
    assert drawn_events.filter(record__external_id=ids(made)[0]).get().data["round"] == made.number


def test_the_same_seed_draws_the_same_records_in_the_same_order(study: Study) -> None:
    first = drawn(study, RoundKind.DOUBLE, selection=Selection.RANDOM, size=20)
    shared = given(first)
    ended(first, cancel=True)
    again = drawn(study, RoundKind.DOUBLE, selection=Selection.RANDOM, size=20)
    assert ids(again) == ids(first)
    assert given(again) == shared
    ended(again, cancel=True)
    other = drawn(study, RoundKind.DOUBLE, selection=Selection.RANDOM, size=20, seed=8)
    assert set(ids(other)) != set(ids(first))


def test_a_seed_that_was_not_given_is_drawn_and_recorded(study: Study) -> None:
    first = drawn(study, RoundKind.REVIEW, selection=Selection.RANDOM, size=10, seed=None)
    again = RoundPlan.of(first)
    ended(first, cancel=True)
    second = drawn(study, RoundKind.REVIEW, selection=Selection.RANDOM, size=10, seed=again.seed)
    assert ids(first) == ids(second)


def test_strata_give_in_proportion_or_equally(study: Study) -> None:
    fields: dict[str, Any] = {"selection": Selection.STRATIFIED, "stratum_column": "state", "size": 10}
    made = drawn(study, RoundKind.REVIEW, **fields)
    assert made.strata == [
        {"stratum": "ID", "population": 10, "drawn": 1},
        {"stratum": "OR", "population": 30, "drawn": 3},
        {"stratum": "WA", "population": 60, "drawn": 6},
    ]
    assert Counter(made.records.values_list("stratum", flat=True)) == {"ID": 1, "OR": 3, "WA": 6}
    equal = drawn(study, RoundKind.REVIEW, **{**fields, "size": 9}, equal_strata=True)
    assert Counter(equal.records.values_list("stratum", flat=True)) == {"ID": 3, "OR": 3, "WA": 3}


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"selection": Selection.RANDOM}, {"": 7}),
        ({"selection": Selection.RANDOM}, {"": 1000}),
        ({"selection": Selection.STRATIFIED, "stratum_column": "state"}, {"WA": 5, "OR": 1, "ID": 0}),
        ({"selection": Selection.ALL}, {"": 3}),
    ],
)
def test_what_is_drawn_is_the_beginning_of_the_whole_population_in_order(
    study: Study, fields: dict[str, Any], wanted: dict[str, int]
) -> None:
    asked = plan(study, RoundKind.REVIEW, **fields)
    expected, left = [], Counter(wanted)
    for one in sorted(populations.candidates(study, asked)):
        if left[one.stratum] > 0:
            left[one.stratum] -= 1
            expected.append(one)
    assert populations.lowest(study, asked, wanted) == expected
    assert len(expected) == min(sum(wanted.values()), 100)


def test_the_least_sure_come_first(study: Study) -> None:
    answers = {f"{at:03}": Answer({"715": 0.5 + at / 200}) for at in range(0, 100, 5)}
    score(study, answers)
    sure = {"p_from": "0"}  # those that have a probability
    made = drawn(study, RoundKind.REVIEW, selection=Selection.UNSURE, size=4, population=sure)
    assert ids(made) == ["000", "005", "010", "015"]
    assert made.records.get(position=1).machine_probability == 0.5


def test_drawn_records_leave_the_studys_queue_and_no_second_round_gets_them(study: Study) -> None:
    waiting = QueueItem.objects.filter(round_record=None, state=QueueState.OPEN)
    assert waiting.count() == 40
    first = drawn(
        study, RoundKind.REVIEW, population={"status": "waiting"}, selection=Selection.RANDOM, size=30
    )
    assert waiting.count() == 10
    assert not waiting.filter(record__external_id__in=ids(first)).exists()
    second = drawn(study, RoundKind.REVIEW, population={"status": "waiting"})
    assert second.drawn == 10
    assert not set(ids(first)) & set(ids(second))
    with pytest.raises(Faults, match="No record can be drawn"):
        drawn(study, RoundKind.REVIEW, population={"status": "waiting"})


def test_a_killed_draw_goes_on_where_it_ended(
    study: Study, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOB_CHUNK = 10
    unbroken = drawn(study, RoundKind.DOUBLE, "anna ben carl", selection=Selection.RANDOM, size=45)
    wanted, shared = ids(unbroken), given(unbroken)
    ended(unbroken, cancel=True)
    made = rounds.set_up(
        study=study,
        plan=plan(study, RoundKind.DOUBLE, "anna ben carl", selection=Selection.RANDOM, size=45),
        user=boss(study),
    )
    check, times = jobs.Claim.check, iter(range(100))

    def dies(claim: jobs.Claim) -> None:
        if next(times) == 2:
            raise jobs.ClaimLost("killed")
        check(claim)

    monkeypatch.setattr(jobs.Claim, "check", dies)
    assert made.job is not None
    work.run_job(job_id=made.job.pk, worker="killed")
    made.refresh_from_db()
    assert (made.state, made.drawn) == (RoundState.DRAWING, 20)
    Job.objects.filter(pk=made.job.pk).update(state=JobState.QUEUED)
    factories.do(made.job)
    assert ids(made) == wanted
    assert given(made) == shared


def test_drawing_twice_changes_nothing(study: Study) -> None:
    made = drawn(study, RoundKind.REVIEW, selection=Selection.RANDOM, size=10)
    assert made.job is not None
    Job.objects.filter(pk=made.job.pk).update(state=JobState.QUEUED)
    factories.do(made.job)
    assert made.records.count() == 10
    assert QueueItem.objects.filter(round_record__round=made).count() == 10


def test_a_cancelled_draw_draws_no_more_and_gives_everything_back(study: Study) -> None:
    made = rounds.set_up(
        study=study,
        plan=plan(study, RoundKind.REVIEW, population={"status": "waiting"}),
        user=boss(study),
    )
    rounds.cancel(round_=made, user=boss(study))
    assert made.job is not None
    work.run_job(job_id=made.job.pk, worker="late")
    made.job.refresh_from_db()
    assert (made.state, made.job.state) == (RoundState.CANCELLED, JobState.CANCELLED)
    assert not made.records.exists()


def test_records_that_others_take_meanwhile_are_replaced(
    study: Study, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOB_CHUNK = 10
    made = rounds.set_up(
        study=study,
        plan=plan(study, RoundKind.REVIEW, selection=Selection.RANDOM, size=30),
        user=boss(study),
    )
    check, times = jobs.Claim.check, iter(range(100))
    taken: list[str] = []

    def meanwhile(claim: jobs.Claim) -> None:
        check(claim)
        if next(times) == 1:
            order = sorted(populations.candidates(study, RoundPlan.of(made)))
            gone = Record.objects.filter(pk__in=[one.key for one in order[:5]])
            taken.extend(gone.values_list("external_id", flat=True))
            gone.update(status=RecordStatus.REMOVED, final_code=None)

    monkeypatch.setattr(jobs.Claim, "check", meanwhile)
    assert made.job is not None
    factories.do(made.job)
    assert made.records.count() == 30
    assert len(taken) == 5
    assert not set(taken) & set(ids(made))
    assert sorted(made.records.values_list("position", flat=True)) == list(range(1, 31))


def test_the_machines_answer_is_kept_as_it_was(study: Study) -> None:
    made = drawn(study, RoundKind.EVALUATION)
    one = made.records.select_related("machine_code", "code_before").get(record__external_id="001")
    assert one.machine_code is not None
    assert one.machine_code.code == "465"
    assert (one.status_before, one.code_before, one.route_before) == (
        "accepted",
        one.machine_code,
        "dictionary",
    )
    assert not made.records.filter(record__occupation="zookeeper").exists(), "the machine gave it no code"


def test_the_preview_counts_what_is_drawn(study: Study) -> None:
    asked = plan(study, RoundKind.EVALUATION)
    assert selected.population(study, asked) == drawn(study, RoundKind.EVALUATION).drawn


@pytest.mark.parametrize(
    ("kind", "coders", "fields", "told"),
    [
        (RoundKind.DOUBLE, "anna ben", {"name": "  "}, "a name"),
        (RoundKind.DOUBLE, "", {}, "who codes"),
        (RoundKind.DOUBLE, "anna ben", {"coders_per_record": 3}, "3 different coders"),
        (RoundKind.DOUBLE, "anna ben", {"coders_per_record": 1}, "two different coders"),
        (RoundKind.DOUBLE, "anna anna", {}, "named twice"),
        (RoundKind.EVALUATION, "anna", {}, "needs two coders"),
        (RoundKind.EVALUATION, "anna ben", {"blinded": False}, "always blinded"),
        (RoundKind.DOUBLE, "anna supervisor", {"blinded": True}, "role coder can be blinded"),
        (RoundKind.REVIEW, "anna", {"selection": Selection.RANDOM}, "how many records"),
        (RoundKind.REVIEW, "anna", {"size": 5}, "leave the number out"),
        (RoundKind.REVIEW, "anna", {"selection": Selection.RANDOM, "size": 0}, "1 or more"),
        (RoundKind.REVIEW, "anna", {"selection": Selection.STRATIFIED, "size": 5}, "makes the strata"),
        (RoundKind.REVIEW, "anna", {"stratum_column": "state"}, "Only a stratified sample"),
        (RoundKind.REVIEW, "anna", {"seed": -1}, "seed has to be"),
        (RoundKind.REVIEW, "anna", {"population": {"colour": "red"}}, "no colour"),
        (RoundKind.REVIEW, "anna", {"population": {"status": "decided"}}, "No record can be drawn"),
        (RoundKind.REVIEW, "anna", {"feedback": True}, "Only of gold records"),
        (RoundKind.GOLD, "anna", {}, "among how many records"),
        (RoundKind.GOLD, "anna", {"gold_every": 10}, "known to be right"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_says_why(
    study: Study, kind: RoundKind, coders: str, fields: dict[str, Any], told: str
) -> None:
    asked = plan(study, kind, coders, **fields)
    with pytest.raises(Faults, match=told):
        rounds.set_up(study=study, plan=asked, user=boss(study))
    assert not Round.objects.exists()


def test_shares_by_hand_are_kept(study: Study) -> None:
    anna, ben = coder(study, "anna"), coder(study, "ben")
    asked = RoundPlan(name="shares", kind=RoundKind.REVIEW, coders=((anna.pk, 70.0), (ben.pk, 30.0)), seed=1)
    third = rounds.set_up(study=study, plan=asked, user=boss(study))
    assert third.job is not None
    factories.do(third.job)
    assert {name: len(found) for name, found in given(third).items()} == {"anna": 70, "ben": 30}

"""The end of a round: nothing enters it any more, and a job gives back what has no result."""

from collections import Counter
from pathlib import Path

import pytest
from pytest_django import Settings

from coding_app.choices import JobKind, JobState, RoundKind, RoundRecordState, RoundState, Side
from coding_app.exceptions import Conflict
from coding_app.models import Event, Job, QueueItem, Round, Study
from coding_app.selectors import adjudication
from coding_app.services import adjudicate, jobs, review, rounds, work
from tests import factories
from tests.rounds import boss, coder, decide, drawn, served, within


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    """Eight records: 003 and 004 wait for a person, 007 and 008 are set aside."""
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    return made


def closed(round_: Round) -> Job:
    """The round as a supervisor leaves it: the job is still to be done."""
    rounds.close(round_=round_, user=boss(round_.study))
    assert round_.ending is not None
    return round_.ending


def test_nothing_enters_a_round_that_has_ended_though_no_worker_has_come_yet(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE)
    decide(study, "anna", "001", "510")
    decide(study, "ben", "001", "470")
    decide(study, "anna", "002", "465")
    decide(study, "ben", "002", "465")
    opened = adjudicate.open_next(study=study, user=boss(study))
    assert opened is not None
    held = served(study, "ben")
    assert held is not None
    place = QueueItem.objects.get(holder=coder(study, "ben"), state="open")
    job = closed(made)
    assert (made.state, job.kind, job.state) == (RoundState.CLOSED, JobKind.END_ROUND, JobState.QUEUED)
    assert served(study, "ben") is None, "not even what they held"
    with pytest.raises(Conflict):
        decide(study, "ben", held, "510", place=place.pk)
    with pytest.raises(Conflict):
        decide(study, "anna", "004", "510")
    assert adjudicate.open_next(study=study, user=boss(study)) is None
    assert adjudication.counts(study, boss(study)).open == 0
    with pytest.raises(Conflict):
        adjudicate.settle(adjudication=opened, user=boss(study), side=Side.FIRST)
    with pytest.raises(Conflict, match="can no longer be undone"):
        review.undo(study=study, user=coder(study, "ben"))
    assert within(made, "001").state == RoundRecordState.DISPUTED, "until the job comes to it"
    factories.do(job)
    assert Counter(made.records.values_list("state", flat=True)) == {"withdrawn": 5, "agreed": 1}
    assert (job.done, job.total) == (5, 5)
    assert factories.record(study, "001").status == "accepted"
    assert served(study, "ben") == "003"


def test_a_killed_worker_leaves_an_end_that_the_next_one_finishes(
    study: Study, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOB_CHUNK = 2
    made = drawn(study, RoundKind.DOUBLE)
    job = closed(made)
    check, times = jobs.Claim.check, iter(range(100))

    def dies(claim: jobs.Claim) -> None:
        if next(times) == 2:
            raise jobs.ClaimLost("killed")
        check(claim)

    monkeypatch.setattr(jobs.Claim, "check", dies)
    work.run_job(job_id=job.pk, worker="killed")
    job.refresh_from_db()
    assert (job.done, job.total) == (4, 6)
    assert made.records.filter(state="withdrawn").count() == 4
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    factories.do(job)
    assert (job.done, job.total) == (6, 6)
    assert set(made.records.values_list("state", flat=True)) == {"withdrawn"}
    told = Event.objects.filter(verb="record_withdrawn")
    assert set(Counter(told.values_list("record", flat=True)).values()) == {1}
    assert set(told.values_list("actor__username", flat=True)) == {"manager"}
    own = QueueItem.objects.filter(round_record=None, state="open").order_by("record")
    assert list(own.values_list("record__external_id", flat=True)) == ["003", "004"]


def test_a_stopped_end_can_be_taken_up_again(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE)
    job = closed(made)
    jobs.cancel(job=job, user=boss(study))
    assert factories.record(study, "003").rounds.get().state == RoundRecordState.CODING
    job.refresh_from_db()
    jobs.resume(job=job, user=boss(study))
    factories.do(job)
    assert set(made.records.values_list("state", flat=True)) == {"withdrawn"}


def test_what_was_said_while_the_round_ended_stays(study: Study) -> None:
    """A decision that was under way is there before the job takes out what has no result."""
    made = drawn(study, RoundKind.REVIEW, "anna")
    job = closed(made)
    Round.objects.filter(pk=made.pk).update(state=RoundState.CODING)  # as the decision still saw it
    decide(study, "anna", "003", "510")
    Round.objects.filter(pk=made.pk).update(state=RoundState.CLOSED)
    factories.do(job)
    assert within(made, "003").state == RoundRecordState.AGREED
    assert factories.record(study, "003").status == "decided"
    assert (job.done, job.total) == (5, 5)

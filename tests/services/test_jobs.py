"""Jobs: one worker at a time, nothing lost with a worker, nothing done twice."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from coding_app.choices import JobKind, JobState
from coding_app.exceptions import Conflict, InvalidInput, TiebreakError
from coding_app.models import Event, Job, Study
from coding_app.selectors.jobs import worker_is_there
from coding_app.services import jobs, suggest
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return factories.make_study(tmp_path)


@pytest.fixture
def user(study: Study) -> User:
    return study.members.get(username="manager")


def queued(study: Study) -> Job:
    return jobs.create(study=study, kind=JobKind.EXPORT, user=None)


def state(job: Job) -> str:
    job.refresh_from_db()
    return job.state


def nothing(job: Job) -> None:
    """No follow-up."""


def test_only_one_worker_gets_a_job(study: Study) -> None:
    job = queued(study)
    assert jobs.claim(job_id=job.pk, worker="a") is not None
    assert jobs.claim(job_id=job.pk, worker="b") is None


def test_a_worker_whose_job_was_taken_over_can_no_longer_write(study: Study) -> None:
    job = queued(study)
    first = jobs.claim(job_id=job.pk, worker="a")
    assert first is not None
    assert jobs.release(worker="a") == 1
    second = jobs.claim(job_id=job.pk, worker="a")
    assert second is not None
    with pytest.raises(jobs.ClaimLost):
        first.advance(done=1)
    with pytest.raises(jobs.ClaimLost):
        first.check()
    with jobs.ending(first, then=nothing):
        pass
    assert state(job) == JobState.RUNNING
    second.advance(done=1, total=2)
    job.refresh_from_db()
    assert (job.done, job.total, job.percent) == (1, 2, 50)


def test_a_worker_that_starts_again_keeps_what_it_has_claimed_since(study: Study) -> None:
    earlier, waiting = queued(study), queued(study)
    jobs.claim(job_id=earlier.pk, worker="a")
    started = timezone.now()
    jobs.claim(job_id=waiting.pk, worker="a")
    assert jobs.release(worker="a", started=started) == 1
    assert (state(earlier), state(waiting)) == (JobState.QUEUED, JobState.RUNNING)


def test_a_running_job_of_a_silent_worker_is_queued_again(study: Study) -> None:
    job = queued(study)
    jobs.note_heartbeat(worker="a", queues=["default"])
    jobs.claim(job_id=job.pk, worker="a")
    assert jobs.sweep() == 0
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=30))
    assert jobs.sweep() == 0, "its worker still gives signs of life"
    jobs.forget_worker(worker="a")
    assert jobs.sweep() == 1
    assert state(job) == JobState.QUEUED


def test_a_running_job_without_progress_is_queued_again(study: Study) -> None:
    job = queued(study)
    jobs.note_heartbeat(worker="a", queues=["default"])
    jobs.claim(job_id=job.pk, worker="a")
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
    assert jobs.sweep() == 1
    assert state(job) == JobState.QUEUED


def test_a_job_that_kills_every_worker_ends(study: Study) -> None:
    job = queued(study)
    for _ in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(job_id=job.pk, worker="a") is not None
        jobs.release(worker="a")
    assert state(job) == JobState.FAILED
    assert "lost 5 times" in job.error


def test_a_queued_job_whose_message_was_lost_is_sent_again(study: Study) -> None:
    job = queued(study)
    assert jobs.sweep() == 0
    Job.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    assert jobs.sweep() == 1
    assert jobs.sweep() == 0, "once a minute is enough"
    assert state(job) == JobState.QUEUED


def test_a_domain_error_is_shown_and_any_other_is_raised_too(study: Study) -> None:
    mendable, broken = queued(study), queued(study)
    claim = jobs.claim(job_id=mendable.pk, worker="a")
    assert claim is not None
    with jobs.ending(claim, then=nothing):
        raise TiebreakError("The file is gone: upload it again.")
    assert state(mendable) == JobState.FAILED
    assert mendable.error == "The file is gone: upload it again."
    claim = jobs.claim(job_id=broken.pk, worker="a")
    assert claim is not None
    with pytest.raises(ZeroDivisionError), jobs.ending(claim, then=nothing):
        raise ZeroDivisionError("division by zero")
    assert state(broken) == JobState.FAILED
    assert "ZeroDivisionError" in broken.error


def test_a_database_that_is_away_queues_the_job_again(study: Study) -> None:
    job = queued(study)
    claim = jobs.claim(job_id=job.pk, worker="a")
    assert claim is not None
    with pytest.raises(OperationalError), jobs.ending(claim, then=nothing):
        raise OperationalError("server closed the connection")
    assert state(job) == JobState.QUEUED


def test_a_queued_job_stops_at_once_and_a_running_one_after_its_chunk(study: Study, user: User) -> None:
    waiting, running = queued(study), queued(study)
    claim = jobs.claim(job_id=running.pk, worker="a")
    assert claim is not None
    jobs.cancel(job=waiting, user=user)
    jobs.cancel(job=running, user=user)
    assert state(waiting) == JobState.CANCELLED
    assert state(running) == JobState.RUNNING
    with jobs.ending(claim, then=nothing):
        claim.check()
    assert state(running) == JobState.CANCELLED
    with pytest.raises(Conflict):
        jobs.cancel(job=running, user=user)


def test_a_stopped_job_can_be_taken_up_again(study: Study, user: User) -> None:
    job = queued(study)
    with pytest.raises(InvalidInput):
        jobs.resume(job=job, user=user)
    jobs.cancel(job=job, user=user)
    job.refresh_from_db()
    jobs.resume(job=job, user=user)
    assert state(job) == JobState.QUEUED
    assert not job.cancel_requested


def test_a_study_has_one_open_coding_job(study: Study) -> None:
    suggest.start(study=study, user=None)
    with pytest.raises(Conflict):
        suggest.start(study=study, user=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(study=study, kind=JobKind.CODE)


def test_no_worker_at_all_is_known() -> None:
    assert not worker_is_there()
    jobs.note_heartbeat(worker="a", queues=["default"])
    assert worker_is_there()
    jobs.forget_worker(worker="a")
    assert not worker_is_there()


def test_the_life_of_a_job_is_in_the_journal(study: Study, user: User) -> None:
    job = queued(study)
    claim = jobs.claim(job_id=job.pk, worker="a")
    assert claim is not None
    with jobs.ending(claim, then=nothing):
        pass
    told = Event.objects.filter(data__job=job.pk).values_list("verb", "before", "after")
    assert list(told) == [("job_started", "queued", "running"), ("job_ended", "running", "done")]

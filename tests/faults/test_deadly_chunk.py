"""A chunk that kills every worker does not go round for ever, and one that was written counts as progress."""

from pathlib import Path

import pytest

from coding_app.choices import JobKind, JobState
from coding_app.models import Job, Study
from coding_app.services import jobs
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(tmp_path: Path) -> Job:
    study: Study = factories.make_study(tmp_path)
    return jobs.create(study=study, kind=JobKind.IMPORT, user=None)


def die(job: Job, *, after: int, lasting: bool) -> str:
    """A worker takes the job up, gets so far, and is lost; the state of the job afterwards."""
    claim = jobs.claim(job_id=job.pk, worker="a")
    assert claim is not None
    claim.advance(done=0, total=10)
    if after:
        claim.advance(done=after, lasting=lasting)
    jobs.release(worker="a")
    job.refresh_from_db()
    return job.state


@pytest.mark.parametrize("after", [0, 5])
def test_a_job_whose_workers_die_before_anything_is_kept_ends(job: Job, after: int) -> None:
    states = [die(job, after=after, lasting=False) for _ in range(jobs.MAX_ATTEMPTS)]
    assert states == [JobState.QUEUED] * (jobs.MAX_ATTEMPTS - 1) + [JobState.FAILED]
    assert "lost 5 times" in job.error


def test_a_job_that_gets_further_each_time_goes_on(job: Job) -> None:
    states = [die(job, after=number + 1, lasting=True) for number in range(jobs.MAX_ATTEMPTS + 2)]
    assert set(states) == {JobState.QUEUED}

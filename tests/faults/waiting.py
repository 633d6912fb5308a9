"""Waiting for a real worker to get somewhere."""

from __future__ import annotations

from collections.abc import Callable

from coding_app.choices import JobState
from coding_app.models import Job
from tests.servers import wait_for

QUICK = {"JOB_CHUNK": "100", "WORKER_SEEN_WITHIN": "2", "JOB_STALLED_AFTER": "4"}
"""Settings of a worker that notices soon what was lost."""
STEPS = {"JOB_CHUNK": "10"}
"""Besides: so many steps that a worker can be killed in the middle, however late that is noticed."""


def wait_until(true: Callable[[], bool], *, seconds: float = 120) -> None:
    """Fail when it does not come true in time."""
    assert wait_for(true, seconds=seconds, every=0.02), "it did not happen in time"


def ended(job: Job, *, seconds: float = 120) -> Job:
    """The job when it has ended, well or not."""

    def closed() -> bool:
        job.refresh_from_db()
        return not job.is_open

    wait_until(closed, seconds=seconds)
    return job


def done(job: Job, *, seconds: float = 120) -> Job:
    """The job when it has ended; it must have ended well."""
    assert ended(job, seconds=seconds).state == JobState.DONE, job.error
    return job

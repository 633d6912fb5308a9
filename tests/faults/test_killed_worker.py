"""A worker is killed in the middle of its work: at most a chunk is lost, and nothing is done twice."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db.models import Count

from coding_app.choices import JobState
from coding_app.models import Event, Import, ImportIssue, Job, Record, Study, SuggestionSet
from coding_app.services import ingest, suggest
from tests import factories
from tests.faults.waiting import STEPS
from tests.workers import WorkerProcess

RECORDS = 6000
QUICK = {"JOB_CHUNK": "100", "WORKER_SEEN_WITHIN": "4", "JOB_STALLED_AFTER": "8"}


def wait_until(true: Callable[[], bool], *, seconds: float = 120) -> None:
    """Fail when it does not come true in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def finished(job: Job) -> bool:
    job.refresh_from_db()
    assert job.state not in (JobState.FAILED, JobState.CANCELLED), job.error
    return job.state == JobState.DONE


def many() -> bytes:
    words = [row[1:] for row in factories.ROWS]
    return factories.csv_bytes([(f"{n:06}", *words[n % len(words)]) for n in range(RECORDS)])


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return factories.make_study(tmp_path)


def test_a_killed_coding_run_is_finished_by_the_next_worker(
    start_worker: Callable[..., WorkerProcess], study: Study
) -> None:
    factories.bring_in(study, many())
    first = start_worker(settings=QUICK | STEPS)
    job = suggest.start(study=study, user=None)
    wait_until(lambda: SuggestionSet.objects.count() >= 500)
    first.kill()
    # In one query: the database may still be about to commit what the worker asked for last.
    now = Job.objects.annotate(left=Count("study__records__suggestion_sets")).get(pk=job.pk)
    assert 500 <= now.left < RECORDS, "it was killed in the middle"
    assert now.state == JobState.RUNNING
    assert now.left == now.done, "what is committed is counted, and nothing else is there"
    start_worker(settings=QUICK)
    wait_until(lambda: finished(job))
    assert SuggestionSet.objects.count() == RECORDS
    assert not Record.objects.filter(status="imported").exists()
    twice = SuggestionSet.objects.values("record").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice.exists()
    assert Event.objects.filter(verb="record_coded").count() == RECORDS
    assert job.attempts >= 1
    assert Event.objects.filter(verb="job_started", data__job=job.pk).count() >= 3


def test_a_killed_import_is_finished_by_the_next_worker(
    start_worker: Callable[..., WorkerProcess], study: Study
) -> None:
    received = factories.upload(study, many() + b"broken,row\n")
    first = start_worker(settings=QUICK | STEPS)
    columns = ingest.Columns(id=0, occupation=1, industry=2, age=3)
    job = ingest.start(upload=received, columns=columns, user=None, then_code=False)
    wait_until(lambda: Record.objects.count() >= 500)
    first.kill()
    left = Record.objects.count()
    assert 500 <= left < RECORDS, "it was killed in the middle"
    start_worker(settings=QUICK)
    wait_until(lambda: finished(job))
    done = Import.objects.get(pk=received.pk)
    assert (done.rows_read, done.added, done.unchanged) == (RECORDS + 1, RECORDS, 0)
    assert Record.objects.count() == RECORDS
    assert ImportIssue.objects.count() == 1

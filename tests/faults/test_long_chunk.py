"""A part of a job that takes long by itself is not taken for a lost worker."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from coding_app.choices import JobKind, JobState
from coding_app.models import Event, Job, Record, Study
from coding_app.services import ingest, jobs
from tests import factories
from tests.faults.waiting import done, wait_until
from tests.workers import WorkerProcess

SILENT = 2
"""Seconds that a job may be silent."""


@contextmanager
def held_up(study: Study, job: Job) -> Iterator[None]:
    """Lets the first chunk of an import wait longer than a job may be silent, as if it took as long itself.

    On SQLite nothing else could be written meanwhile, not even that the job has begun: there the chunk takes
    as long as it takes.
    """
    if connection.vendor == "sqlite":
        yield
        return

    def has_outlasted_it() -> bool:
        job.refresh_from_db()
        begun, dated = job.started_at, job.heartbeat_at
        return begun is not None and dated is not None and dated - begun > timedelta(seconds=2 * SILENT)

    with transaction.atomic():
        Study.objects.select_for_update(no_key=True).get(pk=study.pk)
        yield
        wait_until(has_outlasted_it)


def test_a_chunk_that_takes_longer_than_a_job_may_be_silent_is_finished(
    start_worker: Callable[..., WorkerProcess], tmp_path: Path
) -> None:
    rows = 16_000
    study = factories.make_study(tmp_path)
    received = factories.upload(study, factories.csv_bytes([(str(n), "driver", "", "") for n in range(rows)]))
    columns = ingest.Columns(id=0, occupation=1)
    job = ingest.start(upload=received, columns=columns, user=None, then_code=False)
    with held_up(study, job):
        start_worker(
            settings={"JOB_CHUNK": str(rows), "WORKER_SEEN_WITHIN": "2", "JOB_STALLED_AFTER": str(SILENT)}
        )
    done(job)
    assert Record.objects.count() == rows
    assert Event.objects.filter(data__job=job.pk, verb="job_started").count() == 1, "never taken up again"


@pytest.mark.django_db(transaction=True)
def test_a_job_that_works_without_progress_is_dated(settings: Any, tmp_path: Path) -> None:
    settings.JOB_STALLED_AFTER = 0.2
    study = factories.make_study(tmp_path)
    job = jobs.create(study=study, kind=JobKind.EXPORT, user=None)
    claim = jobs.claim(job_id=job.pk, worker="a")
    assert claim is not None
    before = claim.job.heartbeat_at
    with jobs.kept_alive(claim):
        while claim.job.heartbeat_at == before:
            time.sleep(0.01)
        assert jobs.sweep() == 0 or claim.job.state == JobState.RUNNING

"""Celery tasks: load by id, call one service, nothing else."""

from typing import Any

from celery import shared_task
from django.db import OperationalError

from coding_app.services import jobs, work


@shared_task(bind=True, name=jobs.TASK, autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def run_job(self: Any, job_id: int) -> None:
    """Run the job with this key, if it is there to be run."""
    work.run_job(job_id=job_id, worker=self.request.hostname or "unnamed")

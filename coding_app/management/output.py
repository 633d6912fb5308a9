"""How commands speak: domain errors as one clear message, without a traceback."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError, OutputWrapper

from coding_app.exceptions import TiebreakError
from coding_app.selectors import jobs as job_selectors
from coding_app.services import work


@contextmanager
def command_errors() -> Iterator[None]:
    """Turn what a user can mend into a `CommandError`.

    Raises:
        CommandError: with the text of the domain error.
    """
    try:
        yield
    except TiebreakError as error:
        raise CommandError(str(error)) from error


def follow(job_id: int, out: OutputWrapper, *, every: float = 0.5) -> None:
    """Wait until a job has ended, and print its progress meanwhile.

    Raises:
        CommandError: when it fails or is stopped.
    """
    said, warned = "", False
    while True:
        job = job_selectors.job(job_id)
        if job.state == "running":
            now = f"{job.get_kind_display()}: {job.done:,} of {job.total:,}" if job.total else ""
            if now and now != said:
                out.write(now)
                said = now
        elif not job.is_open:
            break
        if not warned and not job_selectors.worker_is_there(job.queue):
            out.write(f"No worker answers yet. Start one: celery -A coding_app worker --queues {job.queue}")
            warned = True
        time.sleep(every)
    if job.state != "done":
        raise CommandError(f"{job.get_kind_display()} {job.get_state_display().lower()}: {job.error}")


def work_here(job_id: int, out: OutputWrapper) -> None:
    """Do a job in this process, as a worker would; one that a worker took first is waited for.

    Raises:
        CommandError: when it fails or is stopped.
    """
    work.run_job(job_id=job_id, worker=f"command@{socket.gethostname()}.{os.getpid()}")
    follow(job_id, out)

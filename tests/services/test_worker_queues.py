"""Workers of different queues do not wait for each other."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from django.db import OperationalError, transaction

from coding_app.choices import JobState
from coding_app.models import Job, Study
from coding_app.services import suggest
from tests import models
from tests.servers import wait_for
from tests.workers import WorkerProcess

SECONDS = 120


def in_state(job: Job, state: JobState) -> bool:
    job.refresh_from_db()
    return job.state == state


def stand_still(worker: WorkerProcess) -> None:
    """Stop its processes, but not while they keep others from writing: nobody would get any further."""
    os.killpg(worker.pid, signal.SIGSTOP)
    while something_is_locked():
        os.killpg(worker.pid, signal.SIGCONT)
        time.sleep(0.02)
        os.killpg(worker.pid, signal.SIGSTOP)


def something_is_locked() -> bool:
    """Whether another holds a job or a study; on SQLite, the database, after it was waited for."""
    try:
        with transaction.atomic():
            for kind in (Job, Study):
                list(kind.objects.select_for_update(nowait=True).values_list("pk"))
    except OperationalError:
        return True
    return False


def test_a_training_under_way_keeps_no_coding_run_waiting(
    start_worker: Callable[..., WorkerProcess], tmp_path: Path
) -> None:
    study = models.labelled_study(tmp_path)
    training = models.start(study).job
    trainer = start_worker(queues=("training",))
    assert wait_for(lambda: in_state(training, JobState.RUNNING), seconds=SECONDS)
    # It stands still, as long as the other worker may need, and is not taken for lost meanwhile.
    stand_still(trainer)
    try:
        start_worker(queues=("default",), settings={"WORKER_SEEN_WITHIN": "600", "JOB_STALLED_AFTER": "600"})
        coding = suggest.start(study=study, user=None)
        assert wait_for(lambda: in_state(coding, JobState.DONE), seconds=SECONDS)
        assert in_state(training, JobState.RUNNING)
    finally:
        os.killpg(trainer.pid, signal.SIGCONT)
    assert wait_for(lambda: in_state(training, JobState.DONE), seconds=SECONDS)


def test_work_is_left_to_the_worker_of_its_queue(
    start_worker: Callable[..., WorkerProcess], tmp_path: Path
) -> None:
    study = models.labelled_study(tmp_path)
    training = models.start(study).job
    start_worker(queues=("default", "model"), settings={"JOB_STALLED_AFTER": "1", "WORKER_SEEN_WITHIN": "1"})
    coding = suggest.start(study=study, user=None)
    assert wait_for(lambda: in_state(coding, JobState.DONE), seconds=SECONDS)
    assert in_state(training, JobState.QUEUED)

"""A training loses its worker, or is stopped: it goes on after its last epoch, and nothing is half there."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from coding_app import model_folders
from coding_app.choices import Describe, JobState
from coding_app.models import ModelVersion, Study, Training
from coding_app.services import jobs, storage
from tests import models
from tests.classifier.encoders import tiny_encoder
from tests.faults.waiting import QUICK, ended, wait_until
from tests.workers import WorkerProcess

pytestmark = pytest.mark.timeout(600)  # workers start, and models are trained, on a busy machine, too

EPOCHS = 30
PATIENCE = 240


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    made = models.labelled_study(tmp_path, count=80)
    # On SQLite a test that undid all it wrote may have had a study of this key, and its folders are left.
    for home in homes(made):
        shutil.rmtree(home, ignore_errors=True)
    return made


def homes(study: Study) -> tuple[Path, Path]:
    """The folders of its models and of its reports."""
    return model_folders.models_of(study.pk), model_folders.reports_of(study.pk)


@pytest.fixture
def training(study: Study) -> Training:
    """Long enough to be killed in the middle, and short enough to wait for."""
    name = f"tiny-{uuid.uuid4().hex}"
    tiny_encoder(Path(settings.MODELS_DIR) / name)
    return models.start(
        study, base=name, epochs=EPOCHS, batch_size=4, learning_rate=1e-3, describe=Describe.NONE
    )


def epochs(training: Training) -> set[int]:
    """The epochs that are kept now."""
    return {int(one.name[6:]) for one in model_folders.checkpoints(training.pk).glob("epoch-*")}


def nothing_registered(study: Study) -> bool:
    left = [path for home in homes(study) if home.is_dir() for path in home.iterdir()]
    return not left and not ModelVersion.objects.exists()


def trainer(start_worker: Callable[..., WorkerProcess]) -> WorkerProcess:
    return start_worker(settings=QUICK, queues=["training"])


def test_a_killed_training_goes_on_after_its_last_epoch(
    start_worker: Callable[..., WorkerProcess], study: Study, training: Training
) -> None:
    first = trainer(start_worker)
    wait_until(lambda: max(epochs(training), default=0) >= 3)
    first.kill()
    kept = max(epochs(training))
    assert 3 <= kept < EPOCHS, "it was killed in the middle"
    assert nothing_registered(study)
    trainer(start_worker)
    seen: set[int] = set()

    def finished() -> bool:
        seen.update(epochs(training))
        training.job.refresh_from_db()
        return not training.job.is_open

    wait_until(finished, seconds=PATIENCE)
    assert training.job.state == JobState.DONE, training.job.error
    # The kill may have come between an epoch's end and its being written down: that one is learnt again.
    assert min(seen) >= kept - 1, "no other epoch was learnt again"
    training.refresh_from_db()
    version = training.version
    assert version is not None
    assert len(version.card["engine"]["losses"]) == EPOCHS
    assert [path.name for path in model_folders.models_of(study.pk).iterdir()] == [
        Path(version.stored_as).name
    ]
    assert [path.name for path in model_folders.reports_of(study.pk).iterdir()] == [
        Path(training.report).name
    ]
    assert not model_folders.checkpoints(training.pk).exists()
    assert storage.path_of(training.report).is_dir()


def test_a_training_stops_when_it_is_told_to_and_can_be_taken_up_again(
    start_worker: Callable[..., WorkerProcess], study: Study, training: Training
) -> None:
    trainer(start_worker)
    wait_until(lambda: max(epochs(training), default=0) >= 2)
    assert study.created_by is not None
    jobs.cancel(job=training.job, user=study.created_by)
    assert ended(training.job).state == JobState.CANCELLED
    kept = max(epochs(training))
    assert kept < EPOCHS
    assert nothing_registered(study)
    jobs.resume(job=training.job, user=study.created_by)
    wait_until(lambda: min(epochs(training), default=0) > kept)
    assert ended(training.job, seconds=PATIENCE).state == JobState.DONE, training.job.error
    assert ModelVersion.objects.count() == 1

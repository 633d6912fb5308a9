"""Where the files of trained models, trainings and reports lie, below MEDIA_ROOT."""

from pathlib import Path

from django.conf import settings

METRICS = "metrics.json"
REPORT = "report.html"


def _path(stored_as: str) -> Path:
    """The folder on disk."""
    return Path(settings.MEDIA_ROOT) / stored_as


def model(stored_as: str) -> Path:
    """The folder of a version's model, as the classifier library wrote it."""
    return _path(stored_as) / "model"


def baseline(stored_as: str) -> Path:
    """The folder of the instant model beside it; absent where the model is one itself."""
    return _path(stored_as) / "baseline"


def models_of(study_id: int) -> Path:
    """The folder that holds those of a study's versions."""
    return _path(f"models/{study_id}")


def reports_of(study_id: int) -> Path:
    """The folder that holds those of a study's reports."""
    return _path(f"reports/{study_id}")


def checkpoints(training_id: int) -> Path:
    """Where a training keeps its epochs, to go on after a kill."""
    return _path(f"checkpoints/{training_id}")

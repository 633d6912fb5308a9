"""Training: labelled records become a version with its figures, and nothing is there before that is done."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier.tuned import TunedEnsemble
from coding_app import coders, model_folders
from coding_app.choices import JobState, LabelSource
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Event, Job, LabelSuspect, ModelVersion, Study, Training
from coding_app.selectors import labels as labelled
from coding_app.selectors import models as selected
from coding_app.services import jobs, storage, train_model, work
from coding_app.services.training_progress import POINTS, Losses
from tests import factories, models
from tests.classifier.encoders import tiny_encoder

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folders(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MODELS_DIR = tmp_path / "encoders"
    settings.JOB_STALLED_AFTER = 3600  # these tests hold a transaction, which a second connection waits for


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return models.labelled_study(tmp_path)


def failed(made: Training) -> str:
    """What the job of a training says, which must fail."""
    work.run_job(job_id=made.job_id, worker="test")
    job = Job.objects.get(pk=made.job_id)
    assert job.state == JobState.FAILED
    return job.error


def stored(study: Study) -> list[str]:
    """What lies in the registry and among the reports, by name."""
    homes = (model_folders.models_of(study.pk), model_folders.reports_of(study.pk))
    return [path.name for home in homes if home.is_dir() for path in home.iterdir()]


def test_a_training_gives_a_version_with_report_figures_and_codes_in_doubt(tmp_path: Path) -> None:
    study = models.labelled_study(tmp_path, noise=0.1)
    made = models.trained(study)
    version = made.version
    assert version is not None
    assert (version.number, version.engine, version.base, version.template) == (
        1,
        "baseline",
        "baseline",
        "{occupation}",
    )
    assert version.card["data"]["records"] == 160
    assert coders.model_of(version).predict(["lorry freight"], top=1)[0][0][0] == "715"
    report = storage.path_of(made.report)
    assert sorted(path.name for path in report.iterdir()) == [model_folders.METRICS, model_folders.REPORT]
    verdict = made.verdict
    assert (verdict["promoted"], verdict["why"]) == (True, "no_current")
    assert verdict["candidate"]["n"] == verdict["records"] == version.card["data"]["test"]
    study.refresh_from_db()
    assert study.model_version == version
    found = labelled.suspects(study)
    assert found, "a tenth of the codes are wrong"
    wrong = {row[0] for row in models.rows(160, noise=0.1) if row[1].split()[0] not in models.WORDS[row[-1]]}
    assert found[0].record.external_id in wrong
    assert found[0].code.code != found[0].suggested.code
    job = made.job
    job.refresh_from_db()
    assert (job.done, job.total, made.stage) == (1000, 1000, "")
    told = Event.objects.filter(study=study, verb__startswith="model").values_list("verb", "data__number")
    assert list(told) == [("model_added", 1), ("model_promoted", 1)]


def test_the_same_data_settings_and_seed_give_the_version_there_is(study: Study) -> None:
    first = models.trained(study)
    again = models.trained(study)
    assert again.version == first.version
    assert (again.verdict["same_as"], again.verdict["why"]) == (1, "is_current")
    assert ModelVersion.objects.count() == 1
    assert first.version is not None
    assert sorted(path.name for path in model_folders.models_of(study.pk).iterdir()) == [
        Path(first.version.stored_as).name
    ]
    other = models.trained(study, seed=1)
    assert other.version is not None
    assert (other.version.number, other.version.parent) == (2, first.version)


def test_doing_it_again_changes_nothing(study: Study) -> None:
    made = models.trained(study)
    before = list(Event.objects.values_list("pk", flat=True)), stored(study)
    Job.objects.filter(pk=made.job_id).update(state=JobState.QUEUED)
    factories.do(made.job)
    assert ModelVersion.objects.count() == 1
    assert stored(study) == before[1]
    assert Event.objects.filter(verb="model_added").count() == 1


def test_a_training_may_leave_the_current_version_alone(study: Study) -> None:
    made = models.trained(study, promote=False)
    assert (made.verdict["promoted"], made.verdict["why"]) == (False, "not_asked")
    assert selected.current(study) is None


def test_records_that_the_current_version_learnt_from_do_not_count(study: Study) -> None:
    first = models.trained(study).version
    other = models.trained(study, seed=1)
    verdict = other.verdict
    assert verdict["left_out"] > 0
    assert other.version is not None
    assert verdict["records"] + verdict["left_out"] == other.version.card["data"]["test"]
    assert verdict["current"]["n"] == verdict["candidate"]["n"] == verdict["records"] < 30
    assert (verdict["promoted"], verdict["why"]) == (False, "too_few")
    assert selected.current(study) == first


def test_an_encoder_has_the_instant_model_beside_it_and_must_beat_it(
    study: Study, settings: Settings
) -> None:
    tiny_encoder(Path(settings.MODELS_DIR) / "tiny")
    made = models.trained(study, base="tiny", epochs=2, learning_rate=1e-3)
    version = made.version
    assert version is not None
    assert (version.engine, version.base) == ("transformer", "tiny")
    assert coders.model_of(version).engine.kind == "transformer"
    assert coders.baseline_of(version).engine.kind == "baseline"
    assert made.verdict["baseline"]["k"] > made.verdict["candidate"]["k"]
    assert (made.verdict["promoted"], made.verdict["why"]) == (False, "not_better_than_baseline")
    assert selected.current(study) is None
    assert 2 <= len(made.losses) <= POINTS
    assert [share for share, _ in made.losses] == sorted(share for share, _ in made.losses)
    assert not model_folders.checkpoints(made.pk).exists()


def test_an_encoder_and_the_baseline_can_be_trained_to_speak_together(
    study: Study, settings: Settings
) -> None:
    tiny_encoder(Path(settings.MODELS_DIR) / "tiny")
    made = models.trained(study, base="baseline+tiny", epochs=2, learning_rate=1e-3)
    version = made.version
    assert version is not None
    assert (version.engine, version.base) == ("tuned", "baseline+tiny")
    model = coders.model_of(version)
    assert isinstance(model.engine, TunedEnsemble)
    assert model.engine.weights[2] < model.engine.weights[0], "the encoder has learnt little"
    assert coders.baseline_of(version).engine.kind == "baseline"
    assert not model_folders.checkpoints(made.pk).exists()


def test_a_loss_that_is_no_number_ends_the_training_in_words(study: Study, settings: Settings) -> None:
    tiny_encoder(Path(settings.MODELS_DIR) / "tiny")
    error = failed(models.start(study, base="tiny", epochs=3, learning_rate=0.9, batch_size=8))
    assert "diverged" in error
    assert "learning rate" in error.lower() or "--learning-rate" in error
    assert not ModelVersion.objects.exists()
    assert stored(study) == []


@pytest.mark.parametrize("where", ["classifier.reporting.os.fsync", "classifier.safefiles._sync"])
def test_a_full_disk_leaves_nothing_half_written_and_is_said(
    study: Study, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    made = models.start(study)

    def full(_written: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(where, full)
        assert "No space left on device" in failed(made)
    assert not ModelVersion.objects.exists()
    assert not LabelSuspect.objects.exists()
    assert stored(study) == []
    assert selected.current(study) is None
    assert study.created_by is not None
    jobs.resume(job=Job.objects.get(pk=made.job_id), user=study.created_by)
    factories.do(made.job)
    assert ModelVersion.objects.count() == 1


def test_a_failure_at_the_very_end_takes_the_folders_with_it(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = models.start(study)

    def broken(**_given: object) -> None:
        raise InvalidInput("It ends here.")

    monkeypatch.setattr("coding_app.services.labels.replace_suspects", broken)
    assert failed(made) == "It ends here."
    assert not ModelVersion.objects.exists()
    assert stored(study) == []


def test_what_a_killed_attempt_left_is_removed(study: Study) -> None:
    made = models.start(study)
    left = [
        model_folders.models_of(study.pk) / f"training-{made.pk}-abc",
        model_folders.models_of(study.pk) / f".training-{made.pk}-def.part",
        model_folders.reports_of(study.pk) / f"training-{made.pk}-abc",
        model_folders.checkpoints(made.pk + 1),
    ]
    for folder in left:
        folder.mkdir(parents=True)
    factories.do(made.job)
    assert not any(folder.exists() for folder in left[:3])
    assert len(stored(study)) == 2


def test_a_study_has_one_training_at_a_time(study: Study) -> None:
    models.start(study)
    with pytest.raises(Conflict, match="under way"):
        models.start(study)
    assert Training.objects.count() == 1
    first = Job.objects.get(kind="train")
    Job.objects.update(state=JobState.CANCELLED)
    models.start(study)
    assert study.created_by is not None
    with pytest.raises(Conflict, match="A training of this study is under way"):
        jobs.resume(job=first, user=study.created_by)


def test_a_stopped_training_leaves_nothing_and_can_be_taken_up_again(study: Study) -> None:
    made = models.start(study)
    claim = jobs.claim(job_id=made.job_id, worker="test")
    assert claim is not None
    assert study.created_by is not None
    jobs.cancel(job=made.job, user=study.created_by)
    with jobs.ending(claim, then=lambda _job: None):
        train_model.run(claim)
    job = Job.objects.get(pk=made.job_id)
    assert job.state == JobState.CANCELLED
    assert stored(study) == []
    jobs.resume(job=job, user=study.created_by)
    factories.do(job)
    assert ModelVersion.objects.count() == 1


def test_everything_can_be_learnt_from_and_nothing_judged(study: Study) -> None:
    made = models.trained(study, test_size=0.0)
    assert made.report == ""
    assert made.verdict["records"] == 0
    assert made.verdict["promoted"], "there was no current model"
    again = models.trained(study, test_size=0.0, seed=3)
    assert (again.verdict["promoted"], again.verdict["why"]) == (False, "no_test")


def test_the_papers_variants_are_in_the_report(study: Study) -> None:
    made = models.trained(study, with_variants=True)
    text = (storage.path_of(made.report) / model_folders.REPORT).read_text()
    assert "half" in text
    assert "model 3" in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"min_class_size": 0}, "fewest records"),
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 5000}, "batch"),
        ({"seed": -1}, "seed"),
        ({"test_size": 1.0}, "share kept back"),
        ({"learning_rate": 1.0}, "learning rate"),
        ({"learning_rate": float("nan")}, "learning rate"),
        ({"template": "occupation"}, "braces"),
        ({"template": "{occupation"}, "braces"),
        ({"template": "{occupation}" * 100}, "characters"),
        ({"template": "{salary}"}, "'salary', which is no column of this study; .* occupation, industry"),
        ({"template": "{occupation} {reference}"}, "must not read it"),
        ({"base": "/etc"}, "folders elsewhere are not read"),
        ({"base": "../media"}, "folders elsewhere are not read"),
        ({"base": "monologg/distilkobert"}, "not on this machine, and nothing is fetched"),
        ({"base": "no such thing at all"}, "not on this machine"),
        ({"labels": LabelSource.DECISIONS}, "No record of this study has a code to learn from"),
        ({"labels": LabelSource.FILE}, "Choose the file"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_it_is_queued(
    study: Study, given: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        models.start(study, **given)
    assert not Training.objects.exists()


def test_a_folder_is_a_base_only_with_safe_weights(study: Study, settings: Settings) -> None:
    folder = tiny_encoder(Path(settings.MODELS_DIR) / "team" / "tiny")
    assert models.start(study, base=str(folder)).base == "team/tiny"
    Job.objects.update(state=JobState.DONE)
    assert models.start(study, base="team/tiny").base == "team/tiny"
    Job.objects.update(state=JobState.DONE)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InvalidInput, match="pickles"):
        models.start(study, base="team/tiny")


def test_losses_are_kept_at_a_few_hundred_places() -> None:
    losses = Losses([])
    for step in range(1, 10_001):
        losses.add(step / 10_000, 10_000 / step)
    losses.add(1.0, float("nan"))
    points = losses.points()
    assert len(points) == POINTS
    assert points[-1][0] == 1.0
    assert [loss for _, loss in points] == sorted((loss for _, loss in points), reverse=True)
    resumed = Losses(points)
    resumed.add(1.0, 7.0)
    assert resumed.points()[:-1] == points[:-1]
    assert resumed.points()[-1] == [1.0, 7.0], "what an attempt before said there is replaced"

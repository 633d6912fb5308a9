"""Models and routing from a terminal: the whole path, and clear words where it cannot go on."""

import re
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from coding_app.choices import JobState
from coding_app.models import Job, Record, Study
from coding_app.services import work
from tests import models

pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return models.labelled_study(tmp_path)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Does what is queued whenever a command waits."""

    def meanwhile(seconds: float) -> None:
        for job in Job.objects.filter(state=JobState.QUEUED):
            work.run_job(job_id=job.pk, worker="test")

    monkeypatch.setattr("coding_app.management.output.time.sleep", meanwhile)


TRAIN = ("train_model", "Mills", "--labels", "reference", "--text", "{occupation}", "--base", "baseline")


def test_the_whole_path_from_training_to_routed_records(study: Study, worker: None, tmp_path: Path) -> None:
    assert "model 1: promoted" in run(*TRAIN, "--wait")
    assert re.search(
        r"^\*\s+1  baseline, trained here .* held-out records right", run("models", "Mills"), re.MULTILINE
    )
    run("code_records", "Mills", "--wait")
    said = run("threshold", "Mills", "--max-error", "0.1")
    assert "labelled records count" in said
    assert "for at most 10% wrong, with 95% confidence" in said or "more labelled records" in said
    settings = ("set_routing", "Mills", "--accept-by", "probability", "--threshold", "0.5")
    assert re.search(r"threshold: 0 now, [1-9]\d* then", run(*settings, "--preview"))
    study.refresh_from_db()
    assert study.routing is None, "a preview writes nothing"
    assert "routing 1 is in force" in run(*settings, "--wait")
    assert Record.objects.filter(rule="threshold", status="accepted").exists()
    said = run(
        "evaluate_models", "Mills", "1", "--labels", "reference", "--wait", "--out", tmp_path / "report"
    )
    assert re.search(r"model 1: \d+\.\d% of \d+ records right", said)
    assert (tmp_path / "report" / "report.html").is_file()
    assert (tmp_path / "report" / "metrics.json").is_file()
    assert "accepted: " in run("route_records", "Mills", "--wait")


def test_without_waiting_the_work_is_left_to_a_worker(study: Study) -> None:
    said = run(*TRAIN)
    job = Job.objects.get(kind="train")
    assert said.strip() == f"Job {job.pk} is queued."
    assert (job.state, job.queue) == (JobState.QUEUED, "training")


def test_a_waiting_command_names_the_worker_that_is_missing(study: Study, worker: None) -> None:
    assert "celery -A coding_app worker --queues training" in run(*TRAIN, "--wait")


def test_a_model_that_is_not_better_is_not_promoted_and_the_reason_is_said(
    tmp_path: Path, worker: None
) -> None:
    models.labelled_study(tmp_path, count=400)
    run(*TRAIN, "--wait")
    said = run(*TRAIN, "--seed", "1", "--wait")
    assert "model 2: not promoted. Of " in said
    with pytest.raises(CommandError, match="it must be better"):
        run("promote_model", "Mills", "2")
    assert re.search(r"^\*\s+1 ", run("models", "Mills"), re.MULTILINE)


def test_rolling_back_undoes_a_promotion_and_promoting_restores_it(study: Study, worker: None) -> None:
    run(*TRAIN, "--wait")
    assert "The study has no current model." in run("roll_back_model", "Mills")
    with pytest.raises(CommandError, match="no current model to go back from"):
        run("roll_back_model", "Mills")
    assert "model 1 is current" in run("promote_model", "Mills", "1")


def test_a_model_leaves_as_an_archive_and_comes_in_from_it(
    study: Study, worker: None, tmp_path: Path
) -> None:
    run(*TRAIN, "--wait")
    archive = tmp_path / "model.zip"
    assert "model 1" in run("download_model", "Mills", "1", "--out", archive)
    assert [path.name for path in tmp_path.glob("model.zip*")] == ["model.zip"]
    models.labelled_study(tmp_path, name="Docks")
    assert "model 1: baseline" in run("upload_model", "Docks", archive, "--note", "from Mills")
    assert re.search(r"^ \s+1  baseline, uploaded", run("models", "Docks"), re.MULTILINE)


def test_an_archive_with_a_pickle_is_refused_with_the_reason(study: Study, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("model.json", "{}")
        archive.writestr("engine/weights.pkl", b"\x80\x04.")
    with pytest.raises(CommandError, match=r"weights\.pkl"):
        run("upload_model", "Mills", tmp_path / "bad.zip")
    assert "No models yet" in run("models", "Mills")


def test_routing_keeps_what_is_not_named(study: Study) -> None:
    run("set_routing", "Mills", "--guard", "1=manager,chief", "--person-code", "411", "--audit-share", "0.1")
    run("set_routing", "Mills", "--threshold", "0.7", "--require-agreement")
    study.refresh_from_db()
    kept = study.routing
    assert kept is not None
    assert kept.guarded == [{"group": "1", "words": ["manager", "chief"]}]
    assert (kept.person_codes, kept.audit_share, kept.threshold) == (["411"], 0.1, 0.7)
    assert kept.require_agreement
    run("set_routing", "Mills", "--guard", "--no-agreement", "--person-stratum", "age=40")
    study.refresh_from_db()
    kept = study.routing
    assert kept is not None
    assert (kept.guarded, kept.require_agreement) == ([], False)
    assert kept.person_strata == [{"column": "age", "values": ["40"]}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train_model", "Nobody"), "No study 'Nobody'. The studies are: Mills"),
        (("train_model", "Mills", "--labels", "decisions"), "No record of this study has a code to learn"),
        (("train_model", "Mills", "--text", "{colour}"), "names 'colour', which is no column"),
        (("train_model", "Mills", "--text", "{occupation"), "is no template"),
        (("train_model", "Mills", "--base", "nobody/nothing"), "nobody/nothing"),
        (("train_model", "Mills", "--file", "none.csv", "--code-column", "c"), "there is no such file"),
        (("train_model", "Mills", "--code-column", "c"), "go together"),
        (("train_model", "Mills", "--epochs", "0"), "number of epochs must be from 1"),
        (("promote_model", "Mills", "7"), "No model 7 in Mills. There are no models yet"),
        (("promote_model", "Mills", str(10**30)), "No model 1000"),
        (("evaluate_models", "Mills", "1", "--out", "x"), "--out goes with --wait"),
        (("download_model", "Mills", "1", "--out", "nowhere/m.zip"), "no such folder"),
        (("upload_model", "Mills", "none.zip"), "there is no such file"),
        (("set_routing", "Mills", "--threshold", "7"), "Give a share between 0 and 1"),
        (("set_routing", "Mills", "--person-code", "999"), "999 is no code of Jobs"),
        (("set_routing", "Mills", "--guard", "managers"), "write it as NAME=VALUE"),
        (("threshold", "Mills", "--max-error", "7"), "--max-error must be between 0 and 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(study: Study, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run(*arguments)
    assert not Job.objects.exclude(kind="import").exists()

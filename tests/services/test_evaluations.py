"""Models judged on the same records, promoted by what that showed, and rolled back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from coding_app import model_folders
from coding_app.choices import JobState, LabelSource
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Evaluation, Event, Job, ModelVersion, Study
from coding_app.selectors import models as selected
from coding_app.services import evaluations, promotion, registry, storage, work
from coding_app.services.labelled_rows import Upload
from tests import factories, models

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Models trained elsewhere: two good ones and one that learnt mostly wrong codes."""
    home = tmp_path_factory.mktemp("saved")
    return {
        "good": models.saved(home / "good", seed=11),
        "other": models.saved(home / "other", seed=12),
        "poor": models.saved(home / "poor", seed=13, noise=0.8),
    }


@pytest.fixture(autouse=True)
def _folders(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.JOB_STALLED_AFTER = 3600  # these tests hold a transaction, which a second connection waits for


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return models.labelled_study(tmp_path, count=80)


@pytest.fixture
def user(study: Study) -> User:
    return study.members.get(username="supervisor")


@pytest.fixture
def versions(study: Study, folders: dict[str, Path]) -> dict[str, ModelVersion]:
    return {name: registry.add(study=study, user=None, folder=one) for name, one in folders.items()}


def start(study: Study, *versions: ModelVersion, **given: Any) -> Evaluation:
    settings: dict[str, Any] = {"labels": LabelSource.REFERENCE, **given}
    return evaluations.start(study=study, user=study.created_by, versions=versions, **settings)


def evaluated(study: Study, *versions: ModelVersion, **given: Any) -> Evaluation:
    made = start(study, *versions, **given)
    factories.do(made.job)
    made.refresh_from_db()
    return made


def refused(made: Evaluation) -> str:
    work.run_job(job_id=made.job_id, worker="test")
    job = Job.objects.get(pk=made.job_id)
    assert job.state == JobState.FAILED
    return job.error


def metrics(made: Evaluation) -> dict[str, Any]:
    text = (storage.path_of(made.report) / model_folders.METRICS).read_text()
    found: dict[str, Any] = json.loads(text)
    return found


def test_one_version_is_judged_and_has_a_report(study: Study, versions: dict[str, ModelVersion]) -> None:
    made = evaluated(study, versions["good"])
    told = metrics(made)
    assert told["kind"] == "evaluation"
    (row,) = made.summary["versions"]
    assert (row["number"], row["n"], made.summary["records"]) == (1, 80, 80)
    assert row["k"] == told["overall"]["accuracy"]["successes"]
    assert row["k"] > 60
    assert row["baseline"] is None
    assert (storage.path_of(made.report) / model_folders.REPORT).is_file()
    again = made.report
    Job.objects.filter(pk=made.job_id).update(state=JobState.QUEUED)
    factories.do(made.job)
    made.refresh_from_db()
    assert made.report != again
    assert not storage.path_of(again).exists()


def test_several_versions_are_compared_on_records_that_none_learnt_from(
    study: Study, folders: dict[str, Path], tmp_path: Path
) -> None:
    known = models.saved(tmp_path / "known", seed=0)  # on the study's own first records
    first = registry.add(study=study, user=None, folder=folders["good"], baseline=folders["poor"])
    second = registry.add(study=study, user=None, folder=known)
    more = factories.csv_bytes(models.rows(40, seed=5), models.COLUMNS)
    factories.bring_in(study, more, "more.csv")
    made = evaluated(study, first, second)
    assert metrics(made)["kind"] == "comparison"
    assert made.summary["left_out"]["learnt"] == 80
    rows = made.summary["versions"]
    assert [(row["number"], row["n"]) for row in rows] == [(1, 40), (2, 40)]
    assert rows[0]["baseline"]["n"] == 40
    assert rows[0]["baseline"]["k"] < rows[0]["k"]


def test_nothing_left_to_judge_by_is_said(study: Study, tmp_path: Path) -> None:
    known = registry.add(study=study, user=None, folder=models.saved(tmp_path / "known", seed=0))
    assert "80 have a text that one of these models learnt from" in refused(start(study, known))


def test_a_file_may_be_judged_by(study: Study, versions: dict[str, ModelVersion]) -> None:
    content = factories.csv_bytes([row[1::3] for row in models.rows(40, seed=6)], ("occupation", "code"))
    file = Upload("coded.csv", [content.decode().encode("cp949")])
    made = evaluated(study, versions["good"], labels=LabelSource.FILE, file=file, code_column="code")
    assert made.summary["records"] == 40
    with pytest.raises(InvalidInput, match="no column 'kode'"):
        start(study, versions["good"], labels=LabelSource.FILE, file=file, code_column="kode")


def test_what_cannot_be_judged_is_refused(
    study: Study, versions: dict[str, ModelVersion], tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="from 1 to 8"):
        start(study)
    with pytest.raises(InvalidInput, match="from 1 to 8"):
        start(study, versions["good"], versions["good"])
    with pytest.raises(InvalidInput, match="No record of this study has a code to judge by"):
        start(study, versions["good"], labels=LabelSource.DECISIONS)
    with pytest.raises(InvalidInput, match="models of this study"):
        start(factories.make_study(tmp_path, "Other mills"), versions["good"])


def test_a_damaged_version_ends_the_evaluation_in_words(
    study: Study, versions: dict[str, ModelVersion]
) -> None:
    shutil.rmtree(model_folders.model(versions["other"].stored_as))
    error = refused(start(study, versions["good"], versions["other"]))
    assert error.startswith("Model 2 cannot be loaded: its folder is not a folder")


def test_a_version_is_promoted_by_hand_only_when_it_is_better(
    study: Study, versions: dict[str, ModelVersion], user: User
) -> None:
    good, poor = versions["good"], versions["poor"]
    promotion.promote(version=poor, user=user)
    assert selected.current(study) == poor, "there was none before"
    with pytest.raises(Conflict, match="not compared with the current"):
        promotion.promote(version=good, user=user)
    evaluated(study, good, poor)
    told = promotion.standing(good)
    assert told["why"] == "won"
    assert told["candidate"]["k"] > told["current"]["k"]
    promotion.promote(version=good, user=user)
    assert selected.current(study) == good
    with pytest.raises(Conflict, match=r"codes \d+ right; model 1 codes \d+: it must be better"):
        promotion.promote(version=poor, user=user)
    with pytest.raises(Conflict, match="It is the current model"):
        promotion.promote(version=good, user=user)
    steps = Event.objects.filter(verb="model_promoted").values_list("before", "after", "data__why")
    assert list(steps) == [("", "3", "no_current"), ("3", "1", "won")]


def test_a_few_records_decide_nothing(study: Study, versions: dict[str, ModelVersion], user: User) -> None:
    promotion.promote(version=versions["poor"], user=user)
    content = factories.csv_bytes([row[1::3] for row in models.rows(20, seed=6)], ("occupation", "code"))
    file = Upload("coded.csv", [content])
    both = versions["good"], versions["poor"]
    evaluated(study, *both, labels=LabelSource.FILE, file=file, code_column="code")
    with pytest.raises(Conflict, match=r"Only 20 records are left .* it takes 30"):
        promotion.promote(version=versions["good"], user=user)


def test_a_version_must_beat_its_own_baseline_too(study: Study, folders: dict[str, Path], user: User) -> None:
    poor = registry.add(study=study, user=None, folder=folders["poor"], baseline=folders["good"])
    assert promotion.standing(poor)["why"] == "no_current"
    evaluated(study, poor)
    with pytest.raises(Conflict, match="the instant baseline trained on the same records codes"):
        promotion.promote(version=poor, user=user)


def test_what_a_model_learnt_from_must_be_known(
    study: Study, folders: dict[str, Path], user: User, tmp_path: Path
) -> None:
    shutil.copytree(folders["good"], tmp_path / "given")
    (tmp_path / "given" / "learnt.safetensors").unlink()
    given = registry.add(study=study, user=None, folder=tmp_path / "given")
    poor = registry.add(study=study, user=None, folder=folders["poor"])
    promotion.promote(version=poor, user=user)
    evaluated(study, given, poor)
    with pytest.raises(Conflict, match="not known which records this model learnt from"):
        promotion.promote(version=given, user=user)
    promotion.roll_back(study=study, user=user)
    promotion.promote(version=given, user=user)
    told = promotion.standing(poor)
    assert told["known"] is False
    assert "not known which of these records model 1 learnt from" in promotion.explain(told)


def test_rolling_back_goes_the_way_back_that_was_come(
    study: Study, folders: dict[str, Path], user: User
) -> None:
    with pytest.raises(Conflict, match="no current model"):
        promotion.roll_back(study=study, user=user)
    poor = registry.add(study=study, user=None, folder=folders["poor"])
    good = registry.add(study=study, user=None, folder=folders["good"])
    promotion.promote(version=poor, user=user)
    assert selected.previous(study) is None
    evaluated(study, good, poor)
    promotion.promote(version=good, user=user)
    assert selected.previous(study) == poor
    assert promotion.roll_back(study=study, user=user) == poor
    assert selected.current(study) == poor
    promotion.promote(version=good, user=user)
    assert promotion.roll_back(study=study, user=user) == poor
    assert promotion.roll_back(study=study, user=user) is None
    assert selected.current(study) is None
    steps = Event.objects.filter(verb="model_rolled_back").values_list("before", "after")
    assert list(steps) == [("2", "1"), ("2", "1"), ("1", "")]


def test_rolling_back_passes_over_versions_that_were_removed(
    study: Study, versions: dict[str, ModelVersion], user: User
) -> None:
    for name in ("poor", "other", "good"):
        Study.objects.update(model_version=None)
        promotion.promote(version=versions[name], user=user)
    registry.remove(version=versions["other"], user=user)
    assert selected.previous(study) == versions["poor"]
    promotion.roll_back(study=study, user=user)
    assert selected.previous(study) is None


def test_one_that_became_current_meanwhile_is_not_replaced(
    study: Study, versions: dict[str, ModelVersion], user: User
) -> None:
    promotion.promote(version=versions["other"], user=user)
    told = {"why": "won", "promoted": False, "candidate": None, "current": None, "baseline": None}
    told |= {"records": 50, "left_out": 0, "known": True, "reason": ""}
    settled = promotion.settle(
        version=versions["good"], told=told, judged_against=versions["poor"].pk, asked=True, user=user
    )
    assert (settled["promoted"], settled["why"]) == (False, "current_changed")
    assert selected.current(study) == versions["other"]
    assert "Another model became current" in promotion.explain(settled)


@pytest.mark.parametrize(
    ("candidate", "current", "baseline", "records", "why"),
    [
        (51, 50, 50, 100, "won"),
        (50, 50, 40, 100, "not_better_than_current"),
        (51, 50, 51, 100, "not_better_than_baseline"),
        (51, 50, None, 100, "won"),
        (29, 0, 0, 29, "too_few"),
        (30, 29, 29, 30, "won"),
        (0, 0, 0, 0, "no_test"),
        (50, None, 50, 100, "not_better_than_baseline"),
        (51, None, 50, 100, "no_current"),
        (8, None, 8, 9, "not_better_than_baseline"),
        (0, None, 0, 0, "no_current"),
        (0, None, None, 0, "no_current"),
    ],
)
def test_a_candidate_must_be_right_strictly_more_often(
    candidate: int, current: int | None, baseline: int | None, records: int, why: str
) -> None:
    told = {
        "records": records,
        "candidate": {"k": candidate, "n": records},
        "current": None if current is None else {"number": 1, "k": current, "n": records},
        "baseline": None if baseline is None else {"k": baseline, "n": records},
    }
    assert promotion.rule(told) == why

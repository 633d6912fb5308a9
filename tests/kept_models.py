"""Models, trainings and evaluations as rows with files beside them, for tests that need no training."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from coding_app.choices import JobKind, JobState, LabelSource, ModelOrigin, WorkQueue
from coding_app.models import Evaluation, Job, ModelVersion, Study, Training
from coding_app.services import storage

REPORT = "<!doctype html><html><head><style>p { color: red }</style></head><body><p>Fig. 2</p></body></html>"


def rate(k: int, n: int) -> dict[str, Any]:
    """A rate as ``docs/metrics.md`` has it; its interval is made up."""
    share = k / n
    ends = {"low": max(share - 0.02, 0.0), "high": min(share + 0.02, 1.0)}
    return {"value": share, **ends, "successes": k, "trials": n}


def card(*, right: int = 84, of: int = 100) -> dict[str, Any]:
    """What the classifier writes beside a model."""
    return {
        "data": {"records": 400, "train": 300, "test": of, "further_phrases": 5, "left_out": {"no code": 2}},
        "metrics": {"top": [rate(right, of)] * 4 + [rate(of - 1, of)], "ece_before": 0.2, "ece_after": 0.021},
        "class_counts": {"715": 200, "411": 100},
        "classes_too_small": {"406": 3},
        "described": {"without_records": ["801"]},
        "versions": {"python": "3.11.7", "torch": None},
    }


def add_version(study: Study, *, current: bool = False, **given: Any) -> ModelVersion:
    """One more version, with files that are no model."""
    number = given.pop("number", study.model_versions.count() + 1)
    stored_as = f"models/{study.pk}/{number}"
    folder = storage.path_of(stored_as) / "model"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text('{"format": 0}')
    made = ModelVersion.objects.create(
        **{
            "study": study,
            "number": number,
            "origin": ModelOrigin.TRAINED,
            "engine": "baseline",
            "base": "baseline",
            "template": "{occupation} {industry}",
            "stored_as": stored_as,
            "size": 123_456,
            "fingerprint": f"{number:064d}",
            "classes": 3,
            "card": card(),
            "created_by": study.created_by,
            **given,
        }
    )
    if current:
        Study.objects.filter(pk=study.pk).update(model_version=made)
    return made


def add_training(study: Study, *, state: JobState = JobState.DONE, **given: Any) -> Training:
    """A training in any state; done ones have a report."""
    ended = timezone.now() if state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED) else None
    job = Job.objects.create(
        study=study,
        kind=JobKind.TRAIN,
        queue=WorkQueue.TRAINING,
        state=state,
        started_by=study.created_by,
        finished_at=ended,
        **given.pop("job", {}),
    )
    report = keep_report(study, f"training-{job.pk}") if state == JobState.DONE else ""
    values = {"labels": LabelSource.REFERENCE, "template": "{occupation} {industry}", "report": report}
    return Training.objects.create(study=study, job=job, **(values | given))


def add_evaluation(
    study: Study, *versions: ModelVersion, state: JobState = JobState.DONE, **given: Any
) -> Evaluation:
    """An evaluation of versions; done ones have a report."""
    job = Job.objects.create(
        study=study, kind=JobKind.EVALUATE, queue=WorkQueue.MODEL, state=state, started_by=study.created_by
    )
    report = keep_report(study, f"evaluation-{job.pk}") if state == JobState.DONE else ""
    values = {"labels": LabelSource.REFERENCE, "report": report, "summary": summary(*versions)}
    made = Evaluation.objects.create(study=study, job=job, **(values | given))
    made.versions.set(versions)
    return made


def summary(*versions: ModelVersion, right: int = 80, of: int = 100) -> dict[str, Any]:
    """What an evaluation found; each version gets one record more right than the one before."""
    return {
        "records": of,
        "left_out": {"learnt": 12},
        "current": None,
        "versions": [
            {
                "number": version.number,
                "k": right + place,
                "n": of,
                "top5": of - 1,
                "accuracy": rate(right + place, of),
                "top_5": rate(of - 1, of),
                "known": True,
                "baseline": None,
            }
            for place, version in enumerate(versions)
        ],
    }


def keep_report(study: Study, name: str, metrics: dict[str, Any] | None = None) -> str:
    """The folder of a report: any page, and figures."""
    stored_as = f"reports/{study.pk}/{name}"
    folder = storage.path_of(stored_as)
    folder.mkdir(parents=True)
    (folder / "report.html").write_text(REPORT)
    (folder / "metrics.json").write_text(json.dumps(metrics or evaluation_figures()))
    return stored_as


def evaluation_figures() -> dict[str, Any]:
    """The parts of metrics.json of one model that pages show."""
    top = [rate(84, 100)] * 4 + [rate(99, 100)]
    averages = {"macro": {"precision": 0.8, "recall": 0.7, "f1": 0.745}}
    level = {
        "accuracy": top[0],
        "top": top,
        "averages": averages,
        "records": 100,
        "left_out": 0,
        "summed": None,
    }
    return {
        "kind": "evaluation",
        "overall": level,
        "levels": [{"level": 1, "classes": 4, **level}, {"level": 3, "classes": 13, **level}],
        "classes": [
            {"code": "715", "trained": 200, "precision": 0.9, "recall": 0.8, "f1": 0.847, "records": 60,
             "given": 62, "correct": 50, "title": "Driver"},
        ],
        "calibration": {"before": None, "after": {"ece": 0.021, "log_loss": 0.5}},
        "coverage": {"targets": [{"target": 0.95, "threshold": 0.7, "coverage": rate(60, 100)}]},
        "confusions": [
            {"reference": "715", "given": "411", "records": 7, "share": 0.1, "examples": []},
        ],
    }  # fmt: skip


def comparison_figures(first: str = "model 1", second: str = "model 2") -> dict[str, Any]:
    """The parts of metrics.json of a comparison that pages show."""
    test = {"both": 70, "first_only": 9, "second_only": 14, "neither": 7, "difference": 0.05, "low": -0.046,
            "high": 0.144, "p": 0.405}  # fmt: skip
    steps = [(None, "first code"), (None, "first five"), (1, "level 1")]
    return {
        "kind": "comparison",
        "records": 100,
        "models": [{"name": first, "ece": 0.03}, {"name": second, "ece": 0.02}],
        "levels": [
            {"level": level, "label": label, "records": 100, "accuracies": [rate(79, 100), rate(84, 100)]}
            for level, label in steps
        ],
        "pairs": [
            {
                "first": first,
                "second": second,
                "tests": [{"level": level, "label": label, **test} for level, label in steps],
            }
        ],
    }


def verdict(why: str, **given: Any) -> dict[str, Any]:
    """What was decided about a version."""
    told = {"promoted": False, "why": why, "records": 100, "left_out": 12, "candidate": {"k": 84, "n": 100}}
    told |= {"current": {"number": 1, "k": 86, "n": 100}, "baseline": None, "known": True, "reason": ""}
    return told | given

"""The card of a model: where it comes from and how well it did, as JSON."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import numpy as np

from classifier.calibrate import Calibration, expected_calibration_error, softmax
from classifier.engine import Engine, Floats, Ints, Json, TrainSettings
from classifier.examples import Examples, Selection
from classifier.learnt import Bools
from classifier.model import rank_codes
from classifier.statistics import Rate

_PACKAGES: Final = ("numpy", "scipy", "safetensors", "torch", "transformers", "tokenizers")


def make_card(
    *,
    engine: Engine,
    settings: TrainSettings,
    selection: Selection,
    train: Examples,
    test: Examples,
    left_out: dict[str, int],
    calibration: Json,
    metrics: Json | None,
    described: Json,
    search: Json | None,
) -> Json:
    """Everything one needs to know to judge a model, or to train it again."""
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "engine": {"kind": engine.kind, **engine.describe()},
        "settings": {
            "base": settings.base,
            "min_class_size": settings.min_class_size,
            "test_size": settings.test_size,
            "split": settings.split,
            "calibration_size": settings.calibration_size,
            "epochs": settings.epochs,
            "batch_size": settings.batch_size,
            "learning_rate": settings.learning_rate,
            "seed": settings.seed,
            "extra_adds_classes": settings.extra_adds_classes,
            "describe": settings.describe,
            "options": settings.options,
        },
        "data": {
            "sha256": selection.examples.fingerprint(),
            "records": len(selection.examples),
            "train": len(train),
            "test": len(test),
            "train_sha256": train.fingerprint(),
            "test_sha256": test.fingerprint(),
            "further_phrases": len(selection.extra),
            "further_phrases_sha256": selection.extra.fingerprint(),
            "left_out": left_out,
        },
        "classes": len(selection.classes),
        "class_counts": dict(sorted(Counter(train.codes).items())),
        "classes_too_small": selection.too_small,
        "described": described,
        "search": search,
        "calibration": calibration,
        "metrics": metrics,
        "versions": {"python": platform.python_version(), **_versions()},
    }


def calibration_figures(scores: Floats, targets: Ints, calibration: Calibration, *, method: str) -> Json:
    """The calibration, and the expected error before and after on the unseen records it was fitted on."""
    if not len(scores):
        return {"method": method, "records": 0, **calibration.to_dict()}
    correct = scores.argmax(axis=1) == targets
    return {
        **calibration.to_dict(),
        "unseen_by": method,
        "records": len(scores),
        "ece_before": expected_calibration_error(softmax(scores).max(axis=1), correct),
        "ece_after": expected_calibration_error(calibration.probabilities(scores).max(axis=1), correct),
    }


def described(titles: Examples, codes: Sequence[str]) -> Json:
    """What titles and descriptions of the classification brought in.

    `phrases` (how many), and the classes they stand for: `without_records` (codes), `with_records` (code to
    number of records).
    """
    sizes = Counter(codes)
    named = sorted(set(titles.codes))
    return {
        "phrases": len(titles),
        "without_records": [code for code in named if code not in sizes],
        "with_records": {code: sizes[code] for code in named if code in sizes},
    }


def held_out_figures(scores: Floats, targets: Ints, calibration: Calibration, *, new: Bools) -> Json | None:
    """Top-1 to top-5 with intervals, and the calibration error, of test records; None without any.

    `new` (n,) says which of their texts no training record has: a random split puts the same text on both
    sides, and `top_new` is about the others alone.
    """
    if not len(scores):
        return None
    probabilities = calibration.probabilities(scores)
    hits = rank_codes(probabilities, 5) == targets[:, None]
    top = np.cumsum(hits.sum(axis=0))
    correct = hits[:, 0]
    return {
        "records": len(scores),
        "top": [Rate(int(count), len(scores)).to_dict() for count in top],
        "top_new": [Rate(int(count), int(new.sum())).to_dict() for count in np.cumsum(hits[new].sum(axis=0))],
        "ece_before": expected_calibration_error(softmax(scores).max(axis=1), correct),
        "ece_after": expected_calibration_error(probabilities.max(axis=1), correct),
    }


def _versions() -> Json:
    found: Json = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found

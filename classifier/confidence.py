"""What the probabilities are worth: reliability, calibration error, and coverage against accuracy."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from classifier.calibrate import expected_calibration_error
from classifier.engine import Floats
from classifier.metrics import Bools, Predictions
from classifier.statistics import Rate

Json = dict[str, Any]

BINS: Final = 15
THRESHOLDS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Thresholds that the report tells about; 0.80 is the paper's."""
TARGETS: Final = (0.8, 0.85, 0.9, 0.95, 0.99)
POINTS: Final = 200
_TINY: Final = 1e-12


def reliability(predictions: Predictions, *, bins: int = BINS) -> Json:
    """How the stated probability of the first code compares with how often it is right.

    `ece`: expected calibration error over `bins` bins of equal width (Guo et al. 2017); `mce`: the greatest
    gap of any bin; `log_loss` (of the records whose code the model knows) and `brier` (sum over classes, 0 to
    2) judge the whole row. `table`: for every bin `low`, `high`, mean `confidence` and `accuracy` (a rate).
    Values are None without records.
    """
    confidence, correct = predictions.confidence, predictions.correct
    places = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(places, minlength=bins)
    stated = np.bincount(places, weights=confidence.astype(np.float64), minlength=bins)
    right = np.bincount(places, weights=correct.astype(np.float64), minlength=bins).astype(np.int64)
    table = [
        {
            "low": i / bins,
            "high": (i + 1) / bins,
            "confidence": float(stated[i] / counts[i]) if counts[i] else None,
            "accuracy": Rate(int(right[i]), int(counts[i])).to_dict(),
        }
        for i in range(bins)
    ]
    gaps = [abs(float(stated[i]) - int(right[i])) / int(counts[i]) for i in range(bins) if counts[i]]
    return {
        "records": len(predictions),
        "ece": expected_calibration_error(confidence, correct, bins=bins) if len(predictions) else None,
        "mce": max(gaps, default=None),
        "mean_confidence": float(confidence.mean(dtype=np.float64)) if len(predictions) else None,
        "log_loss": _log_loss(predictions),
        "brier": _brier(predictions),
        "table": table,
    }


def _log_loss(predictions: Predictions) -> float | None:
    known = np.flatnonzero(predictions.targets >= 0)
    if not len(known):
        return None
    true = predictions.probabilities[known, predictions.targets[known]].astype(np.float64)
    return float(-np.log(np.maximum(true, _TINY)).mean())


def _brier(predictions: Predictions) -> float | None:
    if not len(predictions):
        return None
    squares = np.square(predictions.probabilities, dtype=np.float64).sum(axis=1)
    known = predictions.targets >= 0
    true = np.zeros(len(predictions))
    true[known] = predictions.probabilities[np.flatnonzero(known), predictions.targets[known]]
    # (1 - p)^2 + the other squares = 1 - 2p + all squares; a code the model lacks has p = 0.
    return float((1 - 2 * true + squares).mean())


def coverage(predictions: Predictions) -> Json:
    """What is accepted, and how much of it is right, for every threshold on the first code's probability.

    A record is accepted when its probability is at least the threshold; records with the same probability are
    accepted together. `curve`: from the highest threshold down, at most 200 points, each with `threshold`,
    `coverage` and `accuracy` (rates; the intervals are pointwise). `thresholds`: the same at round
    thresholds, the paper's 0.80 among them. `targets`: the greatest coverage whose accuracy, in these
    records, is at least `target`; None values where no threshold gets there. These look at the records they
    are judged on: for a threshold with a guarantee use `python -m classifier threshold`.
    """
    confidence, correct = predictions.confidence, predictions.correct
    n = len(predictions)
    order = np.argsort(-confidence, kind="stable")
    ranked, right = confidence[order], np.cumsum(correct[order])
    # Places where the next record has another probability: only there a threshold can cut.
    ends = np.flatnonzero(np.append(np.diff(ranked) != 0, True)) if n else np.empty(0, dtype=np.int64)
    accuracies = right[ends] / (ends + 1)

    def point(end: int) -> Json:
        return _point(float(ranked[end]), int(end) + 1, int(right[end]), n)

    if len(ends) > POINTS:
        wanted = np.searchsorted(ends, np.linspace(0, n - 1, POINTS))
        shown = ends[np.unique(np.concatenate([[0], wanted, [len(ends) - 1]]))]
    else:
        shown = ends
    targets = []
    for target in TARGETS:
        enough = np.flatnonzero(accuracies >= target)
        found = (
            point(int(ends[enough[-1]]))
            if len(enough)
            else dict.fromkeys(("threshold", "coverage", "accuracy"))
        )
        targets.append({"target": target, **found})
    return {
        "curve": [point(int(end)) for end in shown],
        "thresholds": [_at(confidence, correct, threshold) for threshold in THRESHOLDS],
        "targets": targets,
    }


def _at(confidence: Floats, correct: Bools, threshold: float) -> Json:
    accepted = confidence >= np.float32(threshold)
    return _point(threshold, int(accepted.sum()), int(correct[accepted].sum()), len(confidence))


def _point(threshold: float, accepted: int, right: int, n: int) -> Json:
    return {
        "threshold": threshold,
        "coverage": Rate(accepted, n).to_dict(),
        "accuracy": Rate(right, accepted).to_dict(),
    }

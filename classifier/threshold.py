"""The lowest threshold that keeps the error among accepted records within bounds, with a guarantee.

A record is accepted when the probability of its first code is at least the threshold. Thresholds are tested
one after the other from the highest down, each by an exact binomial test at the full level, until the first
that fails: fixed-sequence testing needs no correction for their number (Bauer 1991; for risk control
Angelopoulos et al., "Learn then test", 2021). Neither thresholds nor the place where the sequence opens
depend on which records are right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from classifier.engine import Floats
from classifier.errors import ClassifierError
from classifier.intervals import exact_upper_bound, wilson

GRID: Final = (
    *(round(0.999 - 0.001 * step, 3) for step in range(9)),
    *(round(0.99 - 0.005 * step, 3) for step in range(199)),
    0.0,
)
"""The thresholds that are tried, descending; fixed beforehand, so that the binomial test is exact."""
_FEWEST_TO_JUDGE: Final = 5
"""Accepted records below which their error rate says nothing about how many more it takes."""
_MARGIN: Final = 0.95
"""An error rate nearer to the bound than this would take a sample that nobody codes."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What was found on `records` labelled records, for at most `max_error` with `confidence`.

    `threshold` is None when no threshold can be vouched for. `accepted` and `wrong` count the records at or
    above it, `error_bound` is the exact one-sided upper bound of their error rate, `coverage` the share
    accepted with its Wilson interval. Without a threshold, `more` says how many more labelled records of the
    same kind it takes if errors stay as rare as they were at `best`, the most promising threshold; None where
    they are not rare enough at any.
    """

    records: int
    max_error: float
    confidence: float
    threshold: float | None
    accepted: int
    wrong: int
    error_bound: float
    coverage: float
    coverage_interval: tuple[float, float]
    more: int | None
    best: float | None

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "records": self.records,
            "max_error": self.max_error,
            "confidence": self.confidence,
            "threshold": self.threshold,
            "accepted": self.accepted,
            "wrong": self.wrong,
            "error_bound": self.error_bound,
            "coverage": self.coverage,
            "coverage_interval": list(self.coverage_interval),
            "more_records": self.more,
            "more_records_at": self.best,
        }


def lowest_threshold(
    probabilities: Floats, correct: np.ndarray[Any, Any], *, max_error: float = 0.05, confidence: float = 0.95
) -> Threshold:
    """From labelled records that the model has never seen, neither in training nor in calibration.

    `probabilities` (n,) are those of the first codes, `correct` (n,) whether these are right. With at least
    `confidence`, the error rate among records of the same kind at or above the result is not above
    `max_error`. Raises ClassifierError for bounds outside 0 to 1, or without records.
    """
    if not 0 < max_error < 1 or not 0 < confidence < 1:
        raise ClassifierError(
            "the error and the confidence are shares between 0 and 1, such as 0.05 and 0.95"
        )
    if not len(probabilities):
        raise ClassifierError("there are no labelled records to find a threshold on")
    size = len(probabilities)
    order = np.argsort(probabilities, kind="stable")
    wrong_below = np.concatenate([[0], np.cumsum(~correct.astype(bool)[order])])
    below = np.searchsorted(probabilities[order], np.array(GRID, dtype=probabilities.dtype), side="left")
    counts = {
        threshold: (size - int(place), int(wrong_below[-1] - wrong_below[place]))
        for threshold, place in zip(GRID, below, strict=True)
    }
    found: tuple[float, float] | None = None
    for threshold in _sequence({at: taken for at, (taken, _) in counts.items()}, max_error, confidence):
        taken, wrong = counts[threshold]
        if not _vouched(wrong, taken, max_error, confidence):
            break
        found = (threshold, exact_upper_bound(wrong, taken, confidence=confidence))
    more, best = (None, None) if found else _needed(counts, size, max_error, confidence)
    taken, wrong = counts[found[0]] if found else (0, 0)
    return Threshold(
        records=size,
        max_error=max_error,
        confidence=confidence,
        threshold=found[0] if found else None,
        accepted=taken,
        wrong=wrong,
        error_bound=found[1] if found else 1.0,
        coverage=taken / size,
        coverage_interval=wilson(taken, size),
        more=more,
        best=best,
    )


def fewest_records(max_error: float, confidence: float, *, wrong: int = 0) -> int:
    """How many accepted records, `wrong` of them wrong, it takes at least to vouch for `max_error`."""
    low = high = max(1, math.ceil(math.log(1 - confidence) / math.log(1 - max_error)))
    while not _vouched(wrong, high, max_error, confidence):
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if not _vouched(wrong, middle, max_error, confidence):
            low = middle + 1
        else:
            high = middle
    return high


def _vouched(wrong: int, taken: int, max_error: float, confidence: float) -> bool:
    """Whether the exact upper bound of the error rate is not above `max_error`.

    Asked of the binomial distribution itself: so few errors are improbable at a rate of `max_error`.
    """
    from scipy.special import bdtr

    return wrong < taken and float(bdtr(wrong, taken, max_error)) <= 1 - confidence


def _sequence(taken: dict[float, int], max_error: float, confidence: float) -> list[float]:
    """The thresholds tested, descending: each takes in more records than the one before.

    It opens at the first that has records enough to forgive three errors: with fewer, the one error that any
    sample has would end the sequence at once. Small samples open where no error is forgiven. Only the numbers
    accepted are looked at, not which of them are right.
    """
    fewest = fewest_records(max_error, confidence, wrong=3)
    if max(taken.values()) < fewest:
        fewest = fewest_records(max_error, confidence)
    sequence: list[float] = []
    last = fewest - 1
    for threshold, count in taken.items():
        if count > last:
            sequence.append(threshold)
            last = count
    return sequence


def _needed(
    counts: dict[float, tuple[int, int]], size: int, max_error: float, confidence: float
) -> tuple[int | None, float | None]:
    """How many more records it takes, and at which threshold: the fewest over all.

    Shares accepted and wrong are taken as seen, one error added so that luck is not taken for skill.
    """
    best: tuple[int, float] | None = None
    for threshold, (taken, wrong) in counts.items():
        if taken < _FEWEST_TO_JUDGE or (wrong + 1) / taken >= max_error * _MARGIN:
            continue
        rate = (wrong + 1) / taken
        wanted = fewest_records(max_error, confidence)
        while not _vouched(math.ceil(rate * wanted), wanted, max_error, confidence):
            wanted = math.ceil(wanted * 1.02)
        more = max(1, math.ceil(wanted * size / taken) - size)
        if best is None or more < best[0]:
            best = (more, threshold)
    return best or (None, None)

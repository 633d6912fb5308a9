"""Probabilities that mean what they say: a temperature fitted on records that the engine did not learn from.

After Guo et al., "On calibration of modern neural networks" (2017): one number divides all scores, so that the
order of the codes stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from classifier.engine import Floats, Ints
from classifier.errors import ClassifierError

_COLDEST: Final = 1e-3
_HOTTEST: Final = 1e3


def softmax(scores: Floats) -> Floats:
    """Row by row; (n, k) to (n, k) float32, each row summing to 1 as nearly as float32 can."""
    shifted = scores.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=1, keepdims=True)
    return shifted.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores are divided by `temperature` before the softmax."""

    temperature: float = 1.0

    def probabilities(self, scores: Floats) -> Floats:
        """(n, k) scores to (n, k) probabilities, float32."""
        return softmax(scores / np.float32(self.temperature))

    @classmethod
    def fit(cls, scores: Floats, targets: Ints) -> Self:
        """The temperature of the greatest likelihood; (n, k) scores of unseen records, (n,) classes."""
        from scipy.optimize import minimize_scalar

        if not len(scores):
            return cls()
        wide = scores.astype(np.float64)
        wide -= wide.max(axis=1, keepdims=True)
        true = wide[np.arange(len(wide)), targets]

        def loss(log_temperature: float) -> float:
            inverse = float(np.exp(-log_temperature))
            partition = np.log(np.exp(wide * inverse).sum(axis=1))
            return float(np.mean(partition - true * inverse))

        found = minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded")
        return cls(float(np.exp(found.x)))

    def to_dict(self) -> dict[str, Any]:
        return {"method": "temperature", "temperature": self.temperature}

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Raises ClassifierError when `data` is not what `to_dict` gave."""
        try:
            temperature = float(data["temperature"])
            if data["method"] != "temperature" or not _COLDEST / 2 <= temperature <= _HOTTEST * 2:
                raise ValueError(data)
        except (KeyError, TypeError, ValueError) as error:
            raise ClassifierError(f"no calibration of a model: {data!r}") from error
        return cls(temperature)


def expected_calibration_error(confidence: Floats, correct: np.ndarray[Any, Any], *, bins: int = 15) -> float:
    """The mean gap between stated probability and share correct, over equal-width bins weighted by size.

    `confidence` (n,) are the probabilities of the first codes, `correct` (n,) whether these were right.
    """
    if not len(confidence):
        return float("nan")
    places = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    stated = np.bincount(places, weights=confidence.astype(np.float64), minlength=bins)
    right = np.bincount(places, weights=correct.astype(np.float64), minlength=bins)
    return float(np.abs(stated - right).sum() / len(confidence))

"""Probabilities that mean what they say, fitted on records that the engine did not learn from.

First a temperature (Guo et al., "On calibration of modern neural networks", 2017): one number divides all
scores. It cannot help a model that is too sure of its surest codes and not sure enough of the others, as
linear models on many n-grams are; so the probability of the first code then goes through a beta calibration
(Kull et al., "Beta calibration", 2017), a rising curve of three numbers, and the other codes share what is
left. Neither step changes the order of a record's codes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from classifier.engine import Floats, Ints
from classifier.errors import ClassifierError

_COLDEST: Final = 1e-3
_HOTTEST: Final = 1e3
FEWEST_FOR_BETA: Final = 200
"""Records that it takes to fit the curve of the first code's probability."""
_IDENTITY: Final = np.array([1.0, 1.0, 0.0])
_SMALLEST: Final = 1e-6


def softmax(scores: Floats) -> Floats:
    """Row by row; (n, k) to (n, k) float32, each row summing to 1 as nearly as float32 can."""
    shifted = scores.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=1, keepdims=True)
    return shifted.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores are divided by `temperature` before the softmax.

    `beta` are a, b (not negative) and c: the first code's probability p becomes q with
    log(q / (1 - q)) = a log(p) - b log(1 - p) + c. None where records were too few to fit it.
    """

    temperature: float = 1.0
    beta: tuple[float, float, float] | None = None

    def probabilities(self, scores: Floats) -> Floats:
        """(n, k) scores to (n, k) probabilities, float32."""
        plain = softmax(scores / np.float32(self.temperature))
        return plain if self.beta is None or not len(plain) else _with_first(plain, self.beta)

    @classmethod
    def fit(cls, scores: Floats, targets: Ints) -> Self:
        """The numbers of the greatest likelihood; (n, k) scores of unseen records, (n,) classes."""
        if not len(scores):
            return cls()
        temperature = _fit_temperature(scores, targets)
        if len(scores) < FEWEST_FOR_BETA:
            return cls(temperature)
        plain = cls(temperature).probabilities(scores)
        return cls(temperature, _fit_beta(plain.max(axis=1), plain.argmax(axis=1) == targets))

    def to_dict(self) -> dict[str, Any]:
        return {"temperature": self.temperature, "beta": None if self.beta is None else list(self.beta)}

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Raises ClassifierError when `data` is not what `to_dict` gave."""
        try:
            temperature = float(data["temperature"])
            beta = None if data["beta"] is None else tuple(float(number) for number in data["beta"])
            if not _COLDEST / 2 <= temperature <= _HOTTEST * 2:
                raise ValueError(temperature)
            if beta is not None:
                a, b, c = beta
                if not (a >= 0 and b >= 0 and math.isfinite(a + b + c)):
                    raise ValueError(beta)
                return cls(temperature, (a, b, c))
        except (KeyError, TypeError, ValueError) as error:
            raise ClassifierError(f"no calibration of a model: {data!r}") from error
        return cls(temperature)


def _fit_temperature(scores: Floats, targets: Ints) -> float:
    from scipy.optimize import minimize_scalar

    wide = scores.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    true = wide[np.arange(len(wide)), targets]

    def loss(log_temperature: float) -> float:
        inverse = math.exp(-log_temperature)
        return float(np.mean(np.log(np.exp(wide * inverse).sum(axis=1)) - true * inverse))

    bounds = (math.log(_COLDEST), math.log(_HOTTEST))
    return math.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x)


def _fit_beta(first: Floats, correct: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    from scipy.optimize import minimize

    up, down = _logs(first)
    sign = np.where(correct, 1.0, -1.0)

    def loss(beta: np.ndarray[Any, Any]) -> float:
        # The last term holds a curve that the data do not determine near the identity (1, 1, 0).
        misfit = np.logaddexp(0, -sign * (beta[0] * up - beta[1] * down + beta[2])).sum()
        return float(misfit + 0.5 * ((beta - _IDENTITY) ** 2).sum()) / len(sign)

    found = minimize(loss, _IDENTITY, method="L-BFGS-B", bounds=[(0, None), (0, None), (None, None)])
    a, b, c = (float(number) for number in found.x)
    return a, b, c


def _logs(first: Floats) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    clipped = np.clip(first.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    return np.log(clipped), np.log1p(-clipped)


def _with_first(plain: Floats, beta: tuple[float, float, float]) -> Floats:
    """(n, k) probabilities: the first code's goes through the curve, the others sum to the rest."""
    wide = plain.astype(np.float64)
    rows = np.arange(len(wide))
    place = wide.argmax(axis=1)
    first = wide[rows, place]
    up, down = _logs(first)
    wanted = 1 / (1 + np.exp(-(beta[0] * up - beta[1] * down + beta[2])))
    wide[rows, place] = 0
    rest = wide.sum(axis=1)
    second = wide.max(axis=1)
    # The first code stays first: it keeps a little more than the second has after scaling.
    share = np.divide(second, rest, out=np.zeros_like(rest), where=rest > 0)
    wanted = np.where(rest > 0, np.maximum(wanted, share / (1 + share) + _SMALLEST), 1.0)
    wide *= np.divide(1 - wanted, rest, out=np.zeros_like(rest), where=rest > 0)[:, None]
    wide[rows, place] = wanted
    return wide.astype(np.float32)


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

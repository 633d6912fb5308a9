"""How far a phrase can be trusted: a logistic regression fitted on texts that were left out.

Plain Python: iteratively reweighted least squares on a dozen features needs no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Final

Vector = tuple[float, ...]

_RIDGE: Final = 1.0
_ROUNDS: Final = 25
_CLOSE: Final = 1e-6
_LIMIT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """A phrase's features and, of the text left out, the share of records (0 to 1) whose code it gave."""

    features: Vector
    right: float
    weight: float


def sigmoid(value: float) -> float:
    """The logistic function, safe at both ends."""
    return 1 / (1 + exp(-min(max(value, -_LIMIT), _LIMIT)))


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def fit(judgements: Sequence[Judgement], *, features: int) -> Vector:
    """Logistic regression, drawn towards trusting a phrase as far as its second feature says.

    The first feature is the constant, the second the log odds of the phrase's code among the texts that hold
    it. Few judgements change little: without any, trust is that code's share.
    """
    start = [0.0, 1.0, *[0.0] * (features - 2)]
    weights = list(start)
    for _ in range(_ROUNDS):
        gradient = [_RIDGE * (w - s) for w, s in zip(weights, start, strict=True)]
        hessian = [[_RIDGE if a == b else 0.0 for b in range(features)] for a in range(features)]
        for judgement in judgements:
            x = judgement.features
            trust = sigmoid(dot(weights, x))
            error = judgement.weight * (trust - judgement.right)
            spread = judgement.weight * trust * (1 - trust)
            for a, value in enumerate(x):
                gradient[a] += error * value
                row, scaled = hessian[a], spread * value
                for b in range(a + 1):
                    row[b] += scaled * x[b]
        for a in range(features):
            for b in range(a + 1, features):
                hessian[a][b] = hessian[b][a]
        step = _solve(hessian, gradient)
        weights = [w - s for w, s in zip(weights, step, strict=True)]
        if max(abs(s) for s in step) < _CLOSE:
            break
    return tuple(weights)


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a positive definite system by elimination; the ridge keeps every pivot above zero."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for pivot in range(size):
        best = max(range(pivot, size), key=lambda row: abs(rows[row][pivot]))
        rows[pivot], rows[best] = rows[best], rows[pivot]
        for row in range(pivot + 1, size):
            factor = rows[row][pivot] / rows[pivot][pivot]
            if factor:
                for column in range(pivot, size + 1):
                    rows[row][column] -= factor * rows[pivot][column]
    solution = [0.0] * size
    for row in range(size - 1, -1, -1):
        known = sum(rows[row][column] * solution[column] for column in range(row + 1, size))
        solution[row] = (rows[row][size] - known) / rows[row][row]
    return solution

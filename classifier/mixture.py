"""One score of several: each part's log-probabilities times a weight, learnt where no part has learnt.

Weights are those of the greatest likelihood and never negative: a part that does not help gets 0. They set
the temperature, too (the logarithmic opinion pool; Heskes, "Selecting weighting factors in logarithmic
opinion pools", 1998).
"""

from __future__ import annotations

import numpy as np

from classifier.engine import Floats, Ints

_PULL = 0.01
"""How strongly weights are drawn to what they were: it decides where records are few."""


def log_softmax(scores: Floats) -> Floats:
    """(n, k) scores to log-probabilities, float32."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    found: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found


def mix(weights: Floats, parts: Floats) -> Floats:
    """(c,) weights and (c, n, k) log-probabilities to (n, k) scores."""
    found = np.zeros(parts.shape[1:], dtype=np.float32)
    for weight, part in zip(weights, parts, strict=True):
        found += np.float32(weight) * part
    return found


def fit_weights(parts: Floats, targets: Ints, first: Floats) -> Floats:
    """(c,) weights for (c, n, k) log-probabilities of records that no part has learnt from; from `first`."""
    from scipy.optimize import minimize

    rows = np.arange(len(targets))
    if not len(rows):
        return first

    def loss(weights: Floats) -> tuple[float, Floats]:
        shares = log_softmax(mix(weights, parts))
        away = weights - first
        misfit = -float(shares[rows, targets].mean(dtype=np.float64)) + _PULL / 2 * float(away @ away)
        error = np.exp(shares)
        error[rows, targets] -= 1
        slope = np.array([np.vdot(error, part) for part in parts], dtype=np.float64) / len(rows)
        return misfit, slope + _PULL * away

    found = minimize(
        loss, first.astype(np.float64), jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(parts)
    )
    return np.asarray(found.x, dtype=np.float32)

"""Multinomial logistic regression on sparse rows, by stochastic gradient descent over all classes at once.

One-vs-rest solvers walk through the data once a class; here each step updates every class for the columns
that a small batch has, so that 5,000 texts and 150 classes take seconds. Plain L-BFGS moves all (d, k)
weights in every step, and does not finish in minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from classifier.engine import Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_LEAST_STEPS: Final = 600
"""Of few texts more epochs are made, that the weights get anywhere."""


@dataclass(frozen=True, slots=True)
class Descent:
    """How to descend: the rate falls linearly from `rate` to nothing; early end and small rate regularise."""

    epochs: int = 6
    batch: int = 64
    rate: float = 3.0
    seed: int = 0

    def plan(self, rows: int) -> tuple[int, int]:
        """Epochs and batch size for so many rows."""
        batch = max(1, min(self.batch, rows // 20))
        return max(self.epochs, -(-_LEAST_STEPS * batch // max(rows, 1))), batch


@dataclass(frozen=True, slots=True)
class Linear:
    """Scores are rows @ `weights` + `bias`; `weights` (d, k), `bias` (k,), float32."""

    weights: Floats
    bias: Floats

    def scores(self, rows: csr_matrix[Any]) -> Floats:
        """(n, d) sparse rows to (n, k) unnormalised log-probabilities."""
        found: Floats = np.asarray(rows @ self.weights, dtype=np.float32) + self.bias
        return found


def descend(
    rows: csr_matrix[Any],
    targets: Ints,
    classes: int,
    descent: Descent,
    *,
    report: Callable[[int, int, float], None],
) -> Linear:
    """Fit; (n, d) rows of about unit length, (n,) targets below `classes`. Deterministic for a seed.

    `report` is called with the steps done, their total, and the mean loss of the latest ones.
    """
    from scipy.sparse import csr_matrix

    count, width = rows.shape
    weights = np.zeros((width, classes), dtype=np.float32)
    # The bias starts at the classes' shares: rare classes need not unlearn being as likely as the others.
    shares = np.bincount(targets, minlength=classes).astype(np.float32) + 1
    bias = np.log(shares / shares.sum()).astype(np.float32)
    epochs, batch = descent.plan(count)
    total = epochs * -(-count // batch)
    generator = np.random.default_rng(descent.seed)
    done = 0
    loss = 0.0
    for _ in range(epochs):
        order = generator.permutation(count)
        shuffled, wanted = rows[order], targets[order]
        for start in range(0, count, batch):
            part = shuffled[start : start + batch]
            true = wanted[start : start + batch]
            columns, places = np.unique(part.indices, return_inverse=True)
            shape = (part.shape[0], len(columns))
            narrow = csr_matrix((part.data, places.astype(np.int32), part.indptr), shape=shape)
            own = weights[columns]
            error = narrow @ own + bias
            error -= error.max(axis=1, keepdims=True)
            np.exp(error, out=error)
            error /= error.sum(axis=1, keepdims=True)
            right = error[np.arange(len(true)), true]
            loss += 0.05 * (float(-np.log(np.maximum(right, 1e-9)).mean()) - loss) if done else 0.0
            error[np.arange(len(true)), true] -= 1
            rate = descent.rate * (1 - done / total)
            own -= np.float32(rate) * (narrow.T.tocsr() @ error)
            weights[columns] = own
            done += 1
            if done % 25 == 0 or done == total:
                report(done, total, loss)
    return Linear(weights, bias)

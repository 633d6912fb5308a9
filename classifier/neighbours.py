"""Codes of the training texts that are most like a text: what a linear classifier does not remember.

A share of the votes goes to each class of the nearest training texts, weighted by how near they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

from classifier.engine import Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_NEAREST: Final = 20
_COMMON: Final = 0.05
"""N-grams in more than this share of the texts tell little of what is alike, and cost most of the time."""
_ALWAYS: Final = 50
"""N-grams in no more texts than these are kept, however few the texts are."""
_ROWS: Final = 256
"""Texts compared with all others at a time: what bounds memory, at (rows, training texts) float32."""


def log_shares(likeness: Floats, targets: Ints, classes: int, *, power: float) -> Floats:
    """(m, n) likeness to the training texts of the classes `targets` (n,), to (m, k) log shares of the votes.

    A text that is like no other gives every class the same share.
    """
    nearest = min(_NEAREST, likeness.shape[1])
    places = np.argpartition(-likeness, nearest - 1, axis=1)[:, :nearest]
    votes = np.maximum(np.take_along_axis(likeness, places, axis=1), 0) ** np.float32(power)
    shares = np.zeros((len(likeness), classes), dtype=np.float32)
    rows = np.arange(len(likeness))
    for column in range(nearest):
        np.add.at(shares, (rows, targets[places[:, column]]), votes[:, column])
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.float32(1e-9))
    # Half a vote spread over all classes: none is impossible.
    found: Floats = np.log((shares + np.float32(0.5 / classes)) / np.float32(1.5))
    return found


@dataclass(frozen=True, slots=True)
class LikeNgrams:
    """The training texts by their rarer n-grams, `kept` (d,) of all columns.

    `texts` (d, n) has a text in each column, of length 1.
    """

    texts: csr_matrix[Any]
    kept: npt.NDArray[np.int32]
    targets: Ints
    classes: int

    @classmethod
    def fit(cls, rows: csr_matrix[Any], targets: Ints, classes: int) -> Self:
        """From (n, D) rows of all n-grams."""
        from scipy.sparse import csr_matrix

        documents = np.bincount(rows.indices, minlength=rows.shape[1])
        kept = np.flatnonzero(documents <= max(_ALWAYS, _COMMON * rows.shape[0])).astype(np.int32)
        texts = csr_matrix(_unit(rows[:, kept]).T)
        # Weights are kept as 16 bits; rounded now, a model tells the same before and after it was saved.
        texts.data = texts.data.astype(np.float16).astype(np.float32)
        return cls(texts, kept, targets, classes)

    def log_shares(self, rows: csr_matrix[Any]) -> Floats:
        """(m, D) rows of all n-grams to (m, k) log shares of the votes."""
        part = _unit(rows[:, self.kept])
        found = np.empty((part.shape[0], self.classes), dtype=np.float32)
        for start in range(0, part.shape[0], _ROWS):
            likeness = (part[start : start + _ROWS] @ self.texts).toarray()
            found[start : start + _ROWS] = log_shares(likeness, self.targets, self.classes, power=2)
        return found

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """What `from_tensors` makes the same of."""
        return {
            "weights": self.texts.data.astype(np.float16),
            "columns": self.texts.indices.astype(np.int32),
            "starts": self.texts.indptr.astype(np.int64),
            "kept": self.kept,
            "targets": self.targets,
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, npt.NDArray[Any]], classes: int) -> Self:
        """Raises ValueError or KeyError for tensors that do not go together."""
        from scipy.sparse import csr_matrix

        starts, kept, targets = tensors["starts"], tensors["kept"], tensors["targets"]
        shape = (len(kept), len(targets))
        texts = csr_matrix((tensors["weights"].astype(np.float32), tensors["columns"], starts), shape=shape)
        texts.check_format()
        _check(targets, len(targets), classes)
        return cls(texts, kept, targets, classes)


@dataclass(frozen=True, slots=True)
class LikeVectors:
    """The training texts by what an encoder makes of them: `vectors` (n, e) of length 1, of which `mean` was
    taken away.
    """

    vectors: Floats
    mean: Floats
    targets: Ints
    classes: int

    @classmethod
    def fit(cls, vectors: Floats, targets: Ints, classes: int) -> Self:
        mean = vectors.mean(axis=0)
        return cls(_centred(vectors, mean).astype(np.float16).astype(np.float32), mean, targets, classes)

    def log_shares(self, vectors: Floats) -> Floats:
        """(m, e) vectors to (m, k) log shares of the votes."""
        found = np.empty((len(vectors), self.classes), dtype=np.float32)
        for start in range(0, len(vectors), _ROWS):
            likeness = _centred(vectors[start : start + _ROWS], self.mean) @ self.vectors.T
            # All vectors point more or less one way: only the nearest of the near should count.
            found[start : start + _ROWS] = log_shares(likeness, self.targets, self.classes, power=6)
        return found

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """What `from_tensors` makes the same of."""
        return {"vectors": self.vectors.astype(np.float16), "mean": self.mean, "targets": self.targets}

    @classmethod
    def from_tensors(cls, tensors: dict[str, npt.NDArray[Any]], classes: int) -> Self:
        """Raises ValueError or KeyError for tensors that do not go together."""
        vectors, mean, targets = tensors["vectors"].astype(np.float32), tensors["mean"], tensors["targets"]
        if vectors.ndim != 2 or mean.shape != vectors.shape[1:]:
            raise ValueError(f"vectors {vectors.shape} with a mean {mean.shape}")
        _check(targets, len(vectors), classes)
        return cls(vectors, mean, targets, classes)


def _centred(vectors: Floats, mean: Floats) -> Floats:
    centred = vectors - mean
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), np.float32(1e-9))
    return centred


def _unit(rows: csr_matrix[Any]) -> csr_matrix[Any]:
    """The same rows, each of length 1; one without n-grams stays empty."""
    from scipy.sparse import csr_matrix, diags_array

    squares = np.asarray(rows.multiply(rows).sum(axis=1)).ravel()
    lengths = np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
    return csr_matrix(diags_array(1 / lengths) @ rows, dtype=np.float32)


def _check(targets: Ints, count: int, classes: int) -> None:
    if len(targets) != count or not count or targets.min() < 0 or targets.max() >= classes:
        raise ValueError(f"{count} texts with {len(targets)} classes, of {classes}")

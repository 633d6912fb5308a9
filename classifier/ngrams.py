"""Word and character n-grams of many texts at once, as TF-IDF rows.

N-grams are known by a 64-bit hash instead of by their letters: whole arrays of letters are hashed at a time,
which takes a tenth of the time that cutting strings takes, and the vocabulary is an array of numbers. Among a
million n-grams, two share a hash with a probability of one in thirty million.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Hashes = npt.NDArray[np.uint64]

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_LONG: Final = 3
"""Letters; longer n-grams are of alphabets alone."""
_SYLLABLES: Final = 0x1100
"""Hangul begins here. Scripts before it spell words by letters; those after it, but for `_MORE_LATIN` up to
`_NO_LETTERS`, by syllables or words."""
_MORE_LATIN: Final = 0x1E00
_NO_LETTERS: Final = 0x2000
_WORD: Final = 32
"""Kinds of n-grams above this are of words, those below of letters: the same letters are told apart."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Which n-grams: of letters within words (ends of words count as a letter), and of neighbouring words.

    Those of more than three letters are of alphabets alone: where a sign is a syllable or a word, three say
    as much, and longer ones are met once.
    """

    letters: tuple[int, ...] = (1, 2, 3)
    words: tuple[int, ...] = (1, 2)


def fold(text: str) -> str:
    """`text` as n-grams see it: compatibility forms unified, case folded, signs as spaces, ends marked."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " " + " ".join("".join(sign if sign.isalnum() else " " for sign in folded).split()) + " "


def count(texts: Sequence[str], shape: Shape) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Every n-gram of every text, repeats and all: (m,) the text's place, (m,) the n-gram's hash."""
    folded = [fold(text) for text in texts]
    letters = np.frombuffer("".join(folded).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    lengths = np.fromiter(map(len, folded), dtype=np.int64, count=len(folded))
    owner = np.repeat(np.arange(len(folded)), lengths)
    space = letters == 32
    owners: list[npt.NDArray[np.int64]] = []
    hashes: list[Hashes] = []
    with np.errstate(over="ignore"):
        for length in shape.letters:
            at, found = _of_letters(letters, space, length)
            owners.append(owner[at])
            hashes.append(found)
        if shape.words:
            at, single = _of_words(letters, space)
            for length in shape.words:
                first, found = _of_neighbours(single, owner[at], length)
                owners.append(owner[at][first])
                hashes.append(found)
    return np.concatenate(owners), np.concatenate(hashes)


def _mixed(values: Hashes, kind: int) -> Hashes:
    values = (values ^ np.uint64(kind)) * _MIX
    values ^= values >> np.uint64(33)
    values *= _FACTOR
    return values ^ (values >> np.uint64(29))


def _of_letters(
    letters: Hashes, space: npt.NDArray[np.bool_], length: int
) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Where each n-gram starts, and its hash. A space may be its first or last letter, not one between."""
    size = len(letters) - length + 1
    if size <= 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    value = np.zeros(size, dtype=np.uint64)
    inside = np.ones(size, dtype=bool)
    for step in range(length):
        value = (value + letters[step : size + step]) * _FACTOR
        value ^= value >> np.uint64(32)
        if length == 1 or 0 < step < length - 1:
            inside &= ~space[step : size + step]
    if length > _LONG:
        alphabet = (letters < _SYLLABLES) | ((letters >= _MORE_LATIN) & (letters < _NO_LETTERS))
        for step in range(length):
            inside &= alphabet[step : size + step]
    if length == 2:
        # Two spaces in a row are the end of one text and the start of the next.
        inside &= ~(space[:size] & space[1 : size + 1])
    at = np.flatnonzero(inside)
    return at, _mixed(value[at], length)


def _of_words(letters: Hashes, space: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Where each word starts, and its hash."""
    starts = np.flatnonzero(~space & np.concatenate([[True], space[:-1]]))
    if not len(starts):
        return starts, np.empty(0, dtype=np.uint64)
    word = np.cumsum(~space & np.concatenate([[True], space[:-1]])) - 1
    position = (np.arange(len(letters)) - starts[np.maximum(word, 0)]).astype(np.uint64)
    terms = _mixed(letters + (position << np.uint64(24)), _WORD)
    terms[space] = 0
    return starts, np.add.reduceat(terms, starts)


def _of_neighbours(
    words: Hashes, owner: npt.NDArray[np.int64], length: int
) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Runs of `length` words within one text: the place of the first, and the hash."""
    size = len(words) - length + 1
    if size <= 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    value = np.zeros(size, dtype=np.uint64)
    for step in range(length):
        value = (value + words[step : size + step]) * _FACTOR
    at = np.flatnonzero(owner[:size] == owner[length - 1 :])
    return at, _mixed(value[at], _WORD + length)


class Vectoriser:
    """TF-IDF over the n-grams of the texts it was fitted on, rows of length 1.

    Term frequencies count as 1 + log(tf), document frequencies are smoothed as scikit-learn does.
    """

    def __init__(self, shape: Shape, vocabulary: Hashes, weights: npt.NDArray[np.float32]) -> None:
        self.shape = shape
        self.vocabulary = vocabulary
        """(d,) hashes, ascending."""
        self.weights = weights
        """(d,) inverse document frequencies."""

    @classmethod
    def fit(cls, texts: Sequence[str], shape: Shape, *, min_documents: int = 2) -> Self:
        """Learn the n-grams that at least `min_documents` of the texts have."""
        owner, hashes = count(texts, shape)
        order = np.lexsort((owner, hashes))
        owner, hashes = owner[order], hashes[order]
        new = np.concatenate([[True], (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])])[: len(hashes)]
        vocabulary, documents = np.unique(hashes[new], return_counts=True)
        kept = documents >= min_documents
        vocabulary, documents = vocabulary[kept], documents[kept]
        weights = np.log((1 + len(texts)) / (1 + documents)) + 1
        return cls(shape, vocabulary, weights.astype(np.float32))

    def transform(self, texts: Sequence[str]) -> csr_matrix[Any]:
        """(n, d) float32 rows; a text without a known n-gram has a row of zeros."""
        from scipy.sparse import csr_matrix

        owner, hashes = count(texts, self.shape)
        column = np.searchsorted(self.vocabulary, hashes)
        column[column == len(self.vocabulary)] = 0
        known = (
            self.vocabulary[column] == hashes if len(self.vocabulary) else np.zeros(len(hashes), dtype=bool)
        )
        shape = (len(texts), len(self.vocabulary))
        ones = np.ones(int(known.sum()), dtype=np.float32)
        matrix = csr_matrix((ones, (owner[known], column[known].astype(np.int32))), shape=shape)
        matrix.sum_duplicates()
        matrix.data = (1 + np.log(matrix.data)) * self.weights[matrix.indices]
        squares = np.add.reduceat(np.append(matrix.data**2, 0), matrix.indptr[:-1]) * (
            np.diff(matrix.indptr) > 0
        )
        norms = np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
        matrix.data /= np.repeat(norms, np.diff(matrix.indptr))
        return matrix

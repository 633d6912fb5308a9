"""Spelling guesses: the dictionary words nearest to a word that the dictionary does not have."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

_MAX_GUESSES: Final = 3
_CACHE_SIZE: Final = 65_536
_SHORTEST: Final = 4


def _cutoff(length: int) -> int:
    """The largest edit distance at which a word of `length` letters is still worth guessing."""
    if length < _SHORTEST:
        return 0
    if length < 6:
        return 1
    return 2 if length < 10 else 3


def _letters(word: str) -> str:
    """The word by its smallest signs: accents and the letters (jamo) of a Korean syllable count one each."""
    return unicodedata.normalize("NFD", word)


class SpellingGuesser:
    """Nearest words of a vocabulary by optimal string alignment: a transposition counts one edit.

    `vocabulary` gives each word its number of phrases. Nearest first, then the word of more phrases, then by
    alphabet; remembered, since they depend on the word and the vocabulary alone. Words with digits are codes
    rather than words, and are not guessed.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._frequency = vocabulary
        self._by_length: dict[int, dict[str, str]] = {}
        for word in sorted(vocabulary):
            letters = _letters(word)
            if len(letters) >= _SHORTEST - 1 and not _has_digit(word):
                self._by_length.setdefault(len(letters), {})[word] = letters
        self.nearest = lru_cache(maxsize=_CACHE_SIZE)(self._nearest)

    def _nearest(self, word: str) -> tuple[str, ...]:
        letters = _letters(word)
        cutoff = _cutoff(len(letters))
        if cutoff == 0 or _has_digit(word):
            return ()
        near: list[tuple[float, int, str]] = []
        for length in range(len(letters) - cutoff, len(letters) + cutoff + 1):
            choices = self._by_length.get(length)
            if choices:
                hits = process.extract(letters, choices, scorer=OSA.distance, score_cutoff=cutoff, limit=None)
                near += [(distance, -self._frequency[key], key) for _, distance, key in hits]
        near.sort()
        # Where one word is close, those much farther away are noise.
        return tuple(key for distance, _, key in near[:_MAX_GUESSES] if distance <= near[0][0] + 1)


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)

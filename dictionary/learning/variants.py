"""Spelling rules learned from the words of the texts, and probable misspellings for a person to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from dictionary.learning.examples import Examples

_SHORTEST_STEM: Final = 4
_SHORTEST_PART: Final = 3
_SHORTEST_MISSPELT: Final = 5
_LONG: Final = 9
_TIMES_COMMONER: Final = 5
_LEAST_TEXTS: Final = 5


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How many texts each word is in, and each pair of neighbouring words."""

    words: Counter[str]
    neighbours: Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Misspelling:
    """A rare word close to a common one: in how many texts each is, and the edits between them."""

    word: str
    texts: int
    suggestion: str
    suggestion_texts: int
    distance: int


def vocabulary(examples: Examples) -> Vocabulary:
    """Count the words of the texts as written (normalised, no rules yet)."""
    words: Counter[str] = Counter()
    neighbours: Counter[tuple[str, str]] = Counter()
    for text in examples.texts:
        words.update({*text.occupation, *text.industry})
        for part in (text.occupation, text.industry):
            neighbours.update(pairwise(part))
    return Vocabulary(words, neighbours)


def plurals(words: Mapping[str, int]) -> dict[str, str]:
    """Rules from an English plural to its singular where both are met; no rule leads to another's variant."""
    rules: dict[str, str] = {}
    for word in sorted(words, key=lambda word: (len(word), word)):
        singular = next((s for s in _singulars(word) if s in words and s not in rules), None)
        if singular is not None:
            rules[word] = singular
    return rules


def unseen_variants(seen: Vocabulary, useful: Collection[str]) -> dict[str, str]:
    """Rules for what the texts do not have but others may: plurals, and neighbours written as one word.

    `useful` are the words of the entries: a rule to anything else would change nothing.
    """
    rules: dict[str, str] = {}
    for word in sorted(useful):
        if len(word) >= _SHORTEST_STEM and _latin(word):
            for plural in _plurals_of(word):
                if plural not in seen.words and plural not in useful:
                    rules[plural] = word
    for (first, second), _ in sorted(seen.neighbours.items(), key=lambda item: (-item[1], item[0])):
        joined = first + second
        if (
            min(len(first), len(second)) >= _SHORTEST_PART
            and (first in useful or second in useful)
            and _latin(joined)
            and joined not in seen.words
            and joined not in useful
        ):
            rules.setdefault(joined, f"{first} {second}")
    return rules


def misspellings(words: Mapping[str, int]) -> Iterable[Misspelling]:
    """Rare words one edit (two where both are long) from a word that is much commoner, by word."""
    common = sorted(w for w, n in words.items() if n >= _LEAST_TEXTS and len(w) >= _SHORTEST_MISSPELT - 1)
    for word in sorted(words):
        count = words[word]
        if len(word) < _SHORTEST_MISSPELT or any(character.isdigit() for character in word):
            continue
        cutoff = 2 if len(word) >= _LONG else 1
        near = [
            (distance, -words[other], other)
            for other, distance, _ in process.extract(
                word, common, scorer=OSA.distance, score_cutoff=cutoff, limit=None
            )
            if distance and words[other] >= _TIMES_COMMONER * count and not _related(word, other)
        ]
        if near:
            distance, negative, other = min(near)
            yield Misspelling(word, count, other, -negative, int(distance))


def with_corrections(rules: Mapping[str, str], found: Iterable[Misspelling]) -> dict[str, str]:
    """`rules` and one for each misspelling, its end followed where the suggestion is a variant itself."""
    corrected = dict(rules)
    for item in found:
        end = rules.get(item.suggestion, item.suggestion)
        if item.word not in corrected and end != item.word:
            corrected[item.word] = end
    return {variant: corrected.get(standard, standard) for variant, standard in corrected.items()}


def _related(word: str, other: str) -> bool:
    return other in _singulars(word) or word in _singulars(other)


def _singulars(word: str) -> list[str]:
    if not _latin(word):
        return []
    stems = [word[: -len(end)] + new for end, new in (("s", ""), ("es", ""), ("ies", "y"), ("men", "man"))
             if word.endswith(end)]  # fmt: skip
    return [stem for stem in stems if len(stem) >= _SHORTEST_STEM]


def _plurals_of(word: str) -> list[str]:
    if word.endswith("man"):
        return [word[:-3] + "men", word + "s"]
    if word.endswith("y"):
        return [word + "s", word[:-1] + "ies"]
    return [word + "s"]


def _latin(word: str) -> bool:
    return word.isascii() and word.isalpha()

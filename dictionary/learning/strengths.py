"""How strongly a word decides the code of the texts it is in.

A text's code is taken to be decided by one of its words: by word w with a probability in proportion to its
strength among the text's words, and then to be code c with the word's own probability of c. Strengths and
probabilities are fitted together by expectation-maximisation; a text never vouches for itself (its own share
is taken out before its words are judged), so that a word met once cannot explain its only text. Strengths
follow the minorise-maximise step of Hunter, "MM algorithms for generalized Bradley-Terry models", Annals of
Statistics 32 (2004) 384-406.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

from dictionary.learning.examples import Bag

_ROUNDS: Final = 12
_PRIOR_WEIGHT: Final = 0.7
_STRENGTH_WEIGHT: Final = 0.2
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Strengths:
    """`decided[w][c]` is the weight of texts that word w decided as code c, `total[w]` their sum over codes.

    `shares[i][w][c]` is what text i gave to it. `strength` has a geometric mean of 1. `prior` is the share of
    each code in all texts.
    """

    prior: dict[str, float]
    strength: dict[str, float]
    decided: dict[str, dict[str, float]]
    total: dict[str, float]
    shares: tuple[dict[str, dict[str, float]], ...]


def fit(bags: Sequence[Bag]) -> Strengths:
    """Fit strengths to the bags; the same bags give the same strengths."""
    prior = _prior(bags)
    texts = [(tuple(dict.fromkeys(bag.words)), bag.weights, bag.weight) for bag in bags]
    shares = tuple(
        {word: {code: value / len(words) for code, value in weights.items()} for word in words}
        for words, weights, _ in texts
    )
    decided, total = _sums(shares)
    strength = dict.fromkeys(total, 1.0)
    for _ in range(_ROUNDS):
        chances = dict.fromkeys(total, 0.0)
        updated: list[dict[str, dict[str, float]]] = []
        for (words, weights, weight), own in zip(texts, shares, strict=True):
            rivals = sum(strength[word] for word in words)
            new: dict[str, dict[str, float]] = {word: {} for word in words}
            for word in words:
                chances[word] += weight / rivals
            own_total = {word: sum(own[word].values()) for word in words}
            for code, value in weights.items():
                pull = []
                for word in words:
                    rest = max(decided[word].get(code, 0.0) - own[word][code], 0.0)
                    of = max(total[word] - own_total[word], 0.0)
                    likely = (rest + _PRIOR_WEIGHT * prior[code]) / (of + _PRIOR_WEIGHT)
                    pull.append(strength[word] * max(likely, _TINY))
                scale = value / sum(pull)
                for word, amount in zip(words, pull, strict=True):
                    new[word][code] = amount * scale
            updated.append(new)
        shares = tuple(updated)
        decided, total = _sums(shares)
        strength = {
            word: (total[word] + _STRENGTH_WEIGHT) / (chances[word] + _STRENGTH_WEIGHT) for word in total
        }
        centre = exp(sum(log(value) for value in strength.values()) / max(len(strength), 1))
        strength = {word: value / centre for word, value in strength.items()}
    return Strengths(prior, strength, decided, total, shares)


def _prior(bags: Sequence[Bag]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for bag in bags:
        for code, value in bag.weights.items():
            sums[code] = sums.get(code, 0.0) + value
    whole = sum(sums.values())
    return {code: value / whole for code, value in sums.items()}


def _sums(
    shares: Sequence[dict[str, dict[str, float]]],
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    decided: dict[str, dict[str, float]] = {}
    for text in shares:
        for word, codes in text.items():
            sums = decided.setdefault(word, {})
            for code, value in codes.items():
                sums[code] = sums.get(code, 0.0) + value
    return decided, {word: sum(codes.values()) for word, codes in decided.items()}

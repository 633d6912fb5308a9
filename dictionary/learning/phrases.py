"""The phrases of the texts, and what each says about a text that holds it.

A phrase is a bag of standard words. What it says is the codes of the texts that hold it, smoothed towards
what its words say one by one (each as far as it decides, see `strengths`). Judged on a text of its own, a
phrase speaks without that text: that is how it will meet texts it has not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import log
from typing import Final, NamedTuple

from dictionary.learning.examples import Bag
from dictionary.learning.strengths import Strengths

Phrase = tuple[str, ...]

WIDEST: Final = 8
"""Of a longer text only this many of its words, the strongest, are combined: else a text has thousands."""

_WORD_SMOOTHING: Final = 1.0
_PHRASE_SMOOTHING: Final = 1.0
_LEAST: Final = 0.002


class Opinion(NamedTuple):
    """The code a phrase stands for, and the features its trust is judged by (see `quality`)."""

    code: str
    features: tuple[float, ...]


class _WordView(NamedTuple):
    """A word's strength, the chance of each code it was seen with; of any other, `rest` times its prior."""

    strength: float
    codes: dict[str, float]
    rest: float


class PhraseBook:
    """Every phrase of the bags: sub-phrases of up to `max_words` words, and each whole text.

    `texts[p]` counts the bags that hold phrase p.
    """

    def __init__(self, bags: Sequence[Bag], strengths: Strengths, *, max_words: int) -> None:
        self.bags = bags
        self.strengths = strengths
        self.texts: dict[Phrase, int] = {}
        self._max_words = max_words
        self._sums: dict[Phrase, dict[str, float]] = {}
        self._first: dict[Phrase, int] = {}
        places: dict[str, list[int]] = {}
        for number, bag in enumerate(bags):
            for phrase in self.phrases_of(bag):
                self._count(phrase, number, bag)
            for word in set(bag.words):
                count = places.setdefault(word, [0, 0, 0])
                count[0] += 1
                count[1] += word == bag.head
                count[2] += word in bag.industry
        self._head = {word: heads / seen for word, (seen, heads, _) in places.items()}
        self._industry = {word: inside / seen for word, (seen, _, inside) in places.items()}
        self._views = {word: self._view(word) for word in places}

    def phrases_of(self, bag: Bag) -> list[Phrase]:
        """The phrases of one bag, each once, in a fixed order."""
        words = bag.words
        distinct = sorted(set(words))
        phrases: dict[Phrase, None] = {(word,): None for word in distinct}
        if len(words) > WIDEST:
            strength = self.strengths.strength
            keep = set(sorted(distinct, key=lambda word: (-strength[word], word))[:WIDEST])
            words = tuple(word for word in words if word in keep)[: WIDEST + 2]
        for size in range(2, min(self._max_words, len(words)) + 1):
            phrases.update(dict.fromkeys(combinations(words, size)))
        phrases[bag.words] = None
        return list(phrases)

    def opinion(self, phrase: Phrase) -> Opinion | None:
        """What the phrase says of a text that was not among the bags."""
        return self._opinion(phrase, self._sums[phrase], self.texts[phrase], self._views)

    def held_out(self, number: int) -> Iterator[tuple[Phrase, Opinion]]:
        """What the phrases of bag `number` say of it when they were learned without it."""
        bag = self.bags[number]
        views: dict[str, _WordView] = {}
        for word in set(bag.words):
            if self.texts[(word,)] > 1:
                views[word] = self._view(word, without=number)
        for phrase in self.phrases_of(bag):
            texts = self.texts[phrase] - 1
            if texts < 1:
                continue
            sums = {
                code: left
                for code, value in self._sums[phrase].items()
                if (left := value - bag.weights.get(code, 0.0)) > 1e-9
            }
            opinion = self._opinion(phrase, sums, texts, views)
            if opinion:
                yield phrase, opinion

    def written(self, phrase: Phrase) -> str:
        """The phrase with its words in the order of the first text that holds it."""
        remaining = list(phrase)
        ordered: list[str] = []
        for word in self.bags[self._first[phrase]].order:
            if word in remaining:
                remaining.remove(word)
                ordered.append(word)
        return " ".join(ordered)

    def share(self, phrase: Phrase, code: str) -> float:
        """Of the weight of the texts that hold the phrase, the part with this code."""
        sums = self._sums[phrase]
        return sums.get(code, 0.0) / sum(sums.values())

    def head_share(self, word: str) -> float:
        """Of the texts with the word, those where it is the occupation's last word."""
        return self._head[word]

    def of_industry(self, word: str) -> bool:
        """Whether the word is mostly met in the industry alone."""
        return self._industry[word] > 0.5

    def _count(self, phrase: Phrase, number: int, bag: Bag) -> None:
        count = self.texts.get(phrase, 0)
        self.texts[phrase] = count + 1
        if count == 0:
            # Most phrases are in one text only: they share that text's weights instead of a copy.
            self._first[phrase] = number
            self._sums[phrase] = bag.weights
            return
        if count == 1:
            self._sums[phrase] = dict(self._sums[phrase])
        sums = self._sums[phrase]
        for code, value in bag.weights.items():
            sums[code] = sums.get(code, 0.0) + value

    def _view(self, word: str, without: int | None = None) -> _WordView:
        strengths = self.strengths
        own = strengths.shares[without][word] if without is not None else {}
        codes = {
            code: left
            for code, value in strengths.decided[word].items()
            if (left := value - own.get(code, 0.0)) > 1e-6
        }
        total = max(strengths.total[word] - sum(own.values()), 0.0) + _WORD_SMOOTHING
        prior = strengths.prior
        return _WordView(
            strengths.strength[word],
            {code: (value + _WORD_SMOOTHING * prior[code]) / total for code, value in codes.items()},
            _WORD_SMOOTHING / total,
        )

    def _opinion(
        self, phrase: Phrase, sums: dict[str, float], texts: int, views: dict[str, _WordView]
    ) -> Opinion | None:
        heard = [views[word] for word in phrase if word in views]
        if not heard:
            return None
        prior = self.strengths.prior
        candidates = sorted({code for view in heard for code in view.codes} | sums.keys())
        if not candidates:
            return None
        whole = sum(view.strength for view in heard)
        by_words = dict.fromkeys(candidates, 0.0)
        for view in heard:
            part = view.strength / whole
            codes, rest = view.codes, view.rest
            for code in candidates:
                known = codes.get(code)
                by_words[code] += part * (rest * prior[code] if known is None else known)
        total = sum(sums.values())
        strongest = max(view.strength for view in heard)
        head = max(self._head[word] for word in phrase)
        if len(phrase) == 1:
            code = max(candidates, key=by_words.__getitem__)
            features: tuple[float, ...] = (1.0, _logit(by_words[code]))
        else:
            says = {
                code: (sums.get(code, 0.0) + _PHRASE_SMOOTHING * by_words[code]) / (total + _PHRASE_SMOOTHING)
                for code in candidates
            }
            code = max(candidates, key=says.__getitem__)
            features = (1.0, _logit(says[code]), _logit(by_words[code]), float(len(phrase) > 2))
        share = sums.get(code, 0.0) / total if total else 0.0
        return Opinion(code, (*features, log(texts), head, share, log(prior[code]), log(strongest)))


def _logit(share: float) -> float:
    bounded = min(max(share, _LEAST), 1 - _LEAST)
    return log(bounded / (1 - bounded))

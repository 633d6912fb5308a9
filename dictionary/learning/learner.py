"""From coded texts to the entries and spelling rules of a dictionary.

The coder takes the longest phrase that matches and does nothing else, so what is learned is which phrases to
write. Every phrase is asked about texts it was learned without; a regression on those answers says how far
a phrase of its kind can be trusted, and phrases trusted enough become entries. The regression is fitted a
second time on the phrases that would decide, the longest trusted ones of each text: what a single word is
worth depends on what it is left to decide. Two words that are both entries and were never seen together
would tie; the commonest such pairs become entries of the word that decides more strongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from typing import Final

from dictionary import splitters
from dictionary.learning import quality, strengths, variants
from dictionary.learning.examples import Bag, Examples, bags
from dictionary.learning.phrases import Opinion, Phrase, PhraseBook
from dictionary.learning.settings import Settings
from dictionary.spelling import SpellingRules
from dictionary.standardise import Standardiser

_MOST_JUDGEMENTS: Final = 24_000
"""Of each kind; more change the coefficients little and take long."""


_COMMON_TEXTS: Final = 5
_UNDECISIVE_SHARE: Final = 0.1
"""Words in so many texts that decide less than this share of them stay out of phrases: `deceased`, `and`."""

_CLEAR_WINNER: Final = 0.7
"""Of two words never seen together, the stronger must have this part of their strength to be written."""


@dataclass(frozen=True, slots=True)
class LearnedEntry:
    """A phrase chosen: its code, trust (0 to 1), texts that hold it, and for a pair never seen, who won."""

    phrase: str
    code: str
    trust: float
    texts: int
    share: float
    inferred: str = ""

    @property
    def note(self) -> str:
        if self.inferred:
            return f"inferred: {self.inferred}"
        texts = f"{self.texts} text" + ("s" if self.texts != 1 else "")
        return f"{texts}, {self.share:.0%} this code, trust {self.trust:.2f}"


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned: entries, spelling rules, and phrases that the splitter would not give back."""

    splitter: str
    entries: tuple[LearnedEntry, ...]
    spelling: dict[str, str]
    unwritable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undecisive:
    """A common word that hardly ever decides a code: in how many texts it is, and the share it decides."""

    word: str
    texts: int
    share: float


class Learner:
    """Prepares once what does not depend on how strict one is; `learn` then chooses quickly.

    `splitter` is 'words' or 'korean'; `correct` makes rules of the probable misspellings, for the `words`
    splitter alone. `undecisive` are the words left out of phrases. The same examples and settings give the
    same result.
    """

    def __init__(
        self,
        examples: Examples,
        *,
        splitter: str = splitters.WORDS,
        max_words: int = 3,
        correct: bool = False,
    ) -> None:
        self.splitter = splitter
        self.max_words = max_words
        self.seen = variants.vocabulary(examples)
        self.misspellings = tuple(variants.misspellings(self.seen.words))
        self.corrected = correct and splitter == splitters.WORDS
        self._folded = variants.plurals(self.seen.words) if splitter == splitters.WORDS else {}
        if self.corrected:
            self._folded = variants.with_corrections(self._folded, self.misspellings)
        self._standardise = Standardiser(splitter, _rules(self._folded))
        everything = bags(examples, self._standardise)
        self.undecisive = _undecisive_words(everything)
        left_out = frozenset(word.word for word in self.undecisive)
        self._bags: tuple[Bag, ...] = bags(examples, self._standardise, left_out=left_out)
        self._strengths = strengths.fit(self._bags)
        self._book = PhraseBook(self._bags, self._strengths, max_words=max_words)
        self._held_out = self._ask_held_out()
        self._opinions = {phrase: opinion for phrase in sorted(self._book.texts)
                          if (opinion := self._book.opinion(phrase))}  # fmt: skip

    def learn(self, settings: Settings) -> Learned:
        """Choose the entries. `settings.max_words` must be what the learner was made with."""
        if settings.max_words != self.max_words:
            raise ValueError(f"max_words is {settings.max_words}, the learner was made with {self.max_words}")
        trusts = self._trusts(settings.strictness)
        chosen = {
            phrase: trust
            for phrase, trust in trusts.items()
            if trust >= settings.strictness and self._book.texts[phrase] >= settings.min_texts
        }
        entries = [self._entry(phrase, trust) for phrase, trust in chosen.items()]
        entries += self._inferred(chosen, settings.inferred)
        kept, unwritable = self._writable(entries)
        useful = {word for entry in kept for word in entry.phrase.split()}
        spelling = dict(self._folded)
        if self.splitter == splitters.WORDS:
            spelling |= variants.unseen_variants(self.seen, useful)
        spelling = {
            variant: standard for variant, standard in spelling.items() if useful & {*standard.split()}
        }
        kept.sort(key=lambda entry: (bool(entry.inferred), entry.phrase))
        return Learned(self.splitter, tuple(kept), dict(sorted(spelling.items())), tuple(unwritable))

    def _ask_held_out(self) -> list[list[tuple[Phrase, Opinion]]]:
        return [list(self._book.held_out(number)) for number in range(len(self._bags))]

    def _trusts(self, strictness: float) -> dict[Phrase, float]:
        first = self._fit(self._held_out)
        deciding: list[list[tuple[Phrase, Opinion]]] = []
        for asked in self._held_out:
            longest = max((len(p) for p, o in asked if _trust(first, p, o) >= strictness), default=0)
            deciding.append([(p, o) for p, o in asked if len(p) >= longest])
        second = self._fit(deciding)
        return {phrase: _trust(second, phrase, opinion) for phrase, opinion in self._opinions.items()}

    def _fit(
        self, asked: Sequence[Sequence[tuple[Phrase, Opinion]]]
    ) -> tuple[quality.Vector, quality.Vector]:
        single: list[quality.Judgement] = []
        longer: list[quality.Judgement] = []
        for bag, answers in zip(self._bags, asked, strict=True):
            records = sum(bag.codes.values())
            for phrase, opinion in answers:
                right = bag.codes.get(opinion.code, 0) / records
                kind = single if len(phrase) == 1 else longer
                kind.append(quality.Judgement(opinion.features, right, bag.weight))
        return (quality.fit(_thinned(single), features=7), quality.fit(_thinned(longer), features=9))

    def _entry(self, phrase: Phrase, trust: float) -> LearnedEntry:
        code = self._opinions[phrase].code
        return LearnedEntry(
            self._book.written(phrase), code, trust, self._book.texts[phrase], self._book.share(phrase, code)
        )

    def _inferred(self, chosen: dict[Phrase, float], limit: int) -> list[LearnedEntry]:
        """Pairs of single-word entries with different codes that no text holds, likeliest first."""
        if not limit:
            return []
        texts, opinions, book = self._book.texts, self._opinions, self._book
        words = sorted((p[0] for p in chosen if len(p) == 1), key=lambda word: (-texts[(word,)], word))
        pull = {word: self._pull(word, chosen) for word in words}
        settled: list[LearnedEntry] = []
        for first, second in _by_falling_product(words, [texts[(word,)] for word in words]):
            if len(settled) == limit:
                break
            pair = (first, second) if first < second else (second, first)
            if (
                pair not in texts
                and opinions[(first,)].code != opinions[(second,)].code
                and book.of_industry(first) == book.of_industry(second)
                and max(pull[first], pull[second]) >= _CLEAR_WINNER * (pull[first] + pull[second])
            ):
                settled.append(self._settle(first, second, chosen))
        return settled

    def _pull(self, word: str, chosen: dict[Phrase, float]) -> float:
        return self._strengths.strength[word] * chosen[(word,)]

    def _settle(self, first: str, second: str, chosen: dict[Phrase, float]) -> LearnedEntry:
        pull = {word: self._pull(word, chosen) for word in (first, second)}
        winner, loser = sorted((first, second), key=lambda word: (-pull[word], word))
        head = self._book.head_share
        ordered = sorted((first, second), key=lambda word: (head(word), word))
        return LearnedEntry(
            " ".join(ordered),
            self._opinions[(winner,)].code,
            pull[winner] / (pull[winner] + pull[loser]),
            0,
            0.0,
            f"'{winner}' outweighs '{loser}'",
        )

    def _writable(self, entries: Sequence[LearnedEntry]) -> tuple[list[LearnedEntry], list[str]]:
        """Entries whose phrase gives the same words back; a splitter may part words differently alone."""
        if self.splitter == splitters.WORDS:
            return list(entries), []
        kept: list[LearnedEntry] = []
        unwritable: list[str] = []
        for entry in entries:
            same = sorted(self._standardise(entry.phrase)) == sorted(entry.phrase.split())
            if same:
                kept.append(entry)
            else:
                unwritable.append(entry.phrase)
        return kept, sorted(unwritable)


def _undecisive_words(everything: Sequence[Bag]) -> tuple[Undecisive, ...]:
    fitted = strengths.fit(everything)
    weight: dict[str, float] = {}
    texts: dict[str, int] = {}
    for bag in everything:
        for word in set(bag.words):
            weight[word] = weight.get(word, 0.0) + bag.weight
            texts[word] = texts.get(word, 0) + 1
    found = [
        Undecisive(word, texts[word], fitted.total[word] / whole)
        for word, whole in weight.items()
        if texts[word] >= _COMMON_TEXTS and fitted.total[word] < _UNDECISIVE_SHARE * whole
    ]
    return tuple(sorted(found, key=lambda word: (-word.texts, word.word)))


def _by_falling_product(words: Sequence[str], counts: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Pairs of different words, those whose counts have the largest product first; `counts` fall."""
    heap = [(-counts[i] * counts[i + 1], i, i + 1) for i in range(len(words) - 1)]
    heapify(heap)
    while heap:
        _, i, j = heap[0]
        yield words[i], words[j]
        if j + 1 < len(words):
            heapreplace(heap, (-counts[i] * counts[j + 1], i, j + 1))
        else:
            heappop(heap)


def _rules(spelling: dict[str, str]) -> SpellingRules:
    return SpellingRules({variant: tuple(standard.split()) for variant, standard in spelling.items()})


def _trust(fitted: tuple[quality.Vector, quality.Vector], phrase: Phrase, opinion: Opinion) -> float:
    return quality.sigmoid(quality.dot(fitted[len(phrase) > 1], opinion.features))


def _thinned(judgements: Sequence[quality.Judgement]) -> Sequence[quality.Judgement]:
    step = -(-len(judgements) // _MOST_JUDGEMENTS) or 1
    return judgements[::step]

"""Ranked candidates: the codes offered to a person, with the reason for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dictionary.index import IndexedPhrase, PhraseIndex, tokens_of
from dictionary.records import Candidate, Source

Guesses = tuple[tuple[str, str], ...]
"""Pairs of a word as written and the dictionary word it was read as."""


@dataclass(slots=True)
class Tally:
    """What speaks for one code; `phrases` is a dict for its order, `guesses` are empty for a match."""

    priority: int
    occupation_only: bool
    phrases: dict[str, None]
    guesses: Guesses = ()


def tally_matches(found: Iterable[IndexedPhrase], occupation_tokens: frozenset[str]) -> dict[str, Tally]:
    """What the phrases `found` say for each code; they come by falling priority."""
    tallies: dict[str, Tally] = {}
    for phrase in found:
        text, code, priority, _, _ = phrase.both[1]
        tally = tallies.get(code)
        if tally is None:
            tallies[code] = Tally(priority, phrase.tokens <= occupation_tokens, {text: None})
            continue
        tally.phrases[text] = None
        if not tally.occupation_only and tally.priority == priority:
            tally.occupation_only = phrase.tokens <= occupation_tokens
    return tallies


def tally_guesses(
    occupation: Sequence[str],
    industry: Sequence[str],
    indexes: Sequence[PhraseIndex],
    nearest: Callable[[str], Sequence[str]],
    known: Collection[str],
) -> dict[str, Tally]:
    """The same for phrases that are reached when words not `known` are read as near dictionary words."""
    both = _Reading((*occupation, *industry), nearest, known)
    if not both.readings:
        return {}
    alone = _Reading(occupation, nearest, known)
    found: list[tuple[int, bool, int, str, str, Guesses]] = []
    for index in indexes:
        for phrase in index.find(both.tokens):
            from_occupation = alone.explain(phrase.words) if phrase.tokens <= alone.tokens else None
            guesses = from_occupation or both.explain(phrase.words)
            if guesses:
                text, code, priority, _, _ = phrase.both[1]
                everywhere = from_occupation is None
                found.append((-priority, everywhere, both.unlikeliness(guesses), text, code, guesses))
    tallies: dict[str, Tally] = {}
    for negated, everywhere, _, text, code, guesses in sorted(found):
        if code not in tallies:
            tallies[code] = Tally(-negated, not everywhere, {}, guesses)
        tallies[code].phrases[text] = None
    return tallies


def rank(
    matched: Mapping[str, Tally],
    guessed: Mapping[str, Tally],
    *,
    decided: str | None,
    decisive: Collection[str],
    limit: int,
) -> tuple[Candidate, ...]:
    """The best `limit` candidates, one a code; a code that matches is no guess.

    First the code `decided`, then the other `decisive` codes (those of the highest priority in the table
    that took the record); then by priority, a match before a guess, occupation-only first, number of
    phrases, code.
    """
    pool = [
        (
            code != decided,
            code not in decisive,
            -tally.priority,
            tally.guesses != (),
            not tally.occupation_only,
            -len(tally.phrases),
            code,
            tally,
        )
        for code, tally in ({**guessed, **matched} if guessed else matched).items()
    ]
    pool.sort()
    return tuple([_candidate(code, tally) for _, _, _, _, _, _, code, tally in pool[:limit]])


def _candidate(code: str, tally: Tally) -> Candidate:
    source: Source = "spelling_guess" if tally.guesses else "match"
    return Candidate(code, tally.priority, source, tally.occupation_only, tuple(tally.phrases), tally.guesses)


class _Reading:
    """The words of a record with what the unknown ones among them may stand for."""

    def __init__(
        self, words: Sequence[str], nearest: Callable[[str], Sequence[str]], known: Collection[str]
    ) -> None:
        self.known = Counter(word for word in words if word in known)
        unknown = [word for word in words if word not in known]
        self.readings = [(word, guesses) for word in unknown if (guesses := tuple(nearest(word)))]
        pool = self.known + Counter(guess for _, guesses in self.readings for guess in guesses)
        self.tokens = tokens_of(pool.elements())

    def explain(self, phrase: Sequence[str]) -> Guesses | None:
        """The guesses under which the words hold `phrase`; () when none is needed, None when none do.

        A written word stands for one dictionary word at most.
        """
        needed = list((Counter(phrase) - self.known).elements())
        return self._assign(needed, self.readings)

    def _assign(self, needed: Sequence[str], readings: Sequence[tuple[str, Sequence[str]]]) -> Guesses | None:
        if not needed:
            return ()
        for place, (written, guesses) in enumerate(readings):
            if needed[0] in guesses:
                rest = self._assign(needed[1:], [*readings[:place], *readings[place + 1 :]])
                if rest is not None:
                    return ((written, needed[0]), *rest)
        return None

    def unlikeliness(self, guesses: Guesses) -> int:
        """How far down the lists of near words the guesses stand, summed."""
        places = dict(self.readings)
        return sum(places[written].index(guess) for written, guess in guesses)

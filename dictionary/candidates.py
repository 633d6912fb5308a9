"""Ranked candidates: the codes offered to a person, with the reason for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from dictionary.index import IndexedPhrase, PhraseIndex, tokens_of
from dictionary.records import Candidate, Match

Guesses = tuple[tuple[str, str], ...]
"""Pairs of a word as written and the dictionary word it was read as."""


@dataclass(slots=True)
class _Tally:
    """What speaks for one code; `phrases` is a dict for its order and its uniqueness."""

    priority: int
    occupation_only: bool
    guesses: Guesses = ()
    phrases: dict[str, None] = field(default_factory=dict)


def from_matches(matches: Iterable[Match]) -> list[Candidate]:
    """One candidate a code, unranked; `matches` of one table or several, by falling priority."""
    tallies: dict[str, _Tally] = {}
    for match in matches:
        tally = tallies.get(match.code)
        if tally is None:
            tally = tallies[match.code] = _Tally(match.priority, False)
        if match.scope == "occupation" and match.priority == tally.priority:
            tally.occupation_only = True
        tally.phrases[match.phrase] = None
    return [
        Candidate(code, tally.priority, "match", tally.occupation_only, tuple(tally.phrases))
        for code, tally in tallies.items()
    ]


def from_guesses(
    occupation: Sequence[str],
    industry: Sequence[str],
    indexes: Sequence[PhraseIndex],
    nearest: Callable[[str], Sequence[str]],
    known: Collection[str],
) -> list[Candidate]:
    """One candidate a code that phrases reach when words not `known` are read as near dictionary words."""
    both = _Reading((*occupation, *industry), nearest, known)
    if not both.readings:
        return []
    alone = _Reading(occupation, nearest, known)
    found: list[tuple[int, int, int, str, Guesses, bool, IndexedPhrase]] = []
    for index in indexes:
        for phrase in index.find(both.tokens):
            from_occupation = alone.explain(phrase.words) if phrase.tokens <= alone.tokens else None
            guesses = from_occupation or both.explain(phrase.words)
            if guesses:
                only = from_occupation is not None
                key = (-len(phrase.words), not only, both.unlikeliness(guesses), phrase.both.phrase)
                found.append((*key, guesses, only, phrase))
    tallies: dict[str, _Tally] = {}
    for _, _, _, text, guesses, only, phrase in sorted(found, key=lambda item: item[:5]):
        code = phrase.both.code
        if code not in tallies:
            tallies[code] = _Tally(len(phrase.words), only, guesses)
        tallies[code].phrases[text] = None
    return [
        Candidate(
            code, tally.priority, "spelling_guess", tally.occupation_only, tuple(tally.phrases), tally.guesses
        )
        for code, tally in tallies.items()
    ]


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


def rank(
    matched: Sequence[Candidate],
    guessed: Sequence[Candidate],
    *,
    decided: str | None,
    decisive: Collection[str],
    limit: int,
) -> tuple[Candidate, ...]:
    """The best `limit` candidates, one a code.

    First the code `decided`, then the other `decisive` codes (those of the highest priority in the table
    that took the record); then by priority, a match before a guess, occupation-only first, number of
    phrases, code.
    """
    codes = {candidate.code for candidate in matched}
    pool = [*matched, *(candidate for candidate in guessed if candidate.code not in codes)]
    pool.sort(
        key=lambda candidate: (
            candidate.code != decided,
            candidate.code not in decisive,
            -candidate.priority,
            candidate.source == "spelling_guess",
            not candidate.occupation_only,
            -len(candidate.phrases),
            candidate.code,
        )
    )
    return tuple(pool[:limit])

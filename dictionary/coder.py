"""The coder: match, decide, explain (Figure 1 of the paper)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from dictionary import candidates
from dictionary.guesses import SpellingGuesser
from dictionary.index import IndexedPhrase, PhraseIndex, tokens_of
from dictionary.loading import Dictionary
from dictionary.normalise import split_words
from dictionary.records import Candidate, DecidedBy, Match, Record, Result, Status

_CACHE_SIZE: Final = 65_536


class Coder:
    """Codes records by a dictionary. May be shared between threads.

    `child_age`: records of a lower age, in years, are set aside; the paper gives no figure.
    `max_candidates`: how many candidates a result has at most.
    Raises ValueError for a child age that is negative or not finite, or a negative number of candidates.
    """

    def __init__(self, dictionary: Dictionary, *, child_age: float = 14, max_candidates: int = 5) -> None:
        if not (math.isfinite(child_age) and child_age >= 0):
            raise ValueError(f"child_age is {child_age}; give years as a number of 0 or more")
        if max_candidates < 0:
            raise ValueError(f"max_candidates is {max_candidates}; give a number of 0 or more")
        self.dictionary = dictionary
        self._child_age = child_age
        self._limit = max_candidates
        self._indexes = [PhraseIndex(table) for table in dictionary.tables.values()]
        vocabulary: Counter[str] = Counter()
        for index in self._indexes:
            vocabulary.update(index.vocabulary)
        self._vocabulary = vocabulary.keys()
        self._guesser = SpellingGuesser(vocabulary)
        # The same literals come again and again, industries most of all.
        self._standardise = lru_cache(maxsize=_CACHE_SIZE)(dictionary.standardise)

    def standardise(self, text: str) -> tuple[str, ...]:
        """The standard words of a literal: normalised, split, spelling rules applied."""
        return self._standardise(text)

    def code_many(self, records: Iterable[Record]) -> Iterator[Result]:
        """Code records one after another, lazily, in order."""
        return map(self.code, records)

    def code(self, record: Record) -> Result:
        """Code one record. The result depends on the record and the dictionary alone."""
        occupation = self._standardise(record.occupation)
        industry = self._standardise(record.industry)
        words = occupation + industry
        aside = self._set_aside(record, occupation, industry)
        tokens = tokens_of(words)
        occupation_tokens = tokens if not industry else tokens_of(occupation)

        trace: list[Match] = []
        others: list[Match] = []
        table: str | None = None
        for index in self._indexes:
            found = index.find(tokens)
            if not found:
                continue
            lines = _trace(found, occupation_tokens)
            if table is None:
                # The first table with any match takes the record (Figure 1, steps 6-7). What later ones
                # would have said is of use to a person only.
                table, trace = index.name, lines
            else:
                others += lines

        code: str | None = None
        decided_by: DecidedBy = ""
        priority: int | None = None
        decisive: set[str] = set()
        status = aside or Status.NO_MATCH
        if aside is None and trace:
            priority = trace[0].priority
            code, decided_by, decisive = _decide(trace)
            status = Status.TIE if code is None else Status.CODED
        matches = trace
        if others:
            matches = sorted([*trace, *others], key=lambda match: -match.priority)
        return Result(
            id=record.id,
            status=status,
            code=code,
            table=table if priority is not None else None,
            priority=priority,
            decided_by=decided_by,
            matches=() if aside else tuple(trace),
            candidates=self._candidates(
                occupation, industry, matches, code, decisive, guess=aside is not Status.UNKNOWN
            ),
            words=words,
            occupation_words=occupation,
        )

    def _set_aside(
        self, record: Record, occupation: tuple[str, ...], industry: tuple[str, ...]
    ) -> Status | None:
        """Figure 1, step 2: children, and records whose occupation and industry say nothing."""
        if record.age is not None and record.age < self._child_age:
            return Status.CHILD
        silent = self._says_nothing(record.occupation, occupation)
        return Status.UNKNOWN if silent and self._says_nothing(record.industry, industry) else None

    def _says_nothing(self, literal: str, standard: tuple[str, ...]) -> bool:
        if not standard:
            return True
        unknown = self.dictionary.unknown
        return standard in unknown.standard or (bool(unknown.plain) and split_words(literal) in unknown.plain)

    def _candidates(
        self,
        occupation: tuple[str, ...],
        industry: tuple[str, ...],
        matches: list[Match],
        code: str | None,
        decisive: set[str],
        *,
        guess: bool,
    ) -> tuple[Candidate, ...]:
        matched = candidates.from_matches(matches)
        guessed: list[Candidate] = []
        if guess and not (self._vocabulary >= {*occupation, *industry}):
            guessed = candidates.from_guesses(
                occupation, industry, self._indexes, self._guesser.nearest, self._vocabulary
            )
        return candidates.rank(matched, guessed, decided=code, decisive=decisive, limit=self._limit)


def _trace(found: list[IndexedPhrase], occupation_tokens: frozenset[str]) -> list[Match]:
    """Every match in both scopes: by priority, both words before occupation alone, then by phrase."""
    ranked = [(phrase.both_rank, phrase.both) for phrase in found]
    ranked += [
        (phrase.occupation_rank, phrase.occupation) for phrase in found if phrase.tokens <= occupation_tokens
    ]
    ranked.sort()
    return [match for _, match in ranked]


def _decide(trace: list[Match]) -> tuple[str | None, DecidedBy, set[str]]:
    """The code, how it was decided, and the codes of the highest priority (Figure 1, step 9)."""
    highest = [match for match in trace if match.priority == trace[0].priority]
    codes = {match.code for match in highest}
    if len(codes) == 1:
        return highest[0].code, "unique", codes
    alone = {match.code for match in highest if match.scope == "occupation"}
    if len(alone) == 1:
        return alone.pop(), "occupation_only", codes
    return None, "", codes

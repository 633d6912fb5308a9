"""The coder: match, decide, explain (Figure 1 of the paper)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Final

from dictionary import candidates
from dictionary.guesses import SpellingGuesser
from dictionary.index import IndexedPhrase, build_indexes, tokens_of
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
        self._indexes = build_indexes(dictionary.tables.values())
        vocabulary: Counter[str] = Counter()
        for index in self._indexes:
            vocabulary.update(index.vocabulary)
        self._vocabulary = vocabulary.keys()
        self._guesser = SpellingGuesser(vocabulary)
        # The same literals come again and again, industries most of all.
        self._read = lru_cache(maxsize=_CACHE_SIZE)(self._read_literal)

    def standardise(self, text: str) -> tuple[str, ...]:
        """The standard words of a literal: normalised, split, spelling rules applied."""
        return self._read(text)[0]

    def code_many(self, records: Iterable[Record]) -> Iterator[Result]:
        """Code records one after another, lazily, in order."""
        return map(self.code, records)

    def code(self, record: Record) -> Result:
        """Code one record. The result depends on the record and the dictionary alone."""
        occupation, occupation_silent, occupation_known = self._read(record.occupation)
        industry, industry_silent, industry_known = self._read(record.industry)
        words = occupation + industry
        tokens = tokens_of(words)
        occupation_tokens = tokens_of(occupation) if industry else tokens
        # The first table with any match takes the record (Figure 1, steps 6-7). What later ones would have
        # said is of use to a person only, and is found among the candidates.
        found = [(index.name, phrases) for index in self._indexes if (phrases := index.find(tokens))]

        code: str | None = None
        table: str | None = None
        priority: int | None = None
        decided_by: DecidedBy = ""
        decisive: set[str] = set()
        matches: tuple[Match, ...] = ()
        # Figure 1, step 2: children, and records whose occupation and industry both say nothing.
        if record.age is not None and record.age < self._child_age:
            status = Status.CHILD
        elif occupation_silent and industry_silent:
            status = Status.UNKNOWN
        elif not found:
            status = Status.NO_MATCH
        else:
            table, phrases = found[0]
            matches = _trace(phrases, occupation_tokens)
            priority = matches[0].priority
            code, decided_by, decisive = _decide(matches)
            status = Status.TIE if code is None else Status.CODED

        offered: tuple[Candidate, ...] | Callable[[], tuple[Candidate, ...]] = ()
        if self._limit:
            guess = status is not Status.UNKNOWN and not (occupation_known and industry_known)
            offered = partial(
                self._candidates, occupation, industry, occupation_tokens, found, guess, code, decisive
            )
        return Result(
            record.id, status, code, table, priority, decided_by, matches, words, occupation, offered
        )

    def _candidates(
        self,
        occupation: tuple[str, ...],
        industry: tuple[str, ...],
        occupation_tokens: frozenset[str],
        found: list[tuple[str, list[IndexedPhrase]]],
        guess: bool,
        code: str | None,
        decisive: set[str],
    ) -> tuple[Candidate, ...]:
        best_first = sorted([phrase for _, phrases in found for phrase in phrases], key=_rank)
        guessed: dict[str, candidates.Tally] = {}
        if guess:
            guessed = candidates.tally_guesses(
                occupation, industry, self._indexes, self._guesser.nearest, self._vocabulary
            )
        matched = candidates.tally_matches(best_first, occupation_tokens)
        return candidates.rank(matched, guessed, decided=code, decisive=decisive, limit=self._limit)

    def _read_literal(self, literal: str) -> tuple[tuple[str, ...], bool, bool]:
        """The standard words of a literal; whether it says nothing, being blank or meaning 'unknown'; and
        whether the dictionary has all of its words.
        """
        standard = self.dictionary.standardise(literal)
        unknown = self.dictionary.unknown
        silent = not standard or standard in unknown.standard or split_words(literal) in unknown.plain
        return standard, silent, self._vocabulary >= set(standard)


def _rank(phrase: IndexedPhrase) -> int:
    return phrase.both[0]


def _trace(found: list[IndexedPhrase], occupation_tokens: frozenset[str]) -> tuple[Match, ...]:
    """Every match in both scopes: by priority, both words before occupation alone, then by phrase."""
    lines = [phrase.both for phrase in found]
    lines += [phrase.occupation for phrase in found if phrase.tokens <= occupation_tokens]
    lines.sort()
    return tuple([match for _, match in lines])


def _decide(trace: tuple[Match, ...]) -> tuple[str | None, DecidedBy, set[str]]:
    """The code, how it was decided, and the codes of the highest priority (Figure 1, step 9)."""
    priority = trace[0].priority
    highest = [match for match in trace if match.priority == priority]
    codes = {match.code for match in highest}
    if len(codes) == 1:
        return trace[0].code, "unique", codes
    alone = {match.code for match in highest if match.scope == "occupation"}
    if len(alone) == 1:
        return alone.pop(), "occupation_only", codes
    return None, "", codes

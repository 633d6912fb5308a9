"""The paper's procedure taken at its word: every ordered permutation of the words is formed and looked up.

It is the yardstick of the containment index: the property test holds the two equal on short records, the
benchmark compares their cost. Figure 1, steps 5-9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from dictionary import Dictionary, Match
from dictionary.records import Scope


class LiteralCoder:
    """Matches by forming permutations; `dictionary` must have the general table alone."""

    def __init__(self, dictionary: Dictionary) -> None:
        (table,) = dictionary.tables.values()
        self._table = table.name
        self._phrases = {" ".join(entry.words): entry for entry in table.entries}

    def matches(self, words: Sequence[str], occupation_words: Sequence[str]) -> list[Match]:
        """The trace: the distinct matches of both scopes, by priority, scope and phrase."""
        found = {
            *self._lines(words, "both"),
            *self._lines(occupation_words, "occupation"),
        }
        return sorted(found, key=lambda match: (-match.priority, match.scope, match.phrase))

    def code(self, words: Sequence[str], occupation_words: Sequence[str]) -> str | None:
        """The code of the record, None for a tie or no match."""
        matches = self.matches(words, occupation_words)
        highest = [match for match in matches if match.priority == matches[0].priority]
        codes = {match.code for match in highest}
        if len(codes) > 1:
            codes = {match.code for match in highest if match.scope == "occupation"}
        return codes.pop() if len(codes) == 1 else None

    def _lines(self, words: Sequence[str], scope: Scope) -> Iterator[Match]:
        for length in range(1, len(words) + 1):
            for permutation in permutations(words, length):
                entry = self._phrases.get(" ".join(permutation))
                if entry is not None:
                    yield Match(entry.phrase, entry.code, length, scope, self._table)

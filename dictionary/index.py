"""Containment index: the phrases of a table whose words, counted with repetition, a record's words contain.

Since every order of the words is tried in the paper (Figure 1, step 5), a phrase matches exactly when its
words are contained in the record's as a multiset. Repetition is written into the words themselves (the second
`construction` is a token of its own), which turns containment of multisets into containment of sets. Each
phrase is filed under the rarest of its tokens, so that a look-up touches few phrases that do not match.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dictionary.records import Match
from dictionary.tables import Table


def tokens_of(words: Iterable[str]) -> frozenset[str]:
    """The words as a set in which the n-th occurrence of a word (n > 1) is told from the first."""
    words = tuple(words)
    distinct = frozenset(words)
    if len(distinct) == len(words):
        return distinct
    tokens = set(distinct)
    for word, count in Counter(words).items():
        # A word holds no space, so these can be no other word.
        tokens.update(f"{word} {nth}" for nth in range(2, count + 1))
    return frozenset(tokens)


@dataclass(frozen=True, slots=True, eq=False)
class IndexedPhrase:
    """A phrase as the index holds it: its tokens, and its two possible lines of the trace.

    `both_rank` and `occupation_rank` order the lines of a trace: by priority, then scope, then phrase.
    """

    words: tuple[str, ...]
    tokens: frozenset[str]
    both: Match
    occupation: Match
    both_rank: int
    occupation_rank: int


class PhraseIndex:
    """The phrases of one table, found by containment."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        lines = [
            (
                entry,
                tokens_of(entry.words),
                Match(entry.phrase, entry.code, len(entry.words), scope, table.name),
            )
            for entry in table.entries
            for scope in ("both", "occupation")
        ]
        order = sorted(
            range(len(lines)),
            key=lambda i: (-lines[i][2].priority, lines[i][2].scope, lines[i][2].phrase, lines[i][2].code),
        )
        rank = [0] * len(lines)
        for place, i in enumerate(order):
            rank[i] = place
        frequency = Counter(token for _, tokens, _ in lines[::2] for token in tokens)
        self._buckets: dict[str, list[IndexedPhrase]] = {}
        for i in range(0, len(lines), 2):
            entry, tokens, both = lines[i]
            phrase = IndexedPhrase(entry.words, tokens, both, lines[i + 1][2], rank[i], rank[i + 1])
            rarest = min(tokens, key=lambda token: (frequency[token], token))
            self._buckets.setdefault(rarest, []).append(phrase)
        self._vocabulary = Counter(word for entry in table.entries for word in set(entry.words))

    @property
    def vocabulary(self) -> Counter[str]:
        """Each word of the table with the number of phrases that hold it."""
        return self._vocabulary

    def find(self, tokens: frozenset[str]) -> list[IndexedPhrase]:
        """The phrases contained in `tokens` (see `tokens_of`), in no particular order."""
        found: list[IndexedPhrase] = []
        buckets = self._buckets
        for token in tokens:
            if bucket := buckets.get(token):
                found += [phrase for phrase in bucket if phrase.tokens <= tokens]
        return found

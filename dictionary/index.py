"""Containment index: the phrases of a table whose words, counted with repetition, a record's words contain.

Since every order of the words is tried in the paper (Figure 1, step 5), a phrase matches exactly when its
words are contained in the record's as a multiset. Repetition is written into the words themselves (the second
`construction` is a token of its own), which turns containment of multisets into containment of sets.

The phrases stand in a tree, one token a step, the rarest token of a phrase first. A look-up goes down only
along tokens that the record has, so its time grows with the matches found and with the phrases whose rarest
words are all there, not with the orders the words could be put in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dictionary.records import Match, Scope
from dictionary.tables import Entry, Table

_SCOPES: Final[tuple[Scope, Scope]] = ("both", "occupation")


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


@dataclass(slots=True, eq=False)
class _Node:
    """Where the tokens on the way from the root lead: the phrase they make, if any, and on to longer ones."""

    phrase: IndexedPhrase | None = None
    children: dict[str, _Node] = field(default_factory=dict)


class PhraseIndex:
    """The phrases of one table, found by containment."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        self.vocabulary = Counter(word for entry in table.entries for word in set(entry.words))
        """Each word of the table with the number of phrases that hold it."""
        phrases = _with_ranks(table)
        frequency = Counter(token for phrase in phrases for token in phrase.tokens)
        self._root = _Node()
        for phrase in phrases:
            node = self._root
            for token in sorted(phrase.tokens, key=lambda token: (frequency[token], token)):
                node = node.children.setdefault(token, _Node())
            node.phrase = phrase

    def find(self, tokens: frozenset[str]) -> list[IndexedPhrase]:
        """The phrases contained in `tokens` (see `tokens_of`), in no particular order."""
        found: list[IndexedPhrase] = []
        waiting = [self._root.children]
        while waiting:
            children = waiting.pop()
            for token in children.keys() & tokens:
                node = children[token]
                if node.phrase is not None:
                    found.append(node.phrase)
                if node.children:
                    waiting.append(node.children)
        return found


def _with_ranks(table: Table) -> list[IndexedPhrase]:
    def line(entry: Entry, scope: Scope) -> Match:
        return Match(entry.phrase, entry.code, len(entry.words), scope, table.name)

    lines = [line(entry, scope) for entry in table.entries for scope in _SCOPES]
    rank = [0] * len(lines)
    order = sorted(
        range(len(lines)),
        key=lambda i: (-lines[i].priority, lines[i].scope, lines[i].phrase, lines[i].code, i),
    )
    for place, i in enumerate(order):
        rank[i] = place
    return [
        IndexedPhrase(
            words=entry.words,
            tokens=tokens_of(entry.words),
            both=lines[2 * i],
            occupation=lines[2 * i + 1],
            both_rank=rank[2 * i],
            occupation_rank=rank[2 * i + 1],
        )
        for i, entry in enumerate(table.entries)
    ]

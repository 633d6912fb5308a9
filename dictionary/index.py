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
from collections.abc import Iterable, Sequence
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
    """A phrase as the index holds it: its words, their tokens, and its two possible lines of a trace.

    Each line comes with its rank among the lines of the whole dictionary: by falling priority, then scope,
    then table, then phrase.
    """

    words: tuple[str, ...]
    tokens: frozenset[str]
    both: tuple[int, Match]
    occupation: tuple[int, Match]


@dataclass(slots=True, eq=False)
class _Node:
    """Where the tokens on the way from the root lead: the phrase they make, if any, and on to longer ones."""

    phrase: IndexedPhrase | None = None
    children: dict[str, _Node] = field(default_factory=dict)


class PhraseIndex:
    """The phrases of one table, found by containment."""

    def __init__(self, name: str, phrases: Sequence[IndexedPhrase]) -> None:
        self.name = name
        self.vocabulary = Counter(word for phrase in phrases for word in set(phrase.words))
        """Each word of the table with the number of phrases that hold it."""
        frequency = Counter(token for phrase in phrases for token in phrase.tokens)
        self._root = _Node()
        for phrase in phrases:
            node = self._root
            for token in sorted(phrase.tokens, key=lambda token: (frequency[token], token)):
                child = node.children.get(token)
                if child is None:
                    child = node.children[token] = _Node()
                node = child
            node.phrase = phrase

    def find(self, tokens: frozenset[str]) -> list[IndexedPhrase]:
        """The phrases contained in `tokens` (see `tokens_of`), in no particular order."""
        found: list[IndexedPhrase] = []
        waiting = [self._root.children]
        for children in waiting:
            for token in children.keys() & tokens:
                node = children[token]
                if node.phrase is not None:
                    found.append(node.phrase)
                if node.children and not node.children.keys().isdisjoint(tokens):
                    waiting.append(node.children)
        return found


def build_indexes(tables: Iterable[Table]) -> list[PhraseIndex]:
    """An index for each table, in their order."""
    tables = tuple(tables)
    lines = [
        (-len(entry.words), scope, place, entry.phrase, entry.code, number)
        for scope in _SCOPES
        for place, table in enumerate(tables)
        for number, entry in enumerate(table.entries)
    ]
    lines.sort()
    rank = {(scope, place, number): rank for rank, (_, scope, place, _, _, number) in enumerate(lines)}

    def line(place: int, number: int, entry: Entry, scope: Scope) -> tuple[int, Match]:
        match = Match(entry.phrase, entry.code, len(entry.words), scope, tables[place].name)
        return rank[scope, place, number], match

    return [
        PhraseIndex(
            table.name,
            [
                IndexedPhrase(
                    entry.words,
                    tokens_of(entry.words),
                    line(place, number, entry, "both"),
                    line(place, number, entry, "occupation"),
                )
                for number, entry in enumerate(table.entries)
            ],
        )
        for place, table in enumerate(tables)
    ]

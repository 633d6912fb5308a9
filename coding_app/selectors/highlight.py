"""Which words of a literal speak for which candidate."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from coding_app import dictionary_texts
from coding_app.models import Record, Suggestion

PHRASES = 20
"""Phrases of a candidate whose words are marked: the best come first, and more would mark everything."""

_PARTS = re.compile(r"\w+|\W+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a literal; ``ranks`` are the candidates it speaks for, ``guessed`` whether by a guess."""

    text: str
    ranks: tuple[int, ...] = ()
    guessed: bool = False


def pieces(record: Record, suggestions: list[Suggestion]) -> dict[str, list[Piece]]:
    """The literals ``occupation`` and ``industry`` in pieces; joined they are the literal exactly as written.

    A written word speaks for a candidate when its standard words (after normalising and spelling rules of
    the dictionary version that made the candidates) are words of a phrase that matched, or were read as one
    by a spelling guess. Where standard words take a language model to find, those that the record was coded
    by are looked for inside the written words instead.
    """
    literals = {"occupation": record.occupation, "industry": record.industry}
    made = record.suggestion_set
    version = made.run.dictionary_version_id if made else None
    if version is None or not suggestions:
        return {name: [Piece(text)] if text else [] for name, text in literals.items()}
    read = dictionary_texts.word_reader(version) or _inside(record.standardised.split())
    wanted = {one.rank: _words(one, read) for one in suggestions}
    guesses = {written for one in suggestions for written, _ in one.reason.get("guesses", ())}
    return {name: list(_pieces(text, wanted, guesses, read)) for name, text in literals.items()}


def _inside(standard: list[str]) -> Callable[[str], tuple[str, ...]]:
    """Finds the ``standard`` words that stand in a text; words of one letter only where a word begins."""

    def read(text: str) -> tuple[str, ...]:
        folded = unicodedata.normalize("NFKC", text).casefold()
        starts = tuple(folded.split())
        return tuple(
            word
            for word in standard
            if (len(word) > 1 and word in folded) or any(one.startswith(word) for one in starts)
        )

    return read


def _words(suggestion: Suggestion, read: Callable[[str], tuple[str, ...]]) -> set[str]:
    found = {word for phrase in suggestion.reason.get("phrases", ())[:PHRASES] for word in read(phrase)}
    for written, suggested in suggestion.reason.get("guesses", ()):
        found.discard(suggested)
        found.add(written)
    return found


def _pieces(
    text: str, wanted: dict[int, set[str]], guesses: set[str], read: Callable[[str], tuple[str, ...]]
) -> Iterable[Piece]:
    plain = ""
    for part in _PARTS.findall(text):
        words = set(read(part)) if part[0].isalnum() else set()
        ranks = tuple(rank for rank, of_candidate in wanted.items() if words & of_candidate)
        if not ranks:
            plain += part
            continue
        if plain:
            yield Piece(plain)
            plain = ""
        yield Piece(part, ranks, bool(words & guesses))
    if plain:
        yield Piece(plain)

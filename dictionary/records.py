"""What goes into the coder and what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NamedTuple


class Status(StrEnum):
    """What became of a record."""

    CODED = "coded"
    TIE = "tie"
    NO_MATCH = "no_match"
    CHILD = "child"
    UNKNOWN = "unknown"


Scope = Literal["both", "occupation"]
"""Whether a match comes from the words of occupation and industry together, or from the occupation alone."""

DecidedBy = Literal["unique", "occupation_only", ""]
Source = Literal["match", "spelling_guess"]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: literals as written, age in years or None when not known.

    Raises ValueError for an age that is negative or not finite.
    """

    id: str
    occupation: str
    industry: str = ""
    age: float | None = None

    def __post_init__(self) -> None:
        if self.age is not None and not (math.isfinite(self.age) and self.age >= 0):
            raise ValueError(
                f"record {self.id!r}: age is {self.age}; give years as a number of 0 or more, "
                "or None when the age is not known"
            )


class Match(NamedTuple):
    """One line of the trace: a dictionary phrase that the record's words contain (Figures 2-5).

    `phrase` is as written in the dictionary; `priority` is its number of standard words.
    """

    phrase: str
    code: str
    priority: int
    scope: Scope
    table: str

    def to_dict(self) -> dict[str, Any]:
        return self._asdict()


class Candidate(NamedTuple):
    """One code offered to a person, with the reason for it.

    `priority` is that of its best match, `occupation_only` whether a match of that priority comes from the
    occupation alone, `phrases` the phrases that matched, best first. A `spelling_guess` matched only after
    each written word of `guesses` was read as the dictionary word beside it; it never codes a record.
    """

    code: str
    priority: int
    source: Source
    occupation_only: bool
    phrases: tuple[str, ...]
    guesses: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "priority": self.priority,
            "source": self.source,
            "occupation_only": self.occupation_only,
            "phrases": list(self.phrases),
            "guesses": [list(pair) for pair in self.guesses],
        }


class Result:
    """What the coder says of one record. Not to be changed.

    `code` is there when `status` is coded; `table` and `priority` when it is coded or a tie. `matches` is the
    trace: every match in the table that took the record, in both scopes, best first; empty for records set
    aside. `words` are the standard words of occupation then industry, `occupation_words` those of the
    occupation alone. `candidates` are for a person, and are worked out when they are first asked for: that
    takes longer than coding the record.
    """

    __slots__ = (
        "_candidates",
        "code",
        "decided_by",
        "id",
        "matches",
        "occupation_words",
        "priority",
        "status",
        "table",
        "words",
    )

    def __init__(
        self,
        id: str,
        status: Status,
        code: str | None,
        table: str | None,
        priority: int | None,
        decided_by: DecidedBy,
        matches: tuple[Match, ...],
        words: tuple[str, ...],
        occupation_words: tuple[str, ...],
        candidates: tuple[Candidate, ...] | Callable[[], tuple[Candidate, ...]],
    ) -> None:
        self.id = id
        self.status = status
        self.code = code
        self.table = table
        self.priority = priority
        self.decided_by = decided_by
        self.matches = matches
        self.words = words
        self.occupation_words = occupation_words
        self._candidates = candidates

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The codes offered to a person, best first."""
        found = self._candidates
        if not isinstance(found, tuple):
            found = self._candidates = found()
        return found

    def _all(self) -> tuple[Any, ...]:
        """Every field, in the order of `__init__`."""
        return (
            *(self.id, self.status, self.code, self.table, self.priority, self.decided_by),
            *(self.matches, self.words, self.occupation_words, self.candidates),
        )

    def __eq__(self, other: object) -> bool:
        return self._all() == other._all() if isinstance(other, Result) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())

    def __reduce__(self) -> tuple[type[Result], tuple[Any, ...]]:
        return Result, self._all()

    def __repr__(self) -> str:
        return (
            f"Result(id={self.id!r}, status={self.status.value!r}, code={self.code!r}, table={self.table!r}, "
            f"priority={self.priority!r}, decided_by={self.decided_by!r}, words={self.words!r})"
        )

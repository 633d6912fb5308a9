"""The one error of this library, which says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SHOWN: Final = 20
"""Of many faults of one kind, how many are shown one by one; the others are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file; `line` is the physical line (from 1) where the faulty row starts."""

    file: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.file}: {self.reason}" if self.line is None else f"{self.file}:{self.line}: {self.reason}"
        )


class ClassifierError(Exception):
    """What was asked for cannot be done with what was given.

    `faults` has every fault where there may be many (bad rows of a file), and is empty otherwise.
    """

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        self.message = message
        self.faults = tuple(faults)
        super().__init__(message, self.faults)

    def __str__(self) -> str:
        more = len(self.faults) - SHOWN
        lines = [self.message, *(f"  {fault}" for fault in self.faults[:SHOWN])]
        return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)

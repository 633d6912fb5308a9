"""Faults found while a dictionary is read, and the error that carries all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a dictionary.

    `file` is the name relative to the dictionary folder; `line` is the physical line (from 1) where the
    faulty row starts, or None where the fault is about the file as a whole.
    """

    file: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        if self.line is None:
            return f"{self.file}: {self.reason}"
        return f"{self.file}:{self.line}: {self.reason}"


class DictionaryError(Exception):
    """A dictionary was refused as a whole; `faults` lists everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(
            sorted(faults, key=lambda fault: (fault.file, fault.line or 0, fault.reason))
        )
        super().__init__(self.faults)

    def __str__(self) -> str:
        count = len(self.faults)
        heading = f"the dictionary has {count} fault{'' if count == 1 else 's'}:"
        return "\n".join([heading, *(f"  {fault}" for fault in self.faults)])

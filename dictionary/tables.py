"""Tables of a dictionary: phrases and the codes they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dictionary.faults import Fault
from dictionary.rows import read_rows

GENERAL: Final = "general"
"""The name of the table that `entries.csv` makes; it is tried after every special table."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One phrase of a table.

    `phrase` is as written, `words` are its standard words in the order written (repetitions kept), `line`
    is the physical line in its file.
    """

    phrase: str
    words: tuple[str, ...]
    code: str
    note: str
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; no two entries have the same words."""

    name: str
    file: str
    entries: tuple[Entry, ...]


def parse_table(
    name: str,
    file: str,
    text: str,
    *,
    standardise: Callable[[str], tuple[str, ...]],
    codes: frozenset[str] | None,
    faults: list[Fault],
) -> Table:
    """The table in a `phrase,code[,note]` file; every fault goes to `faults`.

    Faults: a phrase without words after normalising and spelling, a row without a code, a code not among
    `codes` (when given), two rows with the same words, whatever their order, with or without the same code.
    """
    entries: list[Entry] = []
    seen: dict[tuple[str, ...], Entry] = {}
    for row in read_rows(file, text, required=("phrase", "code"), optional=("note",), faults=faults):
        phrase, code = row.cells["phrase"], row.cells["code"]
        words = standardise(phrase)
        entry = Entry(phrase, words, code, row.cells.get("note", ""), row.line)
        if not code:
            faults.append(Fault(file, row.line, f"'{phrase}' has no code"))
        elif codes is not None and code not in codes:
            faults.append(Fault(file, row.line, f"code '{code}' of '{phrase}' is not in the classification"))
        if not words:
            reason = f"the phrase '{phrase}' is empty after normalising and spelling rules"
            faults.append(Fault(file, row.line, reason))
            continue
        key = tuple(sorted(words))
        first = seen.setdefault(key, entry)
        if first is not entry:
            faults.append(Fault(file, row.line, _clash(entry, first)))
        entries.append(entry)
    return Table(name, file, tuple(entries))


def _clash(entry: Entry, first: Entry) -> str:
    shown = " ".join(sorted(entry.words))
    if entry.code == first.code:
        return f"'{entry.phrase}' is a duplicate of '{first.phrase}' on line {first.line} (words: {shown})"
    return (
        f"'{entry.phrase}' has code '{entry.code}', but '{first.phrase}' on line {first.line} has the same "
        f"words ({shown}) and code '{first.code}'"
    )

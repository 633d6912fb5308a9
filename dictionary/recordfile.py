"""Record files of the command line: CSV streamed in, and written whole or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TextIO

_LONGEST_CELL: Final = 16 * 1024 * 1024
"""Characters. A quote that is never closed runs to the end of the file: this bounds what it takes along."""


SHOWN: Final = 20
"""Of faults in single rows, how many are shown one by one; the others are counted."""


class UsageError(Exception):
    """The command cannot be carried out as given: a file or column that is not there, say."""


class RecordFileError(Exception):
    """The record file cannot be read; says file, line and reason, one fault a line of the message."""

    def __init__(self, path: Path, faults: Sequence[tuple[int, str]], *, more: int = 0) -> None:
        shown = [f"{path}:{line}: {reason}" for line, reason in faults]
        if more:
            shown.append(f"{path}: {more} more of the kind")
        super().__init__("\n".join(shown))


class RowWriter(Protocol):
    """What `csv.writer` returns, as far as it is used."""

    def writerow(self, row: Sequence[str | int | None], /) -> object: ...


class RecordFile:
    """An open CSV file of records: its header, and its rows as they come. UTF-8, with or without a BOM."""

    def __init__(self, path: Path, stream: TextIO) -> None:
        self.path = path
        self._reader = csv.reader(stream, strict=True)
        first = self._next()
        if first is None:
            raise RecordFileError(path, [(1, "the file is empty; its first line must name the columns")])
        self.header = first[1]

    def column(self, name: str, *, wanted_for: str) -> int:
        """The place of the column `name`; raises UsageError when there is none, or more than one."""
        places = [place for place, column in enumerate(self.header) if column == name]
        if len(places) == 1:
            return places[0]
        problem = f"has {len(places)} columns" if places else "has no column"
        present = ", ".join(repr(column) for column in self.header)
        raise UsageError(f"{self.path} {problem} {name!r} for the {wanted_for}; its columns are {present}")

    def optional_column(self, name: str | None, default: str, *, wanted_for: str) -> int | None:
        """The place of `name` when given (then it must be there), else of `default` where there is one."""
        if name is None and default not in self.header:
            return None
        return self.column(name if name is not None else default, wanted_for=wanted_for)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with the physical line it starts on; empty lines are no rows.

        Raises RecordFileError for bytes that are not UTF-8 and quotes that do not close; and, once all rows
        are read, for those whose cells are not as many as the header's, which are left out until then.
        """
        ragged: list[tuple[int, str]] = []
        count = 0
        while (row := self._next()) is not None:
            line, cells = row
            if len(cells) == len(self.header):
                yield row
                continue
            count += 1
            if len(ragged) < SHOWN:
                ragged.append((line, f"has {len(cells)} cells, the header has {len(self.header)}"))
        if ragged:
            raise RecordFileError(self.path, ragged, more=count - len(ragged))

    def _next(self) -> tuple[int, list[str]] | None:
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return None
            except csv.Error as error:
                reason = f"is not readable as CSV ({error}); check the quotes"
                raise RecordFileError(self.path, [(line, reason)]) from error
            except UnicodeDecodeError as error:
                reason = "here or soon after is not UTF-8; save the file as UTF-8"
                raise RecordFileError(self.path, [(line, reason)]) from error
            if cells:
                return line, cells


@contextmanager
def open_records(path: Path) -> Iterator[RecordFile]:
    """Open a CSV file of records.

    Raises UsageError when it cannot be opened, RecordFileError when it is empty.
    """
    csv.field_size_limit(_LONGEST_CELL)
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    with stream:
        yield RecordFile(path, stream)


@contextmanager
def replace_when_complete(path: Path) -> Iterator[RowWriter]:
    """A CSV writer whose file takes the place of `path` only when the block ends without an error."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        stream = part.open("x", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with stream:
            # A lone carriage return in a cell is put in quotes only where it is part of the line end.
            yield csv.writer(stream, lineterminator="\r\n")
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise

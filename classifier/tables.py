"""CSV files: streamed in with every column as text, and written whole or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TextIO

from classifier.errors import SHOWN, ClassifierError, Fault

_LONGEST_CELL: Final = 16 * 1024 * 1024
"""Characters. A quote that is never closed runs to the end of the file: this bounds what it takes along."""


class RowWriter(Protocol):
    """What `csv.writer` returns, as far as it is used."""

    def writerow(self, row: Sequence[str | int | float | None], /) -> object: ...


class Table:
    """An open CSV file (UTF-8, with or without a BOM): its header, and its rows as they come."""

    def __init__(self, path: Path, stream: TextIO) -> None:
        self.path = path
        self._reader = csv.reader(stream, strict=True)
        first = self._next()
        if first is None:
            raise ClassifierError(f"{path} is empty; its first line must name the columns")
        self.header = first[1]

    def require(self, name: str, *, wanted_for: str) -> int:
        """The place of the column `name`; raises ClassifierError when there is none, or more than one."""
        places = [place for place, column in enumerate(self.header) if column == name]
        if len(places) == 1:
            return places[0]
        problem = f"has {len(places)} columns" if places else "has no column"
        present = ", ".join(repr(column) for column in self.header)
        raise ClassifierError(
            f"{self.path} {problem} {name!r} for the {wanted_for}; its columns are {present}"
        )

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with the physical line it starts on; empty lines are no rows.

        Raises ClassifierError for bytes that are not UTF-8 and quotes that do not close; and, once all rows
        are read, for those whose cells are not as many as the header's, which are left out until then.
        """
        ragged: list[Fault] = []
        count = 0
        while (row := self._next()) is not None:
            line, cells = row
            if len(cells) == len(self.header):
                yield row
                continue
            count += 1
            if len(ragged) < SHOWN:
                reason = f"has {len(cells)} cells, the header has {len(self.header)}"
                ragged.append(Fault(str(self.path), line, reason))
        if ragged:
            raise ClassifierError(f"{self.path}: {count} rows do not have the header's columns", ragged)

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """The same as `rows`, each by the names of the columns (the last of those that share a name)."""
        for line, cells in self.rows():
            yield line, dict(zip(self.header, cells, strict=True))

    def _next(self) -> tuple[int, list[str]] | None:
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return None
            except csv.Error as error:
                raise ClassifierError(
                    f"{self.path}:{line}: is not readable as CSV ({error}); check the quotes"
                ) from error
            except UnicodeDecodeError as error:
                raise ClassifierError(
                    f"{self.path}:{line}: here or soon after is not UTF-8; save the file as UTF-8"
                ) from error
            if cells:
                return line, cells


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a CSV file; raises ClassifierError when it cannot be read, or is empty."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise ClassifierError(f"{path} cannot be read: {error.strerror}") from error
    with stream:
        yield Table(path, stream)


@contextmanager
def replace_when_complete(path: Path) -> Iterator[RowWriter]:
    """A CSV writer whose file takes the place of `path` only when the block ends without an error.

    Raises ClassifierError when the folder is not there, may not be written, or is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("x", encoding="utf-8", newline="") as stream:
            yield csv.writer(stream, lineterminator="\r\n")
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ClassifierError(f"{path} cannot be written: {error.strerror or error}") from error
        raise

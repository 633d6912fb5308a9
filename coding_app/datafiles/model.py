"""What the readers and writers of data files hand over: formats, rows, reports and the one error."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

from coding_app.datafiles.messages import Message

PREVIEW_ROWS = 20
"""Rows shown by `FileFormat.preview`."""

MAX_COLUMNS = 16_384
"""Columns a file may have: as many as a spreadsheet has. More means the delimiter was misread."""


class FileError(Exception):
    """A file that cannot be read or written. The text says what is wrong, where, and what to do.

    message: the text, made of a template and values (see `Message`).
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.message = Message(template, **values)
        super().__init__(self.message)


class Row(NamedTuple):
    """A row that was read.

    line: 1-based physical line (CSV), sheet row (XLSX) or row number (Parquet) on which the row starts.
    values: one text for each column of the header, exactly as written; an empty cell is ''.
    """

    line: int
    values: tuple[str, ...]


class BadRow(NamedTuple):
    """A row that could not be read; the reading goes on after it.

    line: as in `Row`.
    reason: plain English, made to be shown; a `Message` where it can be said in another language.
    raw: the row as it stands in the file without its line end; undecodable bytes and NUL bytes are
        written `\\xNN` (see `raw_bytes`, which undoes this).
    """

    line: int
    reason: str
    raw: str


@dataclass(frozen=True)
class FileFormat:
    """What `sniff` found out about a file, and what `read_rows` needs to read it.

    kind: 'csv', 'xlsx' or 'parquet'.
    encoding: Python codec name (CSV), else ''.
    delimiter: one character (CSV), else ''.
    sheet: name of the sheet to read (XLSX), else ''.
    header: column names as written; they may repeat or be empty, so address columns by position.
    preview: the first `PREVIEW_ROWS` readable rows.
    warnings: sentences to show to the person who sent the file; those of `sniff` are `Message`s.
    sheets: names of all sheets (XLSX), else ().
    """

    kind: str
    encoding: str
    delimiter: str
    sheet: str
    header: tuple[str, ...]
    preview: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...]
    sheets: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dict; `from_dict` makes the same format again."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "FileFormat":
        """The format `to_dict` gave, also after a way through JSON. KeyError when a field is missing."""
        given = {field.name: data[field.name] for field in fields(cls)}
        for name in ("header", "warnings", "sheets"):
            given[name] = tuple(given[name])
        given["preview"] = tuple(tuple(row) for row in given["preview"])
        return cls(**given)


class WriteReport(NamedTuple):
    """rows: data rows written, without the header. sha256: hex digest of the finished file."""

    rows: int
    sha256: str


def without_nul(header: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names with NUL characters, which no database keeps, written `\\x00`; and a warning if there are
    any."""
    if not any("\0" in name for name in header):
        return header, ()
    warning = Message("The header contains NUL characters; they are shown as \\x00.")
    return tuple(name.replace("\0", "\\x00") for name in header), (warning,)


def check_header(header: tuple[str, ...]) -> tuple[str, ...]:
    """Warnings about names that repeat or are empty. FileError when there are too many columns."""
    if len(header) > MAX_COLUMNS:
        raise FileError(
            "The header has %(found)s columns; at most %(most)s can be read. "
            "Check that the delimiter is right, or leave columns out.",
            found=f"{len(header):,}",
            most=f"{MAX_COLUMNS:,}",
        )
    warnings = []
    unnamed = [number for number, name in enumerate(header, 1) if not name.strip()]
    if unnamed:
        warnings.append(
            Message(
                "Columns without a name: %(columns)s. They are known by their position.",
                columns=_listed(unnamed),
            )
        )
    positions: dict[str, list[int]] = {}
    for number, name in enumerate(header, 1):
        if name.strip():
            positions.setdefault(name, []).append(number)
    for name, numbers in positions.items():
        if len(numbers) > 1:
            warnings.append(
                Message(
                    "The column name %(name)r is used %(times)s times (columns %(columns)s). "
                    "They are told apart by their position.",
                    name=name,
                    times=len(numbers),
                    columns=_listed(numbers),
                )
            )
    return tuple(warnings)


def _listed(numbers: list[int], most: int = 10) -> str:
    shown = ", ".join(str(number) for number in numbers[:most])
    if len(numbers) <= most:
        return shown
    return Message("%(columns)s and %(n)s more", columns=shown, n=len(numbers) - most)


NUL_CHARACTER = Message("contains a NUL character (shown as \\x00), which is not text")
"""Why a row of a workbook or a Parquet file was set aside."""


def fields_reason(found: int, expected: int) -> str:
    """Why a row with the wrong number of fields was set aside."""
    noun = "field" if found == 1 else "fields"
    return f"has {found} {noun}, the header has {expected}"

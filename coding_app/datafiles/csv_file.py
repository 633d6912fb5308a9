"""CSV files: what they are, their rows, and writing them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from coding_app.datafiles.csv_records import Lines, detect_delimiter, physical_lines, records, rows
from coding_app.datafiles.encodings import NAMES, detect_encoding, known_encoding
from coding_app.datafiles.formula_guard import guard
from coding_app.datafiles.messages import Message
from coding_app.datafiles.model import (
    PREVIEW_ROWS,
    BadRow,
    FileError,
    FileFormat,
    Row,
    check_header,
)
from coding_app.datafiles.raw_text import KEEP_BYTES, has_bad_bytes, show_raw

_SAMPLE_LINES = 400
_SAMPLE_CHARACTERS = 1 << 20
_HEADER_ADVICE = Message("Put the column names, one row of them, above the data.")


def sniff_csv(
    path: Path, name: str, *, encoding: str | None = None, delimiter: str | None = None
) -> FileFormat:
    """Encoding, delimiter, header and first rows of a text file; what is given is not detected.

    FileError when there is no header or it cannot be read.
    """
    warnings: list[str] = []
    if encoding is None:
        found = detect_encoding(path)
        encoding = found.name
        words = NAMES.get(encoding, encoding)
        if not found.certain and encoding != "utf-8":
            warnings.append(
                Message(
                    "The file is not in UTF-8; it was read as %(encoding)s. Check the letters below.",
                    encoding=words,
                )
            )
        if found.damaged:
            warnings.append(
                Message(
                    "Some bytes are not valid %(encoding)s. Rows that contain them are set aside, the rest "
                    "go in.",
                    encoding=words,
                )
            )
    else:
        encoding = known_encoding(encoding)
    if delimiter is None:
        with _open(path, encoding) as stream:
            delimiter = _marked_delimiter(stream.readline(16)) or detect_delimiter(_sample(path, encoding))
    elif len(delimiter) != 1 or delimiter in '"\r\n':
        raise FileError(
            "%(delimiter)r cannot be a delimiter. Give one character, such as a comma.", delimiter=delimiter
        )
    with _open(path, encoding) as stream:
        header = _header(_lines(stream), delimiter, name)
    if has_bad_bytes("".join(header)) or "\0" in "".join(header):
        warnings.append(Message("The header contains bytes that are not text; they are shown as \\xNN."))
        header = tuple(show_raw(title) for title in header)
    warnings.extend(check_header(header))
    unread = FileFormat("csv", encoding, delimiter, "", header, (), ())
    good = (row.values for row in read_csv(path, unread) if isinstance(row, Row))
    preview = tuple(islice(good, PREVIEW_ROWS))
    return FileFormat("csv", encoding, delimiter, "", header, preview, tuple(warnings))


def read_csv(path: Path, file_format: FileFormat, *, start: int = 0) -> Iterator[Row | BadRow]:
    """Rows of a text file in the given format, without the first `start` good or bad ones."""
    with _open(path, file_format.encoding) as stream:
        lines = _lines(stream)
        _header(lines, file_format.delimiter, path.name)
        yield from rows(lines, file_format.delimiter, len(file_format.header), start=start)


def _open(path: Path, encoding: str) -> TextIO:
    return path.open(encoding=encoding, errors=KEEP_BYTES, newline="")


def _lines(stream: TextIO) -> Lines:
    """The lines of the file, behind a first line such as `sep=;` that only spreadsheets use."""
    lines = Lines(physical_lines(stream))
    first = next(lines, "")
    if first and not _marked_delimiter(first):
        lines.put_back([first])
    return lines


def _marked_delimiter(line: str) -> str | None:
    text = line.rstrip("\r\n").strip('"')
    return text[4] if len(text) == 5 and text[:4].lower() == "sep=" else None


def _sample(path: Path, encoding: str) -> list[str]:
    with _open(path, encoding) as stream:
        sample: list[str] = []
        size = 0
        for line in islice(physical_lines(stream), _SAMPLE_LINES):
            size += len(line)
            if sample and size > _SAMPLE_CHARACTERS:
                break
            sample.append(line)
    return sample


def _header(lines: Lines, delimiter: str, name: str) -> tuple[str, ...]:
    record = next(records(lines, delimiter, None), None)
    if record is None:
        raise FileError(
            "%(name)s is empty: it holds no text but blank lines. %(advice)s",
            name=name,
            advice=_HEADER_ADVICE,
        )
    if record.values is None:
        raise FileError(
            "%(name)s, line %(line)s: the header cannot be read: %(fault)s. %(advice)s",
            name=name,
            line=record.line,
            fault=record.fault,
            advice=_HEADER_ADVICE,
        )
    return tuple(record.values)


def write_csv(
    path: Path, header: Sequence[str], row_values: Iterable[Sequence[str | None]], *, bom: bool = True
) -> int:
    """Writes UTF-8 with CRLF line ends (RFC 4180), risky cells guarded (see `formula_guard`); returns
    the number of rows. bom: begin with a byte order mark, without which spreadsheets misread Korean."""
    count = 0
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([guard(title) for title in header])
        for values in row_values:
            writer.writerow([guard(value) if value else value for value in values])
            count += 1
    return count

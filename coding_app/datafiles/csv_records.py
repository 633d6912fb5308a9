"""Records of a CSV file, one by one, whatever state the file is in.

Python's csv module does the quoting rules (RFC 4180); around it stands what it leaves out: exact line
numbers, the raw text of a bad record, and a limit to what a quote that is never closed can swallow.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple, TextIO

from coding_app.datafiles.messages import Message
from coding_app.datafiles.model import BadRow, Row, fields_reason
from coding_app.datafiles.raw_text import has_bad_bytes, show_raw

MAX_LINE = 1 << 24
"""Characters of a physical line, and of a record, that are read; longer ones become a BadRow."""
MAX_RECORD_LINES = 1_000
"""Physical lines that one record may take. A quote still open after them is taken as a mistake."""
KEPT_OF_LONG_LINE = 100_000
"""Characters kept of a line that is too long to be read."""

csv.field_size_limit(MAX_LINE)  # process-wide; the module's own 131,072 refuses cells that are legitimate


def physical_lines(stream: TextIO) -> Iterator[str]:
    """Lines of a text stream opened with newline='', their ends kept. What is beyond `MAX_LINE`
    characters of a line is passed over; such a line is known by its length."""
    pieces = iter(partial(stream.readline, MAX_LINE), "")
    for line in pieces:
        yield line
        if len(line) >= MAX_LINE:
            while line and not line.endswith(("\n", "\r")):
                line = next(pieces, "")


class Lines:
    """Physical lines with their numbers; lines can be put back.

    number: 1-based number of the line that was given last.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._put_back: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._put_back.popleft() if self._put_back else next(self._lines)
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        """The lines come again, in this order, before the rest."""
        self._put_back.extendleft(reversed(lines))
        self.number -= len(lines)


class Record(NamedTuple):
    """values: the fields, or None where `fault` says why there are none. raw: the text with its line ends."""

    line: int
    values: list[str] | None
    raw: str
    fault: str


class _RecordTooLong(Exception):
    pass


class _QuotedRecords:
    """Parses records with quotes in them; one csv.reader pulls the further lines of a record itself."""

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._reader = csv.reader(self, delimiter=delimiter, strict=True)
        self._first: str | None = None
        self._taken: list[str] = []
        self._size = 0
        mark = re.escape(delimiter)
        self._literal_field = re.compile(f'(?:"([^"]*(?:""[^"]*)*)"|([^{mark}]*))({mark}|\\Z)')

    def __iter__(self) -> "_QuotedRecords":
        return self

    def __next__(self) -> str:
        if self._first is not None:
            line, self._first = self._first, None
            return line
        line = next(self._lines)
        self._taken.append(line)
        self._size += len(line)
        if len(self._taken) > MAX_RECORD_LINES or self._size > MAX_LINE:
            raise _RecordTooLong
        return line

    def parse(self, first: str, width: int | None) -> Record:
        """The record that starts with this line. width: fields of the header, None while unknown."""
        number = self._lines.number
        self._first, self._taken, self._size = first, [first], len(first)
        try:
            values = next(self._reader)
        except (csv.Error, _RecordTooLong):
            if len(self._taken) == 1:
                return self._with_stray_quotes(number, first, width)
            return self._never_closed(number, first)
        if len(self._taken) > 1 and width is not None and len(values) != width and self._rows_within(width):
            return self._never_closed(number, first)
        return Record(number, values, "".join(self._taken), "")

    def _never_closed(self, number: int, first: str) -> Record:
        self._lines.put_back(self._taken[1:])
        fault = Message("a quote is opened on this line and never properly closed")
        return Record(number, None, first, fault)

    def _rows_within(self, width: int) -> bool:
        """Whether what a badly shaped record swallowed looks like rows: a stray quote met another one."""
        inner = self._taken[1:]
        rows = sum(line.count(self._delimiter) == width - 1 for line in inner)
        return width > 1 and 2 * rows > len(inner)

    def _with_stray_quotes(self, number: int, line: str, width: int | None) -> Record:
        """A line as `1,"Foo" Inc,x`: text follows a closing quote. Such a field is kept as it is written,
        quotes and all, when that gives the right number of fields; else the line is bad."""
        if line.count('"') % 2:
            return self._never_closed(number, line)
        values: list[str] = []
        doubtful = False
        for quoted, bare, end in self._literal_field.findall(line.rstrip("\r\n")):
            doubtful |= bare.startswith('"') and bare.count('"') % 2 == 1
            values.append(bare or quoted.replace('""', '"'))
            if not end:
                break
        if doubtful or (width is not None and len(values) != width):
            fault = Message("text follows a closing quote, and the fields cannot be told apart")
            return Record(number, None, line, fault)
        return Record(number, values, line, "")


def records(lines: Lines, delimiter: str, width: int | None, *, start: int = 0) -> Iterator[Record]:
    """Records that are not blank, good or bad, without the first `start`.

    width: number of fields a record should have, used only to judge stray quotes. A line is blank when
    it is empty, or all spaces while records have several fields.
    """
    quoted = _QuotedRecords(lines, delimiter)
    for line in lines:
        if len(line) >= MAX_LINE:
            fault = Message(
                "the line is longer than %(most)s characters; its first %(kept)s are kept here",
                most=f"{MAX_LINE:,}",
                kept=f"{KEPT_OF_LONG_LINE:,}",
            )
            record = Record(lines.number, None, line[:KEPT_OF_LONG_LINE], fault)
        elif '"' in line:
            record = quoted.parse(line, width)
        else:
            text = line.rstrip("\r\n")
            if not text or (text[0] == " " and width != 1 and not text.strip(" ")):
                continue
            if start:  # cheaper than splitting first: resuming far into a file passes many lines
                start -= 1
                continue
            record = Record(lines.number, text.split(delimiter), line, "")
        if start:
            start -= 1
            continue
        yield record


def rows(lines: Lines, delimiter: str, width: int, *, start: int = 0) -> Iterator[Row | BadRow]:
    """Rows of `width` fields after the header has been taken from `lines`."""
    for line, values, raw, fault in records(lines, delimiter, width, start=start):
        if values is not None and len(values) == width and "\0" not in raw and not has_bad_bytes(raw):
            yield Row(line, tuple(values))
        else:
            yield BadRow(line, _reason(raw, values, fault, width), show_raw(raw.rstrip("\r\n")))


def _reason(raw: str, values: list[str] | None, fault: str, width: int) -> str:
    if "\0" in raw:
        return Message("contains a NUL byte (shown as \\x00), which is not text")
    if has_bad_bytes(raw):
        return Message("contains bytes that are not text in the encoding of the file (shown as \\xNN)")
    return fault or fields_reason(len(values or ()), width)


_DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 200


def detect_delimiter(sample: list[str]) -> str:
    """The delimiter that cuts the header into several fields and the rows into as many.

    sample: physical lines from the start of the file.
    """

    def score(delimiter: str) -> tuple[bool, float, int]:
        header, *others = _shapes(sample, delimiter)
        alike = sum(width == header for width in others) / len(others) if others else 1.0
        return header > 1, alike, header

    return max(_DELIMITERS, key=score)


def _shapes(sample: list[str], delimiter: str) -> list[int]:
    found = records(Lines(sample), delimiter, None)
    return [len(record.values or ()) for record in islice(found, _LOOKED_AT)] or [0]

"""The rows of a worksheet as text, as a stream."""

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from typing import IO
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from coding_app.datafiles.xlsx_package import feed
from coding_app.datafiles.xlsx_strings import local_names, unescape

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384

NumberText = Callable[[str], str]
_WHOLE = re.compile(r"-?[0-9]+")
_ZEROS = re.compile(r"0{2,}")


def number_text(written: str) -> str:
    """A number as a person writes it: whole numbers without '.0', others by their shortest exact form."""
    if _WHOLE.fullmatch(written):
        return written
    value = float(written)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def number_texts(formats: Sequence[str | int], *, dates_from_1904: bool) -> list[NumberText]:
    """For each cell style, how its numbers are written: dates and times in ISO form, codes with a format such
    as 000 with their leading zeros, everything else as a plain number."""
    epoch = MAC_EPOCH if dates_from_1904 else WINDOWS_EPOCH
    made: dict[str, NumberText] = {}
    texts = []
    for given in formats:
        code = BUILTIN_FORMATS.get(given, "General") if isinstance(given, int) else given
        if code not in made:
            made[code] = _number_text_for(code, epoch)
        texts.append(made[code])
    return texts


def _number_text_for(code: str, epoch: datetime.datetime) -> NumberText:
    if _ZEROS.fullmatch(code):
        return lambda written: _with_zeros(number_text(written), len(code))
    elapsed = is_timedelta_format(code)
    if elapsed or is_date_format(code):
        return lambda written: _date_text(written, epoch, elapsed=elapsed)
    return number_text


def _with_zeros(text: str, width: int) -> str:
    return text.zfill(width) if text.isdigit() else text


def _date_text(written: str, epoch: datetime.datetime, *, elapsed: bool) -> str:
    try:
        moment = from_excel(float(written), epoch, timedelta=elapsed)
    except (OverflowError, ValueError):  # no such date: the number itself is what is exact
        return number_text(written)
    if isinstance(moment, datetime.timedelta):
        seconds = round(moment.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(moment, datetime.datetime) and moment.time() == datetime.time():
        return moment.date().isoformat()
    return moment.isoformat(" ") if isinstance(moment, datetime.datetime) else str(moment)


class _Sheet:
    """Collects rows from expat's events. Formulas give the value that was saved with them."""

    def __init__(self, strings: Sequence[str], texts: Sequence[NumberText]) -> None:
        self.done: list[tuple[int, list[str]]] = []
        self._strings = strings
        self._texts = texts
        self._names = local_names("row", "c", "v", "t", "rPh")
        self._row = 0
        self._cells: list[str] = []
        self._column = 0
        self._type = "n"
        self._style = 0
        self._text: list[str] = []
        self._taking = False
        self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match self._names.get(name):
            case "c":
                self._start_cell(attributes)
            case "v":
                self._taking = True
            case "t":
                self._taking = not self._phonetic
            case "row":
                row = int(attributes.get("r", self._row + 1))
                if not self._row < row <= MAX_ROWS:
                    raise ValueError(f"row {row} comes after row {self._row}")
                self._row, self._cells, self._column = row, [], 0
            case "rPh":
                self._phonetic = True

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        self._column = column_index_from_string(place.rstrip("0123456789")) if place else self._column + 1
        if self._column > MAX_COLUMNS:
            raise ValueError(f"row {self._row} has a cell in column {self._column}")
        self._type = attributes.get("t", "n")
        self._style = int(attributes.get("s", 0))
        self._text = []

    def characters(self, data: str) -> None:
        if self._taking:
            self._text.append(data)

    def end(self, name: str) -> None:
        match self._names.get(name):
            case "v" | "t":
                self._taking = False
            case "c":
                if self._text:
                    self._end_cell("".join(self._text))
            case "row":
                self.done.append((self._row, self._cells))
            case "rPh":
                self._phonetic = False

    def _end_cell(self, written: str) -> None:
        match self._type:
            case "s":
                text = self._strings[int(written)]
            case "n":
                number = self._texts[self._style] if self._style < len(self._texts) else number_text
                text = number(written)
            case "b":
                text = "TRUE" if written.strip() == "1" else "FALSE"
            case _:
                text = unescape(written)
        missing = self._column - 1 - len(self._cells)
        if missing > 0:
            self._cells.extend([""] * missing)
        if missing < 0:
            self._cells[self._column - 1] = text
        else:
            self._cells.append(text)


def sheet_rows(
    source: IO[bytes], strings: Sequence[str], texts: Sequence[NumberText]
) -> Iterator[tuple[int, list[str]]]:
    """(row number, texts of its cells up to the last one that is not empty) of each row in the part."""
    sheet = _Sheet(strings, texts)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = sheet.start
    parser.EndElementHandler = sheet.end
    parser.CharacterDataHandler = sheet.characters
    for _ in feed(parser, source):
        yield from sheet.done
        sheet.done.clear()

"""XLSX files: what they are, and their rows."""

import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from coding_app.datafiles.messages import Message
from coding_app.datafiles.model import (
    NUL_CHARACTER,
    PREVIEW_ROWS,
    BadRow,
    FileError,
    FileFormat,
    Row,
    check_header,
    fields_reason,
    without_nul,
)
from coding_app.datafiles.raw_text import show_raw
from coding_app.datafiles.xlsx_package import DAMAGE, Package, Sheet, damaged, open_archive, open_package
from coding_app.datafiles.xlsx_sheet import number_texts, sheet_rows
from coding_app.datafiles.xlsx_strings import SharedStrings, read_shared_strings

_HEAD_OF_SHEET = 1 << 16
MAX_SHEET_NAME = 100
"""Characters of a sheet's name; Excel itself allows 31."""
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s+ref="[A-Z]+[0-9]+:[A-Z]+([0-9]+)"')


def sniff_xlsx(path: Path, name: str, *, sheet: str | None = None) -> FileFormat:
    """The sheets of a workbook, and header and first rows of one of them (the first, if none is named).

    FileError: no such sheet, a sheet without rows, a damaged workbook, one that unpacks to too much.
    """
    with open_archive(path, name) as archive:
        try:
            package = open_package(archive)
        except DAMAGE as error:
            raise damaged(name, error) from error
    chosen = _choose(package, sheet, name)
    if len(chosen.name) > MAX_SHEET_NAME:
        raise FileError(
            "%(name)s: the name of the sheet has %(length)s characters, %(most)s are the most. "
            "Give it a shorter name.",
            name=name,
            length=f"{len(chosen.name):,}",
            most=MAX_SHEET_NAME,
        )
    sheets = tuple(each.name for each in package.sheets)
    warnings: list[str] = []
    if len(sheets) > 1 and sheet is None:
        others = ", ".join(repr(each) for each in sheets if each != chosen.name)
        warnings.append(
            Message(
                "The workbook has %(n)s sheets; %(sheet)r was read. Others: %(others)s.",
                n=len(sheets),
                sheet=chosen.name,
                others=others,
            )
        )
    rows = _rows(path, chosen.name, name)
    first = next(rows, None)
    if first is None:
        other, fill = Message("Choose another sheet."), Message("Put a header row and data rows on it.")
        raise FileError(
            "%(name)s: the sheet %(sheet)r is empty. %(advice)s",
            name=name,
            sheet=chosen.name,
            advice=other if len(sheets) > 1 else fill,
        )
    header, nul_warnings = without_nul(tuple(first[1]))
    warnings.extend(nul_warnings)
    warnings.extend(check_header(header))
    good = (row.values for row in (_row(*each, len(header)) for each in rows) if isinstance(row, Row))
    preview = tuple(islice(good, PREVIEW_ROWS))
    rows.close()
    return FileFormat("xlsx", "", "", chosen.name, header, preview, tuple(warnings), sheets)


def _choose(package: Package, sheet: str | None, name: str) -> Sheet:
    if not package.sheets:
        raise FileError(
            "%(name)s has no sheet with cells. Save the data as XLSX or CSV and send that.", name=name
        )
    if sheet is None:
        return next((each for each in package.sheets if not each.hidden), package.sheets[0])
    for each in package.sheets:
        if each.name == sheet:
            return each
    known = ", ".join(repr(each.name) for each in package.sheets)
    raise FileError(
        "%(name)s has no sheet %(sheet)r. Choose one of %(known)s.", name=name, sheet=sheet, known=known
    )


def declared_rows(path: Path, sheet: str) -> int | None:
    """The last row of a sheet as the file declares it; None when it does not, or declares a single cell, as
    programs do that do not know it. FileError when the workbook is damaged."""
    with open_archive(path, path.name) as archive:
        try:
            part = _choose(open_package(archive), sheet, path.name).part
            with archive.open(part) as source:
                found = _DIMENSION.search(source.read(_HEAD_OF_SHEET))
        except DAMAGE as error:
            raise damaged(path.name, error) from error
    return int(found.group(1)) if found else None


def read_xlsx(path: Path, file_format: FileFormat, *, start: int = 0) -> Iterator[Row | BadRow]:
    """Rows below the header, without the first `start`. A row shorter than the header is filled with empty
    cells, wholly empty rows are passed over."""
    width = len(file_format.header)
    for line, cells in islice(_rows(path, file_format.sheet, path.name), 1 + start, None):
        yield _row(line, cells, width)


def _row(line: int, cells: list[str], width: int) -> Row | BadRow:
    if len(cells) > width:
        return BadRow(line, fields_reason(len(cells), width), _raw(cells))
    if any("\0" in cell for cell in cells):
        return BadRow(line, NUL_CHARACTER, _raw(cells))
    return Row(line, (*cells, *[""] * (width - len(cells))))


def _raw(cells: list[str]) -> str:
    return show_raw("\t".join(cells))


def _rows(path: Path, sheet: str, name: str) -> Generator[tuple[int, list[str]], None, None]:
    """(row number, cells without the empty ones at its end) of each row with something in it."""
    line = 0
    with ExitStack() as stack:
        archive = stack.enter_context(open_archive(path, name))
        try:
            package = open_package(archive)
            strings = stack.enter_context(SharedStrings())
            if package.strings:
                with archive.open(package.strings) as source:
                    read_shared_strings(source, strings)
            texts = number_texts(package.formats, dates_from_1904=package.dates_from_1904)
            part = _choose(package, sheet, name).part
            with archive.open(part) as source:
                for line, cells in sheet_rows(source, strings, texts):
                    while cells and not cells[-1]:
                        cells.pop()
                    if cells:
                        yield line, cells
        except DAMAGE as error:
            where = Message(" after row %(row)s of the sheet %(sheet)r", row=line, sheet=sheet)
            raise damaged(name, error, where if line else None) from error

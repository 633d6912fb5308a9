"""The parts of an XLSX file: its sheets, number formats and where the cells and strings are.

openpyxl reads all shared strings into memory, and even in its read-only mode keeps something of every row;
a file must not cost memory by its length, so the large parts are parsed here as a stream
(`xlsx_sheet`, `xlsx_strings`), and openpyxl serves for what it knows about number formats and dates.
"""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from coding_app.datafiles.messages import Message
from coding_app.datafiles.model import FileError

MAX_UNPACKED = 4 << 30
"""Bytes a workbook may declare to unpack to; more is refused before anything is unpacked."""
MAX_RATIO = 500
"""Times a part above `RATIO_FROM` bytes may grow when unpacked; real sheets stay below 100."""
RATIO_FROM = 64 << 20
MAX_SMALL_PART = 32 << 20
"""Bytes of a part that is read whole (list of sheets, styles)."""
_CHUNK = 1 << 16

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ParseError,
    EOFError,
    LookupError,
    ValueError,
    NotImplementedError,
    OSError,
)
"""What is raised on the way through a damaged workbook."""


@dataclass(frozen=True)
class Sheet:
    """name: as on its tab. part: path in the archive. hidden: not shown to a person."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True)
class Package:
    """sheets: worksheets in the order of their tabs. formats: number format code of each cell style.
    dates_from_1904: the epoch of dates. strings: part of the shared strings, '' for none."""

    sheets: tuple[Sheet, ...]
    formats: tuple[str | int, ...]
    dates_from_1904: bool
    strings: str


def check_size(archive: zipfile.ZipFile, name: str) -> None:
    """FileError for a 'bomb': a small file that declares to unpack to a huge one."""
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    ratio = any(
        member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * max(member.compress_size, 1)
        for member in members
    )
    if total > MAX_UNPACKED or ratio:
        raise FileError(
            "%(name)s would unpack to %(size)s GiB, which is more than a workbook needs. "
            "Save the data as CSV or Parquet and send that.",
            name=name,
            size=f"{total / (1 << 30):.1f}",
        )


def open_package(archive: zipfile.ZipFile) -> Package:
    """The workbook's list of sheets and formats. Raises one of `DAMAGE` when the package is not whole."""
    main = next(
        (target for kind, target in _relations(archive, "").values() if kind == "officeDocument"),
        "xl/workbook.xml",
    )
    workbook = _small_part(archive, main)
    relations = _relations(archive, main)
    sheets = []
    for element in _all(workbook, "sheet"):
        relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
        kind, part = relations.get(relation, ("", ""))
        if kind == "worksheet" and part in archive.NameToInfo:
            hidden = element.get("state", "visible") != "visible"
            sheets.append(Sheet(element.get("name", ""), part, hidden))
    parts = dict(relations.values())
    properties = next(_all(workbook, "workbookPr"), None)
    return Package(
        sheets=tuple(sheets),
        formats=_formats(archive, parts.get("styles", "")),
        dates_from_1904=properties is not None and properties.get("date1904") in ("1", "true"),
        strings=parts["sharedStrings"] if parts.get("sharedStrings") in archive.NameToInfo else "",
    )


def feed(parser: expat.XMLParserType, source: IO[bytes]) -> Iterator[None]:
    """Parses a part in chunks and comes back after each. ValueError for a document type declaration, which
    no workbook has and entity attacks need."""
    parser.StartDoctypeDeclHandler = _refuse_doctype
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_: object) -> None:
    raise ValueError("it has a document type declaration")


def _small_part(archive: zipfile.ZipFile, part: str) -> Element:
    if archive.getinfo(part).file_size > MAX_SMALL_PART:
        raise ValueError(f"its part {part} is too large")
    data = archive.read(part)
    if b"<!DOCTYPE" in data:
        _refuse_doctype()
    return fromstring(data)


def _all(root: Element, local_name: str) -> Iterator[Element]:
    """Elements by local name: the 'strict' and the usual kind of workbook differ in the namespace only."""
    return (element for element in root.iter() if element.tag.rpartition("}")[2] == local_name)


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Relation id -> (last word of its type, part it leads to) for a part, or for the package ('')."""
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if path not in archive.NameToInfo:
        return {}
    found = {}
    for relation in _all(_small_part(archive, path), "Relationship"):
        target = relation.get("Target", "")
        whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        kind = relation.get("Type", "").rpartition("/")[2]
        found[relation.get("Id", "")] = (kind, posixpath.normpath(whole))
    return found


def _formats(archive: zipfile.ZipFile, part: str) -> tuple[str | int, ...]:
    """For each cell style its own format code, or the number of a built-in one."""
    if part not in archive.NameToInfo:
        return ()
    root = _small_part(archive, part)
    own = {int(e.get("numFmtId", "0")): e.get("formatCode", "") for e in _all(root, "numFmt")}
    styles = next(_all(root, "cellXfs"), None)
    if styles is None:
        return ()
    numbers = [int(style.get("numFmtId", "0")) for style in styles]
    return tuple(own.get(number, number) for number in numbers)


def open_archive(path: Path, name: str) -> zipfile.ZipFile:
    """The archive, its declared size checked. FileError when it cannot be opened."""
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGE as error:
        raise damaged(name, error) from error
    try:
        check_size(archive, name)
    except FileError:
        archive.close()
        raise
    return archive


def damaged(name: str, error: Exception, where: Message | None = None) -> FileError:
    """The error for a workbook that cannot be read on."""
    reason = str(error) or type(error).__name__
    return FileError(
        "%(name)s is damaged%(where)s: %(reason)s. Open it in a spreadsheet program, save it anew as XLSX or "
        "CSV, and send that.",
        name=name,
        where=where or "",
        reason=reason,
    )

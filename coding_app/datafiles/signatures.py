"""What a file is by its contents, whatever its name says."""

import re
import zipfile
from pathlib import Path

from coding_app.datafiles.encodings import wide_without_mark
from coding_app.datafiles.messages import Message
from coding_app.datafiles.model import FileError

HEAD = 65_536
"""Bytes at the start of a file that are looked at."""

_MAGIC: tuple[tuple[bytes, Message], ...] = (
    (b"\x89PNG\r\n\x1a\n", Message("a PNG picture")),
    (b"\xff\xd8\xff", Message("a JPEG picture")),
    (b"GIF87a", Message("a GIF picture")),
    (b"GIF89a", Message("a GIF picture")),
    (b"%PDF-", Message("a PDF document")),
    (b"{\\rtf", Message("an RTF document")),
    (b"\x1f\x8b", Message("a gzip archive")),
    (b"BZh", Message("a bzip2 archive")),
    (b"\xfd7zXZ\x00", Message("an xz archive")),
    (b"(\xb5/\xfd", Message("a Zstandard archive")),
    (b"7z\xbc\xaf'\x1c", Message("a 7-Zip archive")),
    (b"Rar!\x1a\x07", Message("a RAR archive")),
    (b"SQLite format 3\x00", Message("an SQLite database")),
    (b"ARROW1", Message("an Arrow (Feather) file")),
    (b"$FL2", Message("an SPSS file")),
    (b"$FL3", Message("an SPSS file")),
    (b"<stata_dta>", Message("a Stata file")),
    (b"\x7fELF", Message("a program")),
    (b"MZ\x90\x00", Message("a program")),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_MARKUP = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|meta|body|table|style)\b", re.IGNORECASE
)
_XML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<\?xml\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(\{\s*\"|\[\s*[\[{])")
_CONTROLS = bytes(set(range(32)) - set(b"\0\t\n\x0b\x0c\r\x1a\x1b"))

_SAVE_AS = Message("Save the data as CSV (UTF-8), XLSX or Parquet and send that.")
_AS_XLSX = Message("Save it as XLSX or CSV and send that.")
_NAMES_OF_KINDS = {
    "csv": ("", ".csv", ".txt", ".tsv", ".tab"),
    "xlsx": (".xlsx", ".xlsm"),
    "parquet": (".parquet", ".pq"),
}
_KIND_WORDS = {
    "csv": Message("plain text (CSV)"),
    "xlsx": Message("an XLSX workbook"),
    "parquet": Message("a Parquet file"),
}


def kind_of(path: Path, name: str) -> tuple[str, tuple[str, ...]]:
    """('csv' | 'xlsx' | 'parquet', warnings) of a file by its contents.

    name: the file's name as its sender knows it, used in messages and to see whether it fits.
    FileError when the file is empty, is something else, or is plain text under a name that promises a
    workbook or a Parquet file. A workbook or Parquet file under a wrong name is clear by itself and
    only warned about.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise FileError(
            "%(name)s is empty (0 bytes). Send a file with a header row and data rows.", name=name
        )
    kind = _kind_by_contents(path, head, name)
    suffix = Path(name).suffix.lower()
    promised = next((kind for kind, suffixes in _NAMES_OF_KINDS.items() if suffix in suffixes), None)
    if suffix in (".xls", ".xlsb", ".ods"):
        promised = "old or foreign workbook"
    if kind == "csv" and promised not in ("csv", None):
        raise FileError(
            "%(name)s is not what its name says: it looks like %(what)s. "
            "If it is, rename it to end in .csv and send it again; otherwise save it anew from the "
            "program it came from.",
            name=name,
            what=_KIND_WORDS[kind],
        )
    if promised not in (kind, None) and suffix:
        read_as = Message(
            "%(name)s is %(what)s by its contents and was read as such.", name=name, what=_KIND_WORDS[kind]
        )
        return kind, (read_as,)
    return kind, ()


def _kind_by_contents(path: Path, head: bytes, name: str) -> str:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path, name)
    if head.startswith(_OLE):
        raise _not_readable(name, *_describe_ole(path))
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise _not_readable(name, what, _SAVE_AS)
    if _MARKUP.match(head):
        raise _not_readable(
            name,
            Message("a web page (HTML), as some programs write under the name of a spreadsheet"),
            Message("Open it in a spreadsheet program, save it as XLSX or CSV and send that."),
        )
    if _XML.match(head):
        raise _not_readable(name, Message("an XML file"), _SAVE_AS)
    if _JSON.match(head):
        raise _not_readable(name, Message("a JSON file"), _SAVE_AS)
    if not (head.startswith(_UNICODE_MARKS) or wide_without_mark(head)) and _is_binary(head):
        raise _not_readable(name, Message("a binary file of an unknown kind"), _SAVE_AS)
    return "csv"


def _not_readable(name: str, what: Message, advice: Message) -> FileError:
    return FileError(
        "%(name)s cannot be read as data: it looks like %(what)s. %(advice)s",
        name=name,
        what=what,
        advice=advice,
    )


def _kind_of_zip(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
            encrypted = any(info.flag_bits & 1 for info in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise FileError(
            "%(name)s is damaged: it begins like a workbook (XLSX) but cannot be opened (%(reason)s). "
            "Perhaps it was cut off on its way; save it anew and send it again.",
            name=name,
            reason=error,
        ) from error
    if encrypted:
        advice = Message("Take the password off and send it again.")
        raise _not_readable(name, Message("an archive with a password"), advice)
    if "xl/workbook.bin" in members:
        raise _not_readable(name, Message("a binary workbook (.xlsb)"), _AS_XLSX)
    if any(member.startswith("xl/workbook") for member in members):
        return "xlsx"
    if any(member.startswith("word/") for member in members):
        raise _not_readable(name, Message("a Word document"), _SAVE_AS)
    if "mimetype" in members and "content.xml" in members:
        raise _not_readable(name, Message("an OpenDocument file"), _AS_XLSX)
    advice = Message("Unpack it and send the data file in it.")
    raise _not_readable(name, Message("a ZIP archive"), advice)


def _describe_ole(path: Path) -> tuple[Message, Message]:
    """An OLE container holds an old workbook, or a new one that is encrypted, or something else."""
    encrypted, workbook = (text.encode("utf-16-le") for text in ("EncryptedPackage", "Workbook"))
    seen = b""
    found = set()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            seen = seen[-64:] + chunk
            found |= {mark for mark in (encrypted, workbook) if mark in seen}
    if encrypted in found:
        return (
            Message("a workbook with a password (encrypted)"),
            Message("Take the password off in the program and send it again."),
        )
    if workbook in found:
        advice = Message("Open it, save it as XLSX or CSV and send that.")
        return Message("an old Excel workbook (.xls)"), advice
    return Message("an old Office document"), _SAVE_AS


def _is_binary(head: bytes) -> bool:
    """Control characters do not occur in text; a few NUL bytes are an accident that costs their rows only."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > 0.05 * len(head) or head.count(0) > 0.3 * len(head)

"""What a file is by its contents, whatever its name says."""

import re
import zipfile
from pathlib import Path

from coding_app.datafiles.encodings import wide_without_mark
from coding_app.datafiles.model import FileError

HEAD = 65_536
"""Bytes at the start of a file that are looked at."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"(\xb5/\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf'\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ARROW1", "an Arrow (Feather) file"),
    (b"$FL2", "an SPSS file"),
    (b"$FL3", "an SPSS file"),
    (b"<stata_dta>", "a Stata file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_MARKUP = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|meta|body|table|style)\b", re.IGNORECASE
)
_XML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<\?xml\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(\{\s*\"|\[\s*[\[{])")
_CONTROLS = bytes(set(range(32)) - set(b"\0\t\n\x0b\x0c\r\x1a\x1b"))

_SAVE_AS = "Save the data as CSV (UTF-8), XLSX or Parquet and send that."
_NAMES_OF_KINDS = {
    "csv": ("", ".csv", ".txt", ".tsv", ".tab"),
    "xlsx": (".xlsx", ".xlsm"),
    "parquet": (".parquet", ".pq"),
}
_KIND_WORDS = {"csv": "plain text (CSV)", "xlsx": "an XLSX workbook", "parquet": "a Parquet file"}


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
        raise FileError(f"{name} is empty (0 bytes). Send a file with a header row and data rows.")
    kind = _kind_by_contents(path, head, name)
    suffix = Path(name).suffix.lower()
    promised = next((kind for kind, suffixes in _NAMES_OF_KINDS.items() if suffix in suffixes), None)
    if suffix in (".xls", ".xlsb", ".ods"):
        promised = "old or foreign workbook"
    if kind == "csv" and promised not in ("csv", None):
        raise FileError(
            f"{name} is not what its name says: it looks like {_KIND_WORDS[kind]}. "
            "If it is, rename it to end in .csv and send it again; otherwise save it anew from the "
            "program it came from."
        )
    if promised not in (kind, None) and suffix:
        return kind, (f"{name} is {_KIND_WORDS[kind]} by its contents and was read as such.",)
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
            "a web page (HTML), as some programs write under the name of a spreadsheet",
            "Open it in a spreadsheet program, save it as XLSX or CSV and send that.",
        )
    if _XML.match(head):
        raise _not_readable(name, "an XML file", _SAVE_AS)
    if _JSON.match(head):
        raise _not_readable(name, "a JSON file", _SAVE_AS)
    if not (head.startswith(_UNICODE_MARKS) or wide_without_mark(head)) and _is_binary(head):
        raise _not_readable(name, "a binary file of an unknown kind", _SAVE_AS)
    return "csv"


def _not_readable(name: str, what: str, advice: str) -> FileError:
    return FileError(f"{name} cannot be read as data: it looks like {what}. {advice}")


def _kind_of_zip(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
            encrypted = any(info.flag_bits & 1 for info in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise FileError(
            f"{name} is damaged: it begins like a workbook (XLSX) but cannot be opened ({error}). "
            "Perhaps it was cut off on its way; save it anew and send it again."
        ) from error
    if encrypted:
        raise _not_readable(name, "an archive with a password", "Take the password off and send it again.")
    if "xl/workbook.bin" in members:
        raise _not_readable(name, "a binary workbook (.xlsb)", "Save it as XLSX or CSV and send that.")
    if any(member.startswith("xl/workbook") for member in members):
        return "xlsx"
    if any(member.startswith("word/") for member in members):
        raise _not_readable(name, "a Word document", _SAVE_AS)
    if "mimetype" in members and "content.xml" in members:
        raise _not_readable(name, "an OpenDocument file", "Save it as XLSX or CSV and send that.")
    raise _not_readable(name, "a ZIP archive", "Unpack it and send the data file in it.")


def _describe_ole(path: Path) -> tuple[str, str]:
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
            "a workbook with a password (encrypted)",
            "Take the password off in the program and send it again.",
        )
    if workbook in found:
        return "an old Excel workbook (.xls)", "Open it, save it as XLSX or CSV and send that."
    return "an old Office document", _SAVE_AS


def _is_binary(head: bytes) -> bool:
    """Control characters do not occur in text; a few NUL bytes are an accident that costs their rows only."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > 0.05 * len(head) or head.count(0) > 0.3 * len(head)

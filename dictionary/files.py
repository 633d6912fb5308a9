"""The files that make a dictionary: their names, their bytes, and the fingerprint of their content."""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dictionary.faults import DictionaryError, Fault

ENTRIES: Final = "entries.csv"
SPELLING: Final = "spelling.csv"
UNKNOWN: Final = "unknown.csv"
SETTINGS: Final = "dictionary.toml"
SPECIAL: Final = "special"

_TOP_LEVEL: Final = (ENTRIES, SPELLING, UNKNOWN, SETTINGS)


def canonical_name(name: str) -> str | None:
    """`name` relative to the dictionary folder, with `/` and composed letters; None for other files."""
    parts = [part for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/") if part != "."]
    if len(parts) == 1 and parts[0] in _TOP_LEVEL:
        return parts[0]
    if len(parts) == 2 and parts[0] == SPECIAL and is_special_file(parts[1]):
        return "/".join(parts)
    return None


def is_special_file(file_name: str) -> bool:
    return file_name.lower().endswith(".csv") and not file_name.startswith(".")


def special_files(texts: Mapping[str, str]) -> list[str]:
    """The special tables of `texts`, in file-name order: the order in which they are tried."""
    return sorted(name for name in texts if name.startswith(f"{SPECIAL}/"))


def table_name(file: str) -> str:
    """`special/10_homemaker.csv` -> `homemaker`: the file name without its number and ending."""
    stem = file.rpartition("/")[2][: -len(".csv")]
    return re.sub(r"^[0-9]+[\s_.-]*", "", stem).strip()


def read_texts(folder: str | Path, faults: list[Fault]) -> dict[str, str]:
    """The text of every file of the dictionary in `folder`; what cannot be read goes to `faults`.

    A line that is not UTF-8 is left out as an empty one, so that the others keep their numbers.
    """
    root = Path(folder)
    if not root.is_dir():
        reason = "is not there" if not root.exists() else "is not a folder"
        faults.append(Fault(str(folder), None, f"{reason}; give the folder that holds {ENTRIES}"))
        return {}
    texts: dict[str, str] = {}
    candidates = [root / name for name in _TOP_LEVEL]
    if (root / SPECIAL).is_dir():
        candidates += sorted((root / SPECIAL).iterdir())
    for path in candidates:
        name = canonical_name(path.relative_to(root).as_posix())
        if name is None or not path.is_file():
            continue
        try:
            content = path.read_bytes()
        except OSError as error:
            faults.append(Fault(name, None, f"cannot be read: {error.strerror}"))
            texts[name] = ""
            continue
        texts[name] = _decode(name, content, faults)
    return texts


def other_tables(folder: str | Path) -> list[str]:
    """Names of CSV files in `folder` that are no part of a dictionary: one of them may be misnamed."""
    root = Path(folder)
    names = [
        path.relative_to(root).as_posix() for path in [*root.glob("*.csv"), *root.glob(f"{SPECIAL}/*.csv")]
    ]
    return sorted(name for name in names if canonical_name(name) is None)


def read_folder(folder: str | Path) -> dict[str, str]:
    """The texts of the files that make the dictionary in `folder`, by relative name.

    Nothing is judged but the encoding: raises DictionaryError when the folder is not there or a file is
    not UTF-8. `Dictionary.from_texts` takes what this returns.
    """
    faults: list[Fault] = []
    texts = read_texts(folder, faults)
    if faults:
        raise DictionaryError(faults)
    return texts


def _decode(name: str, content: bytes, faults: list[Fault]) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        faults.append(Fault(name, 1, "is UTF-16, not UTF-8; save the file as UTF-8"))
        return ""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        lines = content.splitlines(keepends=True)
    texts: list[str] = []
    bad: list[tuple[int, UnicodeDecodeError]] = []
    for number, line in enumerate(lines, start=1):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            bad.append((number, error))
            texts.append("\n")
    number, first = bad[0]
    others = f", nor are {len(bad) - 1} other lines" if len(bad) > 1 else ""
    byte = first.object[first.start]
    reason = f"is not UTF-8 (byte 0x{byte:02X} at {first.start + 1}){others}; save the file as UTF-8"
    faults.append(Fault(name, number, reason))
    return "" if number == 1 else "".join(texts)


def fingerprint(texts: Mapping[str, str]) -> str:
    """SHA-256 (hex) of the names and texts; line ends and a byte order mark make no difference."""
    digest = hashlib.sha256()
    for name in sorted(texts):
        text = texts[name].removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        for part in (name, text):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
    return digest.hexdigest()

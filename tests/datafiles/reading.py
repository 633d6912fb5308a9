"""What the tests of data files share."""

from __future__ import annotations

from pathlib import Path

from coding_app.datafiles import BadRow, FileFormat, Row, read_rows, sniff


def read(path: Path, name: str | None = None) -> list[Row | BadRow]:
    """All rows of a file, in the format it is found to have."""
    return list(read_rows(path, sniff(path, name=name)))


def values(path: Path) -> list[tuple[str, ...]]:
    """The values of all rows of a file in which no row is bad."""
    rows = read(path)
    bad = [row for row in rows if isinstance(row, BadRow)]
    assert not bad, bad
    return [row.values for row in rows if isinstance(row, Row)]


def write(folder: Path, content: bytes | str, name: str = "data.csv") -> Path:
    """A file with this content; text is written in UTF-8."""
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def sniffed(folder: Path, content: bytes | str, name: str = "data.csv") -> FileFormat:
    """What a file with this content and name is found to be."""
    return sniff(write(folder, content, name))

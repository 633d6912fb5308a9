"""How long a file is, before it is read: the far end of a progress bar."""

from pathlib import Path

from coding_app.datafiles.model import FileFormat

BLOCK = 1 << 20


def count_lines(path: Path, found: FileFormat) -> int | None:
    """Lines of a CSV file, rows of a sheet or of a Parquet file: no `Row.line` is greater.

    A sheet is taken at its word; None when it does not say (a sheet without declared dimensions).
    """
    if found.kind == "xlsx":
        from coding_app.datafiles.xlsx_file import declared_rows

        return declared_rows(path, found.sheet)
    if found.kind == "parquet":
        import pyarrow.parquet as pq

        return int(pq.ParquetFile(path).metadata.num_rows) + 1
    return _physical_lines(path)


def _physical_lines(path: Path) -> int:
    """Line ends of every kind (CRLF is one), and one for a last line that has none."""
    lines, before = 1, b""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            lines += block.count(b"\n") + block.count(b"\r") - (before[-1:] + block).count(b"\r\n")
            before = block
    return lines - before.endswith((b"\n", b"\r"))

"""Reading any data file: find out what it is, then give its rows one by one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from coding_app.datafiles.model import BadRow, FileError, FileFormat, Row
from coding_app.datafiles.signatures import kind_of


def sniff(
    path: str | Path,
    *,
    name: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> FileFormat:
    """What the file is, by its contents, with its header and first rows.

    name: the file's name as its sender knows it (default: the last part of `path`); used in messages, and
    what the file holds must not contradict it in a way that leaves doubt.
    encoding, delimiter, sheet: what a person has chosen instead of what is detected.
    FileError: empty, not what its name says, no header, unsupported, encrypted, damaged, too many columns.
    """
    path = Path(path)
    name = path.name if name is None else name
    kind, warnings = kind_of(path, name)
    if kind == "csv":
        from coding_app.datafiles.csv_file import sniff_csv

        found = sniff_csv(path, name, encoding=encoding, delimiter=delimiter)
    elif kind == "xlsx":
        from coding_app.datafiles.xlsx_file import sniff_xlsx

        found = sniff_xlsx(path, name, sheet=sheet)
    else:
        from coding_app.datafiles.parquet_file import sniff_parquet

        found = sniff_parquet(path, name)
    return replace(found, warnings=warnings + found.warnings)


def read_rows(path: str | Path, format: FileFormat, *, start: int = 0) -> Iterator[Row | BadRow]:
    """Rows of a file as `sniff` described it, in order, in memory that does not grow with the file.

    start: number of data rows, good or bad, to pass over: reading again with the number of rows already
    taken gives the rest, the same as before.
    FileError when the file turns out to be damaged on the way.
    """
    path = Path(path)
    if start < 0:
        raise ValueError(f"start is a number of rows, not {start}")
    if format.kind == "csv":
        from coding_app.datafiles.csv_file import read_csv

        return read_csv(path, format, start=start)
    if format.kind == "xlsx":
        from coding_app.datafiles.xlsx_file import read_xlsx

        return read_xlsx(path, format, start=start)
    if format.kind == "parquet":
        from coding_app.datafiles.parquet_file import read_parquet

        return read_parquet(path, format, start=start)
    raise FileError("There is no file kind %(kind)r. Use csv, xlsx or parquet.", kind=format.kind)

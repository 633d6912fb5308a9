"""Writing a data file whole or not at all."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from coding_app.datafiles.atomic import sha256_of, written_whole
from coding_app.datafiles.model import FileError, WriteReport

KINDS = ("csv", "xlsx", "parquet")


def write_rows(
    path: str | Path,
    kind: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str | None]],
    *,
    bom: bool = True,
) -> WriteReport:
    """Writes a header and rows of text as 'csv', 'xlsx' or 'parquet', streaming in bounded memory.

    None is an empty cell (CSV, XLSX) or null (Parquet). Values stay exactly as they are, but for the formula
    guard of CSV, which `unguard` undoes. Column names stay as they are, but for Parquet, where names
    that repeat or are empty are changed (see `parquet_file.unique_names`).
    bom: a byte order mark at the start of CSV, so that spreadsheets show Korean.
    The file is written beside `path` under another name, synced, and renamed when complete; on an error,
    `path` is untouched. Returns the number of rows and the SHA-256 of the file.
    FileError: a row of another length than the header, or something the kind of file cannot hold.
    """
    path = Path(path)
    if not header:
        raise FileError("There is no column to write. Give a header with at least one name.")
    if kind not in KINDS:
        raise FileError(f"There is no file kind {kind!r}. Use one of {', '.join(KINDS)}.")
    width = len(header)
    known = len(rows) if isinstance(rows, Sequence) else None
    checked = _of_width(rows, width)
    with written_whole(path) as part:
        if kind == "csv":
            from coding_app.datafiles.csv_file import write_csv

            count = write_csv(part, header, checked, bom=bom)
        elif kind == "xlsx":
            from coding_app.datafiles.xlsx_file import write_xlsx

            count = write_xlsx(part, header, checked, known=known)
        else:
            from coding_app.datafiles.parquet_file import write_parquet

            count = write_parquet(part, header, checked)
        digest = sha256_of(part)
    return WriteReport(count, digest)


def _of_width(rows: Iterable[Sequence[str | None]], width: int) -> Iterator[Sequence[str | None]]:
    for number, values in enumerate(rows, 1):
        if len(values) != width:
            raise FileError(
                f"Row {number} has {len(values)} values, the header has {width}. Nothing was written."
            )
        yield values

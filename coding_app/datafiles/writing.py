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
        raise FileError(
            "There is no file kind %(kind)r. Use one of %(known)s.", kind=kind, known=", ".join(KINDS)
        )
    known = len(rows) if isinstance(rows, Sequence) else None
    checked = _Checked(rows, len(header))
    with written_whole(path) as part:
        try:
            count = _write(part, kind, header, checked, bom=bom, known=known)
        except UnicodeEncodeError as error:  # half a surrogate pair; writers notice it some rows later
            raise FileError(
                "Row %(row)s or one shortly before it holds a character that no file can hold "
                "(%(character)s). Take it out. Nothing was written.",
                row=checked.taken,
                character=ascii(error.object[error.start]),
            ) from error
        digest = sha256_of(part)
    return WriteReport(count, digest)


def _write(
    path: Path,
    kind: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str | None]],
    *,
    bom: bool,
    known: int | None,
) -> int:
    if kind == "csv":
        from coding_app.datafiles.csv_file import write_csv

        return write_csv(path, header, rows, bom=bom)
    if kind == "xlsx":
        from coding_app.datafiles.xlsx_writer import write_xlsx

        return write_xlsx(path, header, rows, known=known)
    from coding_app.datafiles.parquet_file import write_parquet

    return write_parquet(path, header, rows)


class _Checked:
    """The rows, once each was seen to be as long as the header. taken: how many were given."""

    def __init__(self, rows: Iterable[Sequence[str | None]], width: int) -> None:
        self._rows = rows
        self._width = width
        self.taken = 0

    def __iter__(self) -> Iterator[Sequence[str | None]]:
        for values in self._rows:
            self.taken += 1
            if len(values) != self._width:
                raise FileError(
                    "Row %(row)s has %(found)s values, the header has %(wanted)s. Nothing was written.",
                    row=self.taken,
                    found=len(values),
                    wanted=self._width,
                )
            yield values

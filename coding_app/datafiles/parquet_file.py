"""Parquet files: what they are, their rows, and writing them."""

import datetime
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from coding_app.datafiles.model import (
    NUL_CHARACTER,
    PREVIEW_ROWS,
    BadRow,
    FileError,
    FileFormat,
    Row,
    check_header,
    without_nul,
)
from coding_app.datafiles.raw_text import show_raw

_READ_AT_ONCE = 2_000
"""Rows of a batch that is read."""
_CELLS_AT_ONCE = 120_000
_CHARACTERS_AT_ONCE = 8 << 20
"""Cells and characters after which a row group is written: what memory holds at most."""
_BUFFER = 1 << 16


def sniff_parquet(path: Path, name: str) -> FileFormat:
    """Header and first rows of a Parquet file. FileError when it is damaged, encrypted or has no columns."""
    header = tuple(_open(path, name).schema_arrow.names)
    if not header:
        raise FileError("%(name)s has no columns. Send a file with a header and data.", name=name)
    header, nul_warnings = without_nul(header)
    warnings = nul_warnings + check_header(header)
    unread = FileFormat("parquet", "", "", "", header, (), ())
    good = (row.values for row in read_parquet(path, unread) if isinstance(row, Row))
    return FileFormat("parquet", "", "", "", header, tuple(islice(good, PREVIEW_ROWS)), warnings)


def _open(path: Path, name: str) -> pq.ParquetFile:
    try:
        # Buffered, not read ahead: a column of a row group is not taken into memory as a whole.
        return pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> FileError:
    return FileError(
        "%(name)s is damaged or encrypted: %(reason)s. Save it anew as Parquet or CSV and send that.",
        name=name,
        reason=error,
    )


def read_parquet(path: Path, file_format: FileFormat, *, start: int = 0) -> Iterator[Row | BadRow]:
    """Rows as text, null as ''; `Row.line` is the row's number, from 1. Row groups that end before `start`
    are not read."""
    with _open(path, path.name) as file:
        groups = list(range(file.num_row_groups))
        line = 0
        while groups and line + file.metadata.row_group(groups[0]).num_rows <= start:
            line += file.metadata.row_group(groups.pop(0)).num_rows
        try:
            for batch in file.iter_batches(batch_size=_READ_AT_ONCE, row_groups=groups):
                behind = min(max(start - line, 0), batch.num_rows)
                line += behind
                for values in _texts(batch.slice(behind)):
                    line += 1
                    yield _row(line, values)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _damaged(path.name, error) from error


def _texts(batch: pa.RecordBatch) -> Iterator[tuple[str, ...]]:
    columns = []
    for column in batch.columns:
        values = column.to_pylist()
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            columns.append([value or "" for value in values])
        else:
            columns.append([_text(value) for value in values])
    return zip(*columns, strict=True)


def _row(line: int, values: tuple[str, ...]) -> Row | BadRow:
    if any("\0" in value for value in values):
        raw = show_raw("\t".join(values))
        return BadRow(line, NUL_CHARACTER, raw)
    return Row(line, values)


def _text(value: object) -> str:
    """A value as in the other kinds of file: no '.0', TRUE and FALSE, ISO dates; lists as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime.datetime():
            return value.isoformat(" ")
        case bytes():
            return show_raw(value.decode("utf-8", "surrogateescape"))
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, default=_text)
        case _:
            return str(value)


def unique_names(header: Sequence[str]) -> list[str]:
    """Names as Parquet needs them, each once: a name that comes again gets _2, _3, ... (passing over names
    that the header has itself), an empty one becomes column_N by its position."""
    wanted = [name or f"column_{number}" for number, name in enumerate(header, 1)]
    taken = set(wanted)
    seen: set[str] = set()
    names = []
    for name in wanted:
        unique, number = name, 1
        while unique in seen or (number > 1 and unique in taken):
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique)
        names.append(unique)
    return names


def write_parquet(path: Path, header: Sequence[str], rows: Iterable[Sequence[str | None]]) -> int:
    """Writes all columns as text exactly as given, None as null, names by `unique_names`; returns the number
    of rows. A row group holds at most about 120,000 cells or 8 million characters."""
    schema = pa.schema([(name, pa.string()) for name in unique_names(header)])
    most = max(1, _CELLS_AT_ONCE // len(header))
    count = 0
    pending: list[Sequence[str | None]] = []
    characters = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for values in rows:
            pending.append(values)
            characters += sum(map(len, filter(None, values)))
            count += 1
            if len(pending) >= most or characters >= _CHARACTERS_AT_ONCE:
                _write_group(writer, schema, pending)
                pending, characters = [], 0
        if pending:
            _write_group(writer, schema, pending)
    return count


def _write_group(writer: pq.ParquetWriter, schema: pa.Schema, rows: Sequence[Sequence[str | None]]) -> None:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    writer.write_table(pa.Table.from_arrays(columns, schema=schema))

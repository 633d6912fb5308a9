"""A look at a file of coded records, before anything is asked for: its columns and its first rows."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from django.utils.translation import gettext as _

from coding_app import datafiles
from coding_app.exceptions import InvalidInput
from coding_app.services import ingest

SHOWN = 3
MOST_CODES = 5000
"""Codes counted; a column with more holds no codes."""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """The ``header`` of a file, its first ``rows`` by column name, and ``sizes``: rows by code."""

    header: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    sizes: dict[str, int]


def look(*, name: str, chunks: Iterable[bytes], code_column: str = "") -> LabelFile:
    """What an uploaded file holds; nothing of it is kept. Codes are counted in ``code_column``, if any.

    Raises:
        InvalidInput: when it is empty or no data file.
    """
    suffix = PurePath(name).suffix[:10]
    with tempfile.NamedTemporaryFile(suffix=suffix) as kept:
        for chunk in chunks:
            kept.write(chunk)
        kept.flush()
        path = Path(kept.name)
        found = ingest.sniff(path, name=name)
        rows = tuple(dict(zip(found.header, row, strict=False)) for row in found.preview[:SHOWN])
        return LabelFile(found.header, rows, _sizes(path, found, code_column))


def require_columns(names: Iterable[str], *, header: Sequence[str]) -> None:
    """Refuse names that a file's header does not have.

    Raises:
        InvalidInput: naming the first that is missing, and those there are.
    """
    for name in names:
        if name not in header:
            raise InvalidInput(
                _("The file has no column %(name)r; its columns are: %(names)s.")
                % {"name": name, "names": ", ".join(header)}
            )


def _sizes(path: Path, found: datafiles.FileFormat, column: str) -> dict[str, int]:
    if column not in found.header:
        return {}
    place = found.header.index(column)
    counts: Counter[str] = Counter()
    for row in datafiles.read_rows(path, found):
        if isinstance(row, datafiles.Row) and (code := row.values[place].strip()):
            counts[code] += 1
            if len(counts) > MOST_CODES:
                return {}
    return dict(counts)

"""The records a model learns from or is judged by, of a study or of a file: columns and code of each."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from django.utils.translation import gettext as _

from coding_app import coders, datafiles
from coding_app.choices import LabelSource
from coding_app.exceptions import Faults, InvalidInput
from coding_app.models import Code, Study
from coding_app.selectors import labels as selected
from coding_app.selectors import models
from coding_app.services import ingest, storage

PHRASE_COLUMNS = ("phrase", "code")
_SHOWN = 20  # faults of a file that are listed one by one


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrives: what its sender calls it, and its bytes in pieces."""

    name: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Kept:
    """An upload on disk; ``header`` are its column names."""

    name: str
    stored_as: str
    header: tuple[str, ...]


@dataclass(slots=True)
class Labelled:
    """Rows with their codes, a place each.

    ``columns`` are all that the records have, ``rows`` have those asked for. ``lines`` say where a row stands
    in its file (of a study: its number among the labelled, from 1); ``records`` are the keys of the records,
    none of a file. ``left_out`` counts what could not be used, by reason.
    """

    source: str
    columns: frozenset[str]
    rows: list[coders.Row] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)


def keep(*, study: Study, upload: Upload, columns: Sequence[str]) -> Kept:
    """Keep an upload that has ``columns``, each once.

    Raises:
        InvalidInput: when it is no data file, or a column is missing or stands twice; it is not kept then.
    """
    name = PurePath(upload.name.replace("\\", "/")).name[-ingest.MAX_NAME :] or "file"
    stored_as, _size, _hash = storage.keep(
        study=study, chunks=upload.chunks, suffix=PurePath(name).suffix[:10]
    )
    try:
        header = ingest.sniff(storage.path_of(stored_as), name=name).header
        _require(name, header, columns)
    except BaseException:
        storage.remove(stored_as)
        raise
    return Kept(name, stored_as, header)


def _require(name: str, header: Sequence[str], columns: Sequence[str]) -> None:
    counted = Counter(header)
    for wanted in columns:
        if counted[wanted] != 1:
            several = _("%(file)s has the column %(name)r more than once; its columns are: %(names)s.")
            missing = _("%(file)s has no column %(name)r; its columns are: %(names)s.")
            problem = several if counted[wanted] else missing
            raise InvalidInput(problem % {"file": name, "name": wanted, "names": ", ".join(header)})


def of_study(study: Study, labels: LabelSource, *, columns: Collection[str]) -> Labelled:
    """The labelled records of a study, with those of their columns that are named."""
    counts = selected.counts(study, labels)
    found = Labelled(f"{study.name}, {labels.label}", frozenset(models.columns(study)))
    for place, record in enumerate(selected.labelled(study, labels).iterator(chunk_size=2000), 1):
        row = coders.text_row(record)
        found.rows.append(coders.Row((name, row[name]) for name in columns))
        found.codes.append(record.label)
        found.lines.append(place)
        found.records.append(record.pk)
    found.left_out = {"code not in the classification": counts.unknown, "data error": counts.data_errors}
    return found


def of_file(
    study: Study, *, name: str, stored_as: str, code_column: str, columns: Collection[str]
) -> Labelled:
    """The rows of a kept file that have a code, with those of their columns that are named.

    Raises:
        Faults: for codes that records of this study may not have, by line.
        InvalidInput: when the file is gone or cannot be read.
    """
    format = _sniffed(stored_as, name)
    found = Labelled(name, frozenset(format.header))
    unreadable = without = 0
    for row in _rows(stored_as, name, format):
        if row is None:
            unreadable += 1
            continue
        line, cells = row
        code = cells[code_column].strip()
        if not code:
            without += 1
            continue
        found.rows.append(coders.Row((column, cells[column]) for column in columns))
        found.codes.append(code)
        found.lines.append(line)
    _check_codes(study, found.codes, found.lines, name=name)
    found.left_out = {"row that cannot be read": unreadable, "no code": without}
    return found


def phrases_of(study: Study, *, name: str, stored_as: str) -> list[tuple[str, str]]:
    """The phrases of a kept file with their codes.

    Raises:
        Faults: for codes that records of this study may not have, by line.
        InvalidInput: when the file is gone or cannot be read.
    """
    read = [row for row in _rows(stored_as, name, _sniffed(stored_as, name)) if row is not None]
    kept = [(line, cells["phrase"], cells["code"].strip()) for line, cells in read]
    kept = [(line, phrase, code) for line, phrase, code in kept if phrase.strip() and code]
    _check_codes(study, [code for _, _, code in kept], [line for line, _, _ in kept], name=name)
    return [(phrase, code) for _, phrase, code in kept]


def _sniffed(stored_as: str, name: str) -> datafiles.FileFormat:
    try:
        return ingest.sniff(storage.path_of(stored_as), name=name)
    except FileNotFoundError as error:
        raise InvalidInput(
            _("%(file)s is no longer on this machine: upload it again.") % {"file": name}
        ) from error


def _rows(stored_as: str, name: str, format: datafiles.FileFormat) -> Iterator[tuple[int, coders.Row] | None]:
    """Line and cells of each row; ``None`` for one that cannot be read."""
    try:
        for row in datafiles.read_rows(storage.path_of(stored_as), format):
            if isinstance(row, datafiles.BadRow):
                yield None
            else:
                pairs = zip(reversed(format.header), reversed(row.values), strict=True)
                yield row.line, coders.Row(pairs)
    except datafiles.FileError as error:
        raise InvalidInput(f"{name}: {error}") from error


def _check_codes(study: Study, codes: Sequence[str], lines: Sequence[int], *, name: str) -> None:
    known = set(codable(study))
    first: dict[str, int] = {}
    for code, line in zip(codes, lines, strict=True):
        if code not in known:
            first.setdefault(code, line)
    if not first:
        return
    faults = [
        _("%(file)s, line %(line)s: %(code)s is no code that records of this study may have.")
        % {"file": name, "line": line, "code": code}
        for code, line in list(first.items())[:_SHOWN]
    ]
    raise Faults(
        _("%(file)s has %(count)s codes that are not in %(classification)s: correct them (codes are text).")
        % {"file": name, "count": len(first), "classification": study.classification},
        faults,
    )


def codable(study: Study) -> list[str]:
    """The codes that records of the study may have, in the order of the classification."""
    codes = Code.objects.filter(classification=study.classification_id, codable=True)
    return list(codes.order_by("position").values_list("code", flat=True))

"""Loading classifications from CSV files, whole or not at all."""

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import IntegrityError, transaction

from coding_app.exceptions import Faults, InvalidInput
from coding_app.models import Classification, Code, CodeLabel

LABEL_COLUMN = re.compile(r"(title|description|includes|excludes)(?:_([a-z]{2}(?:-[a-z]{2,4})?))?")


@dataclass(slots=True)
class _Row:
    """A line of the file, read and not yet checked against the others."""

    where: str
    code: str
    title: str
    parent: str
    level: int | None
    codable: bool
    labels: dict[str, dict[str, str]] = field(default_factory=dict)


@transaction.atomic
def load(*, name: str, edition: str, files: Sequence[Path], language: str = "en") -> Classification:
    """Load a classification from one CSV file or several that add up.

    Columns: ``code,title[,parent,level,codable,description,includes,excludes]``, and the texts again in other
    languages as ``title_ko``, ``description_ko`` and so on. ``level`` counts from 1 at the top; without it,
    it is one more than the parent's. Loading the same files again changes nothing.

    Raises:
        Faults: with every fault, by file and line, when there is one; nothing is loaded then.
        InvalidInput: when another content has this name and edition already.
    """
    name, edition = name.strip(), edition.strip()
    if not name:
        raise InvalidInput("A classification needs a name.")
    texts = {path: _text(path) for path in files}
    fingerprint = hashlib.sha256("\0".join(texts.values()).encode()).hexdigest()
    present = Classification.objects.filter(name=name, edition=edition).first()
    if present:
        if present.fingerprint == fingerprint:
            return present
        raise InvalidInput(f"{present} is loaded already with other content: choose another edition.")
    faults: list[str] = []
    rows = [row for path, text in texts.items() for row in _read(path.name, text, language, faults)]
    levels = _check(rows, faults)
    if faults:
        raise Faults(f"{name} was not loaded: {len(faults)} faults.", faults)
    if not rows:
        raise InvalidInput(f"{name} was not loaded: there are no codes in it.")
    try:
        with transaction.atomic():
            made = Classification.objects.create(
                name=name, edition=edition, language=language, fingerprint=fingerprint
            )
    except IntegrityError as error:
        raise InvalidInput(f"{name} ({edition}) was loaded by someone else at this moment.") from error
    _write(made, rows, levels)
    return made


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidInput(f"{path}: there is no such file.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: not UTF-8 at byte {error.start}. Save it as CSV UTF-8.") from error


def _read(file: str, text: str, language: str, faults: list[str]) -> list[_Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)
    header = reader.fieldnames or []
    missing = [column for column in ("code", "title") if column not in header]
    if missing:
        faults.append(f"{file}:1: no column {' and '.join(missing)}; the columns are {', '.join(header)}.")
        return []
    rows: list[_Row] = []
    try:
        rows.extend(_row(f"{file}:{reader.line_num}", cells, language, faults) for cells in reader)
    except csv.Error as error:
        faults.append(f"{file}:{reader.line_num}: {error}")
    return rows


def _row(where: str, cells: dict[str, str], language: str, faults: list[str]) -> _Row:
    text = {key: (value or "").strip() for key, value in cells.items() if key}
    if "" in cells:
        faults.append(f"{where}: more cells than the header has columns.")
    level_text = text.get("level", "")
    level = int(level_text) if level_text.isdecimal() and int(level_text) >= 1 else None
    if level_text and level is None:
        faults.append(f"{where}: level {level_text!r} is not a whole number from 1.")
    codable = text.get("codable", "")
    if codable not in {"", "0", "1"}:
        faults.append(f"{where}: codable {codable!r} is neither 0 nor 1.")
    row = _Row(where, text["code"], text["title"], text.get("parent", ""), level, codable != "0")
    for column, value in text.items():
        matched = LABEL_COLUMN.fullmatch(column)
        if matched and value:
            row.labels.setdefault(matched[2] or language, {})[matched[1]] = value
    if not row.code:
        faults.append(f"{where}: no code.")
    if not row.title:
        faults.append(f"{where}: code {row.code!r} has no title.")
    return row


def _check(rows: list[_Row], faults: list[str]) -> dict[str, int]:
    """The level of each code; faults of the whole are added to ``faults``."""
    by_code: dict[str, _Row] = {}
    for row in rows:
        if row.code in by_code:
            faults.append(f"{row.where}: code {row.code!r} stands at {by_code[row.code].where} already.")
        elif row.code:
            by_code[row.code] = row
    levels: dict[str, int] = {}
    for row in by_code.values():
        chain: list[_Row] = []
        here: _Row | None = row
        while here is not None and here.code not in levels:
            if here in chain:
                faults.append(f"{row.where}: the parents of {row.code!r} go round in a circle.")
                break
            chain.append(here)
            if here.parent and here.parent not in by_code:
                faults.append(f"{here.where}: parent {here.parent!r} of {here.code!r} is not in the file.")
                levels[here.code] = here.level or 1
            here = by_code.get(here.parent)
        for one in reversed(chain):
            if one.code not in levels:
                levels[one.code] = levels.get(one.parent, 0) + 1 if one.parent else one.level or 1
    for row in by_code.values():
        above = levels.get(row.parent) if row.parent else None
        if row.level is not None and above is not None and row.level != above + 1:
            faults.append(
                f"{row.where}: level {row.level} of {row.code!r} is not one below its parent's, {above}."
            )
    return levels


def _write(classification: Classification, rows: list[_Row], levels: dict[str, int]) -> None:
    codes: dict[str, Code] = {}
    for depth in range(1, max(levels.values()) + 1):
        made = [
            Code(
                classification=classification,
                parent=codes.get(row.parent),
                code=row.code,
                level=depth,
                codable=row.codable,
                position=position,
                title=row.title,
            )
            for position, row in enumerate(rows)
            if levels[row.code] == depth
        ]
        codes.update({code.code: code for code in Code.objects.bulk_create(made, batch_size=500)})
    CodeLabel.objects.bulk_create(
        [
            CodeLabel(code=codes[row.code], language=language, **texts)
            for row in rows
            for language, texts in row.labels.items()
        ],
        batch_size=500,
    )

"""A dictionary version as people wrote it.

Nothing is standardised, so that reading pages and searching load no language model into the web process: the
coder of a Korean dictionary takes seconds to make. The files were checked when the version was loaded.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from coding_app.models import DictionaryFile
from dictionary import files, splitters
from dictionary.faults import Fault
from dictionary.rows import read_rows
from dictionary.spelling import parse_spelling
from dictionary.standardise import Standardiser
from dictionary.tables import GENERAL


@dataclass(frozen=True, slots=True)
class Phrase:
    """One entry; ``table`` is ``general`` or the name of a special table."""

    table: str
    text: str
    code: str
    note: str


@lru_cache(maxsize=4)
def phrases(version_id: int) -> tuple[Phrase, ...]:
    """Every entry of a version; the tables in the order they are tried."""
    texts = dict(DictionaryFile.objects.filter(version_id=version_id).values_list("path", "text"))
    order = [(files.table_name(path), path) for path in files.special_files(texts)]
    order += [(GENERAL, files.ENTRIES)] if files.ENTRIES in texts else []
    return tuple(
        Phrase(table, row["phrase"], row["code"], row.get("note", ""))
        for table, path in order
        for row in _rows(path, texts[path], ("phrase", "code"), ("note",))
    )


def spelling_rules(version_id: int) -> list[tuple[str, str]]:
    """Variants and what they are read as; a blank standard drops the word."""
    rows = _rows(files.SPELLING, _text(version_id, files.SPELLING), ("variant", "standard"), ())
    return [(row["variant"], row["standard"]) for row in rows]


def unknown_phrases(version_id: int) -> list[str]:
    """Literals that mean 'unknown'."""
    rows = _rows(files.UNKNOWN, _text(version_id, files.UNKNOWN), ("phrase",), ("note",))
    return [row["phrase"] for row in rows]


@lru_cache(maxsize=4)
def word_reader(version_id: int) -> Callable[[str], tuple[str, ...]] | None:
    """What turns a text into standard words; ``None`` where that takes a language model."""
    settings = tomllib.loads(_text(version_id, files.SETTINGS))
    if settings.get("words", splitters.WORDS) != splitters.WORDS:
        return None
    faults: list[Fault] = []
    rules = parse_spelling(_text(version_id, files.SPELLING) or "variant,standard\n", faults)
    return Standardiser(splitters.WORDS, rules)


def _text(version_id: int, path: str) -> str:
    found = DictionaryFile.objects.filter(version_id=version_id, path=path).values_list("text", flat=True)
    return (found.first() or "").removeprefix("\ufeff")


def _rows(file: str, text: str, required: tuple[str, ...], optional: tuple[str, ...]) -> list[dict[str, str]]:
    faults: list[Fault] = []
    found = read_rows(file, text, required=required, optional=optional, faults=faults) if text else ()
    return [row.cells for row in found]

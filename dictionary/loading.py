"""Loading a dictionary: everything is validated at once, and every fault is reported."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from dictionary import files, splitters
from dictionary.faults import DictionaryError, Fault
from dictionary.normalise import split_words
from dictionary.rows import read_rows
from dictionary.spelling import SpellingRules, parse_spelling
from dictionary.standardise import Standardiser
from dictionary.tables import GENERAL, Table, parse_table

_SETTINGS: Final = ("words", "name", "description", "language")


@dataclass(frozen=True, slots=True)
class UnknownLiterals:
    """Literals that mean 'unknown', compared whole: as normalised words, and as standard words."""

    plain: frozenset[tuple[str, ...]] = frozenset()
    standard: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True, eq=False)
class Dictionary:
    """A validated dictionary. Make one with `load` or `from_texts`; it is never changed afterwards.

    `tables` are in the order they are tried: the special tables, then `general`. `words` names the splitter.
    `fingerprint` is the SHA-256 of the content: the same content is the same version. `ignored` names the
    files that were given but are no part of a dictionary.
    """

    tables: Mapping[str, Table]
    standardise: Standardiser
    unknown: UnknownLiterals
    fingerprint: str
    name: str = ""
    description: str = ""
    language: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return self.standardise.strategy

    @property
    def spelling(self) -> SpellingRules:
        return self.standardise.rules

    @classmethod
    def load(cls, folder: str | Path, *, codes: Collection[str] | None = None) -> Dictionary:
        """Read the dictionary in `folder`, checking its codes against `codes` when given.

        Raises DictionaryError, whose `faults` are everything that is wrong, when anything is.
        """
        faults: list[Fault] = []
        texts = files.read_texts(folder, faults)
        if not texts and faults:
            raise DictionaryError(faults)
        return _build(texts, codes=codes, faults=faults, ignored=files.other_tables(folder))

    @classmethod
    def from_texts(cls, texts: Mapping[str, str], *, codes: Collection[str] | None = None) -> Dictionary:
        """The same from texts by relative file name, such as `entries.csv` or `special/10_homemaker.csv`.

        Names that no part of a dictionary has are listed in `ignored`.
        """
        ignored = [name for name in texts if files.canonical_name(name) is None]
        return _build(texts, codes=codes, faults=[], ignored=ignored)

    @staticmethod
    def read_folder(folder: str | Path) -> dict[str, str]:
        """The texts of the files that make a dictionary; see `dictionary.files.read_folder`."""
        return files.read_folder(folder)


def _build(
    given: Mapping[str, str],
    *,
    codes: Collection[str] | None,
    faults: list[Fault],
    ignored: Collection[str],
) -> Dictionary:
    texts = {name: text for given_name, text in given.items() if (name := files.canonical_name(given_name))}
    if files.ENTRIES not in texts:
        faults.append(Fault(files.ENTRIES, None, "is missing; a dictionary needs it (columns phrase,code)"))
    unreadable = {fault.file for fault in faults if fault.line in (None, 1)}
    readable = {name: text for name, text in texts.items() if name not in unreadable}
    settings = _parse_settings(readable.get(files.SETTINGS, ""), faults)
    rules = SpellingRules({})
    if files.SPELLING in readable:
        rules = parse_spelling(readable[files.SPELLING], faults)
    standardise = Standardiser(settings["words"], rules)
    known_codes = None if codes is None else frozenset(codes)
    tables: dict[str, Table] = {}
    for name, file in _table_files(readable, faults):
        tables[name] = parse_table(
            name, file, readable[file], standardise=standardise, codes=known_codes, faults=faults
        )
    unknown = UnknownLiterals()
    if files.UNKNOWN in readable:
        unknown = _parse_unknown(readable[files.UNKNOWN], standardise, faults)
    if faults:
        raise DictionaryError(faults)
    return Dictionary(
        tables=MappingProxyType(tables),
        standardise=standardise,
        unknown=unknown,
        fingerprint=files.fingerprint(texts),
        name=settings["name"],
        description=settings["description"],
        language=settings["language"],
        ignored=tuple(sorted(ignored)),
    )


def _table_files(texts: Mapping[str, str], faults: list[Fault]) -> Iterator[tuple[str, str]]:
    taken = {GENERAL: files.ENTRIES}
    for file in files.special_files(texts):
        name = files.table_name(file)
        if not name:
            faults.append(
                Fault(file, None, "has no table name after its number; call it 10_aircraft.csv, say")
            )
        elif name in taken:
            faults.append(Fault(file, None, f"table '{name}' is already made by {taken[name]}; rename one"))
        else:
            taken[name] = file
            yield name, file
    if files.ENTRIES in texts:
        yield GENERAL, files.ENTRIES


def _parse_settings(text: str, faults: list[Fault]) -> dict[str, str]:
    settings = dict.fromkeys(_SETTINGS, "") | {"words": splitters.WORDS}
    try:
        given = tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        bad_line = int(at[1]) if at else text.count("\n") + 1
        faults.append(Fault(files.SETTINGS, bad_line, f"is not readable as TOML: {error}"))
        return settings
    for key, value in given.items():
        line = _line_of_key(text, key)
        if key not in _SETTINGS:
            reason = f"setting '{key}' is not known; known are {', '.join(_SETTINGS)}"
            faults.append(Fault(files.SETTINGS, line, reason))
        elif not isinstance(value, str):
            faults.append(Fault(files.SETTINGS, line, f"setting '{key}' must be text in quotes"))
        elif key != "words":
            settings[key] = value
        elif value not in splitters.STRATEGIES:
            known = " or ".join(f'"{name}"' for name in splitters.STRATEGIES)
            faults.append(Fault(files.SETTINGS, line, f"word splitter '{value}' is not known; it is {known}"))
        else:
            try:
                splitters.require(value)
            except splitters.SplitterUnavailable as error:
                faults.append(Fault(files.SETTINGS, line, str(error)))
            else:
                settings[key] = value
    return settings


def _line_of_key(text: str, key: str) -> int | None:
    """The line that sets `key`, where a plain search finds it: the TOML reader keeps no positions."""
    pattern = re.compile(rf"^\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    return next((n for n, line in enumerate(text.splitlines(), start=1) if pattern.match(line)), None)


def _parse_unknown(text: str, standardise: Standardiser, faults: list[Fault]) -> UnknownLiterals:
    plain: dict[tuple[str, ...], int] = {}
    standard: set[tuple[str, ...]] = set()
    for row in read_rows(files.UNKNOWN, text, required=("phrase",), optional=("note",), faults=faults):
        phrase = row.cells["phrase"]
        words = split_words(phrase)
        if not words:
            reason = f"the phrase '{phrase}' is empty after normalising; blank literals are unknown already"
            faults.append(Fault(files.UNKNOWN, row.line, reason))
        elif words in plain:
            reason = f"'{phrase}' is a duplicate of line {plain[words]} (words: {' '.join(words)})"
            faults.append(Fault(files.UNKNOWN, row.line, reason))
        else:
            plain[words] = row.line
            standard.add(standardise(phrase))
    return UnknownLiterals(frozenset(plain), frozenset(standard - {()}))

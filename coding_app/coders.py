"""The coders a study can use, behind one protocol: the bridge to ``dictionary/``."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import dictionary
from coding_app.exceptions import Faults
from coding_app.models import DictionaryFile, DictionaryVersion
from dictionary.files import fingerprint


class Coder(Protocol):
    """Codes records one after another; the same record always gets the same result."""

    def code_many(self, records: Iterable[dictionary.Record]) -> Iterator[dictionary.Result]:
        """One result a record, in order."""
        ...


@lru_cache(maxsize=4)
def _loaded(version_id: int, fingerprint: str) -> dictionary.Dictionary:
    files = dict(DictionaryFile.objects.filter(version_id=version_id).values_list("path", "text"))
    return dictionary.Dictionary.from_texts(files)


def dictionary_of(version: DictionaryVersion) -> dictionary.Dictionary:
    """The entries of a version, kept in memory: a version never changes."""
    return _loaded(version.pk, version.fingerprint)


def dictionary_coder(version: DictionaryVersion, *, child_age: float) -> Coder:
    """The dictionary coder (Ossiander & Milham) with the entries of ``version``."""
    return dictionary.Coder(dictionary_of(version), child_age=child_age)


def read_dictionary(folder: Path) -> tuple[dict[str, str], str]:
    """The files of a dictionary folder as texts, and the fingerprint that tells its content from any other.

    Raises:
        Faults: with every file that cannot be read.
    """
    with _as_faults(folder):
        texts = dictionary.Dictionary.read_folder(folder)
        return texts, fingerprint(texts)


def check_dictionary(folder: Path, texts: dict[str, str], codes: frozenset[str]) -> int:
    """The number of phrases in all tables of a dictionary without faults.

    Raises:
        Faults: with every fault of every file; codes outside ``codes`` are faults.
    """
    with _as_faults(folder):
        parsed = dictionary.Dictionary.from_texts(texts, codes=codes)
        return sum(len(table.entries) for table in parsed.tables.values())


@contextmanager
def _as_faults(folder: Path) -> Iterator[None]:
    try:
        yield
    except dictionary.DictionaryError as error:
        faults = [str(fault) for fault in error.faults]
        raise Faults(f"The dictionary in {folder} was not loaded: {len(faults)} faults.", faults) from error

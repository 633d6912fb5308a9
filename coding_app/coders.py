"""The coders a study can use, behind one protocol: the bridge to ``dictionary/``."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import dictionary
from coding_app.exceptions import Faults
from coding_app.models import DictionaryFile, DictionaryVersion


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


def read_dictionary(folder: Path, codes: frozenset[str]) -> tuple[dict[str, str], dictionary.Dictionary]:
    """The files of a dictionary folder, and the dictionary they make.

    Raises:
        Faults: with every fault of every file; codes outside ``codes`` are faults.
    """
    try:
        files = dictionary.Dictionary.read_folder(folder)
        return files, dictionary.Dictionary.from_texts(files, codes=codes)
    except dictionary.DictionaryError as error:
        faults = [str(fault) for fault in error.faults]
        raise Faults(f"The dictionary in {folder} was not loaded: {len(faults)} faults.", faults) from error

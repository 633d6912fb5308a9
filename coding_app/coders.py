"""The coders a study can use: the bridge to ``dictionary/`` and to the models of ``classifier/``.

A model takes up to a gigabyte and seconds to load. Workers keep the two they used last; the web process loads
none.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext as _

import classifier
import dictionary
from coding_app import model_folders
from coding_app.exceptions import Faults, ModelUnavailable
from coding_app.models import DictionaryFile, DictionaryVersion, ModelVersion, Record
from dictionary.files import fingerprint

LoadedModel = classifier.Model
_one_at_a_time = threading.Lock()
_NO_ENTRIES = dictionary.Dictionary.from_texts({"entries.csv": "phrase,code\n"})


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


def dictionary_coder(version: DictionaryVersion | None, *, child_age: float) -> Coder:
    """The dictionary coder (Ossiander & Milham) with the entries of ``version``.

    Without one it codes nothing, and sets aside children and records that say nothing as it always does.
    """
    entries = _NO_ENTRIES if version is None else dictionary_of(version)
    return dictionary.Coder(entries, child_age=child_age)


class Row(dict[str, str]):
    """A record's columns by name; a column that its file does not have is blank."""

    def __missing__(self, name: str) -> str:
        return ""


def text_row(record: Record) -> Row:
    """What a model's template reads of a record; its ``source`` is loaded.

    The columns of its file by name (of columns with one name, the first), and ``occupation`` and ``industry``
    as they were mapped, whatever the file calls them.
    """
    pairs = zip(reversed(record.source.header), reversed(record.values), strict=True)
    return Row(pairs, occupation=record.occupation, industry=record.industry)


def columns_read(template: str) -> tuple[str, ...]:
    """The columns that a model's template names, each once."""
    return classifier.Template(template).columns


def error_bound(wrong: int, decided: int) -> float:
    """The exact one-sided 95 % upper bound of an error rate; 1 where nothing is decided."""
    return classifier.exact_upper_bound(wrong, decided)


def model_of(version: ModelVersion) -> LoadedModel:
    """The trained model, kept in memory: a version never changes.

    Raises:
        ModelUnavailable: when it cannot be loaded, with the reason.
    """
    return _model(version, model_folders.model(version.stored_as), version.fingerprint)


def baseline_of(version: ModelVersion) -> LoadedModel:
    """The instant model that was trained on the same records, for when the model itself cannot be loaded.

    Raises:
        ModelUnavailable: when there is none, or it cannot be loaded either.
    """
    folder = model_folders.baseline(version.stored_as)
    if not folder.exists():
        raise ModelUnavailable(_("Model %(number)s has no baseline beside it.") % {"number": version.number})
    return _model(version, folder, "")


def _model(version: ModelVersion, folder: Path, wanted: str) -> LoadedModel:
    try:
        with _one_at_a_time:  # two at once would load it twice
            return _loaded_model(folder, wanted or version.fingerprint, bool(wanted))
    except classifier.ClassifierError as error:
        reason = str(error).replace(f"{folder}/", "").replace(str(folder), f"{version.number}")
        raise ModelUnavailable(reason[:1].upper() + reason[1:]) from error


@lru_cache(maxsize=2)
def _loaded_model(folder: Path, fingerprint: str, is_its_own: bool) -> LoadedModel:
    model = classifier.load(folder)
    if is_its_own and model.fingerprint != fingerprint:
        raise classifier.ClassifierError(f"the model {folder} is another one than was registered here")
    return model


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

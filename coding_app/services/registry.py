"""The registry of a study's models: a version is there whole or not at all, and never changes.

Its folder is written first, under a name of its own, then its row. A folder without a row is what a killed
worker left; it is removed by the next to add a model.
"""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from classifier import ClassifierError
from classifier.model import inspect
from coding_app import model_folders
from coding_app.choices import ModelOrigin, Verb
from coding_app.exceptions import Conflict, Faults, InvalidInput
from coding_app.models import Event, ModelVersion, Study
from coding_app.selectors import models as selected
from coding_app.services import events, labelled_rows, storage, training

MAX_NOTE = 2000
ABANDONED = 24 * 3600  # seconds after which a folder without a row is nobody's work any more


def add(
    *,
    study: Study,
    user: User | None,
    folder: Path,
    baseline: Path | None = None,
    note: str = "",
    origin: ModelOrigin = ModelOrigin.TRAINED,
) -> ModelVersion:
    """Copy a model folder into the registry, with the one of its baseline; a content that is there already
    adds nothing.

    Raises:
        InvalidInput: for a folder that is no model or a damaged one, with the reason.
        Faults: for codes that records of this study may not have.
    """

    def write(home: Path) -> None:
        shutil.copytree(folder, home / "model")
        if baseline is not None:
            shutil.copytree(baseline, home / "baseline")

    with kept_folder(study, write) as stored_as:
        return register(study=study, user=user, stored_as=stored_as, note=note, origin=origin)


@contextmanager
def kept_folder(study: Study, write: Callable[[Path], None], *, stem: str = "") -> Iterator[str]:
    """A folder that ``write`` fills; the block gets its name below MEDIA_ROOT, which begins with ``stem``.

    It stays when a version has it after the block, and is removed otherwise.

    Raises:
        InvalidInput: when it cannot be written.
    """
    stored_as = f"models/{study.pk}/{stem}{uuid.uuid4().hex}"
    home = storage.path_of(stored_as)
    part = home.with_name(f".{home.name}.part")
    try:
        with storage.told_to_the_user():
            part.mkdir(parents=True)
            write(part)
            part.rename(home)
    except ClassifierError as error:
        raise InvalidInput(str(error).replace(f"{part}/", "")) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    try:
        yield stored_as
    finally:
        if not ModelVersion.objects.filter(stored_as=stored_as).exists():
            shutil.rmtree(home, ignore_errors=True)


def register(
    *,
    study: Study,
    user: User | None,
    stored_as: str,
    base: str = "",
    note: str = "",
    origin: ModelOrigin = ModelOrigin.TRAINED,
) -> ModelVersion:
    """A version for a kept folder; the one there is when its content is in the registry already.

    Raises:
        InvalidInput, Faults: as :func:`add`.
    """
    folder = model_folders.model(stored_as)
    try:
        found = inspect(folder)
        if model_folders.baseline(stored_as).exists():
            inspect(model_folders.baseline(stored_as))
    except ClassifierError as error:
        raise InvalidInput(str(error).replace(f"{storage.path_of(stored_as)}/", "")) from error
    _check_codes(study, found.classes)
    training.require_columns(found.template.columns, study=study)
    note = _checked(note)
    with transaction.atomic():
        # The row of the study is the lock: two at once would take the same number.
        Study.objects.select_for_update().get(pk=study.pk)
        present = ModelVersion.objects.filter(study=study, fingerprint=found.fingerprint).first()
        if present is not None:
            return present
        made = ModelVersion.objects.create(
            study=study,
            # Numbers of removed versions stay theirs.
            number=1 + Event.objects.filter(study=study, verb=Verb.MODEL_ADDED).count(),
            origin=origin,
            engine=found.engine,
            base=base or _base(found.card),
            template=found.template.template,
            stored_as=stored_as,
            size=_bytes(storage.path_of(stored_as)),
            fingerprint=found.fingerprint,
            classes=len(found.classes),
            card=found.card,
            parent=selected.current(study),
            note=note,
            created_by=user,
        )
        events.write(
            study=study,
            verb=Verb.MODEL_ADDED,
            actor=user,
            after=str(made.number),
            data={
                "number": made.number,
                "origin": origin,
                "base": made.base,
                "fingerprint": made.fingerprint,
            },
        )
        return made


def _base(card: dict[str, Any]) -> str:
    """What an uploaded model says it was made from."""
    settings = card.get("settings")
    return str(settings.get("base", ""))[:300] if isinstance(settings, dict) else ""


def _check_codes(study: Study, classes: tuple[str, ...]) -> None:
    known = set(labelled_rows.codable(study))
    unknown = [code for code in classes if code not in known]
    if unknown:
        raise Faults(
            _("The model gives %(count)s codes that records of this study, coded by %(name)s, may not have.")
            % {"count": len(unknown), "name": study.classification},
            [*unknown[:20], *(["..."] if len(unknown) > 20 else [])],
        )


def remove(*, version: ModelVersion, user: User) -> None:
    """Take a version out of the registry, with its files.

    Raises:
        Conflict: when it is current, or a run coded with it.
    """
    try:
        with transaction.atomic():
            Study.objects.select_for_update().get(pk=version.study_id)
            if selected.is_used(version):
                raise Conflict(
                    _("Model %(number)s is current, or coded records in a run: it stays.")
                    % {"number": version.number}
                )
            events.write(
                study=version.study,
                verb=Verb.MODEL_REMOVED,
                actor=user,
                before=str(version.number),
                data={"number": version.number, "fingerprint": version.fingerprint},
            )
            folder = storage.path_of(version.stored_as)
            version.delete()
            transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
    except ProtectedError as error:  # a run that began at this moment
        raise Conflict(_("The model is in use: it stays.")) from error


@transaction.atomic
def set_note(*, version: ModelVersion, user: User, note: str) -> None:
    """Write down what a person should know of a version; nothing else of it changes.

    Raises:
        InvalidInput: when it is too long.
    """
    note = _checked(note)
    before = ModelVersion.objects.select_for_update().get(pk=version.pk).note
    if before == note:
        return
    ModelVersion.objects.filter(pk=version.pk).update(note=note)
    version.note = note
    events.write(
        study=version.study,
        verb=Verb.SETTINGS_CHANGED,
        actor=user,
        data={"settings": {f"model {version.number}": {"from": before, "to": note}}},
    )


def remove_leftovers(study: Study, *, stem: str = "") -> None:
    """Delete model folders that no version has, and nobody is at work on any more.

    Those whose names begin with ``stem`` are the caller's own, and go at once.
    """
    home = model_folders.models_of(study.pk)
    with_row = ModelVersion.objects.filter(study=study).values_list("stored_as", flat=True)
    kept = {Path(stored_as).name for stored_as in with_row}
    for folder in home.iterdir() if home.is_dir() else ():
        is_own = bool(stem) and folder.name.removeprefix(".").startswith(stem)
        is_old = time.time() - folder.stat().st_mtime > ABANDONED
        if folder.name not in kept and (is_own or is_old):
            shutil.rmtree(folder, ignore_errors=True)


def _checked(note: str) -> str:
    note = note.strip()
    if len(note) > MAX_NOTE or "\0" in note:
        raise InvalidInput(_("A note has %(most)s characters at most.") % {"most": MAX_NOTE})
    return note


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

"""Files of a study on disk, below MEDIA_ROOT, under names of our own making."""

import hashlib
import logging
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from coding_app.exceptions import InvalidInput
from coding_app.models import Study

log = logging.getLogger(__name__)


def path_of(stored_as: str) -> Path:
    """The file on disk."""
    return Path(settings.MEDIA_ROOT) / stored_as


def new_name(*, study: Study, folder: str, suffix: str, stem: str = "") -> str:
    """A fresh name below MEDIA_ROOT, beginning with ``stem``; its folder exists afterwards.

    ``suffix`` includes the dot.

    Raises:
        InvalidInput: when there can be no such folder.
    """
    name = f"{folder}/{study.pk}/{stem}{uuid.uuid4().hex}{suffix}"
    with told_to_the_user():
        path_of(name).parent.mkdir(parents=True, exist_ok=True)
    return name


@contextmanager
def told_to_the_user() -> Iterator[None]:
    """What the system refuses while a file is written, in words; the log says where.

    Raises:
        InvalidInput: when the disk is full, or the folder must not be written to.
    """
    try:
        yield
    except OSError as error:
        log.exception("a file could not be written")
        raise InvalidInput(
            _(
                "The file could not be written on the server: %(reason)s. "
                "Whoever runs this program has to make room or to allow it; then try again."
            )
            % {"reason": error.strerror or type(error).__name__}
        ) from error


def keep(*, study: Study, chunks: Iterable[bytes], suffix: str) -> tuple[str, int, str]:
    """Write an upload to disk while it arrives: its name below MEDIA_ROOT, its bytes, its SHA-256.

    Raises:
        InvalidInput: when it cannot be written; nothing of it is left then.
    """
    name = new_name(study=study, folder="uploads", suffix=suffix)
    digest, size = hashlib.sha256(), 0
    try:
        with told_to_the_user(), path_of(name).open("wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
                digest.update(chunk)
                size += len(chunk)
    except BaseException:
        path_of(name).unlink(missing_ok=True)
        raise
    return name, size, digest.hexdigest()


def remove_parts(*, study: Study, folder: str, stem: str) -> None:
    """Delete what a killed worker left half written under names that begin with ``stem``."""
    for part in path_of(f"{folder}/{study.pk}").glob(f".{stem}*"):
        if part.is_dir():  # of a writer that keeps its own files beside the one it writes
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def remove(stored_as: str) -> None:
    """Delete a stored file, if it is there."""
    if stored_as:
        path_of(stored_as).unlink(missing_ok=True)

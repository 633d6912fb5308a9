"""Files of a study on disk, below MEDIA_ROOT, under names of our own making."""

import hashlib
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from coding_app.models import Study


def path_of(stored_as: str) -> Path:
    """The file on disk."""
    return Path(settings.MEDIA_ROOT) / stored_as


def new_name(*, study: Study, folder: str, suffix: str) -> str:
    """A fresh name below MEDIA_ROOT; its folder exists afterwards. ``suffix`` includes the dot."""
    name = f"{folder}/{study.pk}/{uuid.uuid4().hex}{suffix}"
    path_of(name).parent.mkdir(parents=True, exist_ok=True)
    return name


def keep(*, study: Study, chunks: Iterable[bytes], suffix: str) -> tuple[str, int, str]:
    """Write an upload to disk while it arrives: its name below MEDIA_ROOT, its bytes, its SHA-256."""
    name = new_name(study=study, folder="uploads", suffix=suffix)
    digest, size = hashlib.sha256(), 0
    try:
        with path_of(name).open("wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
                digest.update(chunk)
                size += len(chunk)
    except BaseException:
        path_of(name).unlink(missing_ok=True)
        raise
    return name, size, digest.hexdigest()


def remove(stored_as: str) -> None:
    """Delete a stored file, if it is there."""
    if stored_as:
        path_of(stored_as).unlink(missing_ok=True)

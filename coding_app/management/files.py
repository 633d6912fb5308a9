"""Files named on a command line."""

from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import CommandError

from coding_app.services.labelled_rows import Upload

BLOCK = 1 << 20


def upload(path: Path) -> Upload:
    """The file, read when it is needed.

    Raises:
        CommandError: when there is none.
    """
    if not path.is_file():
        raise CommandError(f"{path}: there is no such file.")
    return Upload(path.name, _blocks(path))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block

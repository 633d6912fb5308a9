"""Model folders as ZIP archives: out of the registry, and in from elsewhere.

An archive from elsewhere is data to distrust. What it says of itself is checked before anything is unpacked,
and what comes out is counted: no links, no paths out of the folder, no more than it said.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from classifier.safefiles import ALLOWED
from coding_app.choices import ModelOrigin
from coding_app.exceptions import Faults, InvalidInput, ModelUnavailable
from coding_app.models import ModelVersion, Study
from coding_app.services import registry, storage

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_FILES = 200
MAX_BYTES = 4 * 1024**3
MAX_GROWTH = 100
"""How many times as large as the archive its content may be; weights hardly shrink, JSON to a tenth."""
_SMALL = 10 * 1024**2  # of so little, any share may be air
_PIECE = 1024**2


def archive(version: ModelVersion) -> Iterator[bytes]:
    """The model and its baseline as a ZIP file, piece by piece. It is as personal as the records are: from
    ``learnt.safetensors`` one can tell whether a text was learnt.

    Raises:
        ModelUnavailable: when its files are gone.
    """
    home = storage.path_of(version.stored_as)
    files = sorted(path for path in home.rglob("*") if path.is_file())
    if not files:
        raise ModelUnavailable(_("The files of model %(number)s are gone.") % {"number": version.number})
    return _zipped(home, files)


def archive_name(version: ModelVersion) -> str:
    """What to call it on the user's machine."""
    return f"{version.study.slug}-model-{version.number}.zip"


class _Pipe(io.RawIOBase):
    """What is written to it is taken out again piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: "Buffer", /) -> int:
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _zipped(home: Path, files: list[Path]) -> Iterator[bytes]:
    pipe = _Pipe()
    # Weights do not shrink; stored, they need no time.
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as out:
        for path in files:
            name = path.relative_to(home).as_posix()
            entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
            with path.open("rb") as source, out.open(entry, "w", force_zip64=True) as target:
                while piece := source.read(_PIECE):
                    target.write(piece)
                    yield pipe.take()
    yield pipe.take()


def upload(
    *, study: Study, user: User | None, name: str, chunks: Iterable[bytes], note: str = ""
) -> ModelVersion:
    """Register the model in a ZIP file: a folder as the classifier writes it, or as :func:`archive` does.

    Raises:
        InvalidInput: when it is refused, with the reason.
        Faults: with every file that has no place in a model, or every code that records may not have.
    """
    stored_as, _size, _hash = storage.keep(study=study, chunks=chunks, suffix=".zip")
    try:
        registry.remove_leftovers(study)
        path = storage.path_of(stored_as)
        with registry.kept_folder(study, lambda home: _unpack(path, home, name)) as kept:
            return registry.register(
                study=study, user=user, stored_as=kept, note=note, origin=ModelOrigin.UPLOADED
            )
    finally:
        storage.remove(stored_as)


def _unpack(path: Path, home: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as source:
            entries = [entry for entry in source.infolist() if not entry.is_dir() and not _is_chaff(entry)]
            _check(entries, path.stat().st_size, name)
            for entry, place in _placed(entries, name):
                _extract(source, entry, home / place, name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as error:
        raise InvalidInput(
            _("%(file)s is no ZIP file that can be read (%(reason)s): send a model folder as a ZIP file.")
            % {"file": name, "reason": error}
        ) from error


def _is_chaff(entry: zipfile.ZipInfo) -> bool:
    """What macOS adds to an archive."""
    path = PurePosixPath(entry.filename)
    return "__MACOSX" in path.parts or path.name == ".DS_Store"


def _check(entries: list[zipfile.ZipInfo], size: int, name: str) -> None:
    """Refuse what must not be unpacked."""
    if len(entries) > MAX_FILES:
        raise InvalidInput(
            _("%(file)s has %(count)s files; a model has %(most)s at most.")
            % {"file": name, "count": len(entries), "most": MAX_FILES}
        )
    faults = [f"{entry.filename}: {reason}" for entry in entries if (reason := _fault(entry))]
    if faults:
        raise Faults(_("%(file)s was refused.") % {"file": name}, faults)
    content = sum(entry.file_size for entry in entries)
    if content > MAX_BYTES or content > max(_SMALL, MAX_GROWTH * size):
        raise InvalidInput(
            _("%(file)s would grow from %(size)s to %(content)s bytes: no model does, and it was refused.")
            % {"file": name, "size": size, "content": content}
        )


def _fault(entry: zipfile.ZipInfo) -> str:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
        return _("a path that leads out of the folder")
    if entry.flag_bits & 0x1:
        return _("is encrypted")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return _("is a link or no plain file; a model has plain files only")
    if path.suffix.lower() not in ALLOWED:
        return _("may run code when it is loaded: weights are .safetensors, settings JSON")
    return ""


def _placed(entries: list[zipfile.ZipInfo], name: str) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Where each file goes: below ``model``, or ``baseline``, whatever folders the archive puts around."""
    paths = {PurePosixPath(entry.filename): entry for entry in entries}
    tops = [path.parent for path in paths if path.name == "model.json"]
    homes = {}
    if len(tops) == 1:
        homes[tops[0]] = "model"
    elif len(tops) == 2 and {top.name for top in tops} == {"model", "baseline"}:
        homes = {top: top.name for top in tops}
    if not homes or len({top.parent for top in homes}) > 1:
        raise InvalidInput(
            _("%(file)s is not one model: it has %(count)s files model.json, where one is expected.")
            % {"file": name, "count": len(tops)}
        )
    for path, entry in paths.items():
        top = next((top for top in homes if path.is_relative_to(top)), None)
        if top is None:
            raise InvalidInput(
                _("%(file)s: %(path)s is not part of the model.") % {"file": name, "path": path}
            )
        yield entry, PurePosixPath(homes[top]) / path.relative_to(top)


def _extract(source: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, name: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with source.open(entry) as stream, target.open("xb") as out:
        while piece := stream.read(_PIECE):
            written += len(piece)
            if written > entry.file_size:
                raise InvalidInput(
                    _("%(file)s: %(path)s is larger than it says.") % {"file": name, "path": entry.filename}
                )
            out.write(piece)

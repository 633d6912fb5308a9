"""Model folders on disk: what may lie in them, and writing them whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from classifier.errors import ClassifierError, Fault

ALLOWED: Final = frozenset({".safetensors", ".json", ".txt", ".model", ".spm", ".vocab", ".md"})
"""Suffixes of weights, settings and tokenizer files. Everything else is refused: what is not known to be
harmless (pickles: .bin, .pt, .pkl, .joblib, .npy ...; code: .py) has no place in a model."""

_ZIP: Final = b"PK\x03\x04"


def check_folder(folder: Path) -> None:
    """Raise ClassifierError, with a fault for each file, when a model folder has anything but safe files.

    Refused are suffixes that are not ALLOWED, pickles and archives under any name, and links.
    """
    if not folder.is_dir():
        raise ClassifierError(f"{folder} is not a folder; a model is the folder that 'train' wrote")
    faults = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            faults.append(Fault(str(path), None, "is a link; a model has plain files only"))
        elif path.is_file() and (reason := _unsafe(path)):
            faults.append(Fault(str(path), None, reason))
    if faults:
        raise ClassifierError(
            f"the model in {folder} is refused: weights (.safetensors), JSON and tokenizer files are allowed",
            faults,
        )


def _unsafe(path: Path) -> str:
    if path.suffix.lower() not in ALLOWED:
        return f"files of the kind {path.suffix or path.name!r} may run code when they are loaded"
    with path.open("rb") as stream:
        start = stream.read(4)
    # Protocol 2 and later open with 0x80 and their number; torch.save writes a zip archive with a pickle in
    # it. A safetensors file opens with the length of its header, whose second byte is no smaller than these
    # rarely, but whose third to eighth bytes its own parser checks.
    if start == _ZIP:
        return "is an archive, whatever its name says"
    if path.suffix.lower() != ".safetensors" and len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5:
        return "is a pickle, whatever its name says"
    return ""


def check_target(target: Path) -> None:
    """Raise ClassifierError when a model may not be written to `target`: asked before a long training."""
    if target.exists() and not _replaceable(target):
        raise ClassifierError(f"{target} exists and is not a model; name another place for this one")


def remove_folder(folder: Path) -> None:
    """Remove a folder of our own making, with what is in it; nothing when it is not there."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def folder_when_complete(target: Path) -> Iterator[Path]:
    """A new folder to write into, which takes the place of `target` only when the block ends without an
    error.

    `target` may be absent, an empty folder, or an older model, which stays until the new one is whole. Raises
    ClassifierError when it is anything else, or when the disk refuses (full, say).
    """
    from safetensors import SafetensorError

    target = target.resolve()
    check_target(target)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    try:
        part.mkdir(parents=True)
        yield part
        _sync(part)
        if target.exists():
            target.rename(old)
        try:
            part.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, (OSError, SafetensorError)):  # the latter hides what the disk said in its text
            reason = getattr(error, "strerror", None) or error
            raise ClassifierError(f"the model cannot be written to {target}: {reason}") from error
        raise
    shutil.rmtree(old, ignore_errors=True)


def _replaceable(target: Path) -> bool:
    return target.is_dir() and ((target / "model.json").is_file() or not any(target.iterdir()))


def _sync(folder: Path) -> None:
    """Have the disk hold every file: one that is full says so here, before anything is replaced.

    Some writers make files for their owner alone; a model is read by whoever may read its folder.
    """
    readable = folder.stat().st_mode & 0o444
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode | readable)
            with path.open("rb") as stream:
                os.fsync(stream.fileno())


def digest(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 (hex) of every file below `folder`, by its relative name with slashes, sorted."""
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_json(path: Path, data: Any) -> None:
    """Write JSON-ready `data`, indented, keys in their order; NaN is refused, for it is no JSON."""
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; raises ClassifierError when there is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClassifierError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ClassifierError(f"{path} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise ClassifierError(f"{path} is not a JSON object")
    return data

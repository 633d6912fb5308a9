"""Which texts a model has learnt from, without keeping the texts.

A model must not be judged on what it learnt. Its folder keeps a number for each text: the first 64 bits of a
keyed hash (BLAKE2b) of the normalised text, under a random key of the model's own. The texts cannot be read
from it, and two models' files cannot be matched; but the key lies in the file, so that whoever has the file
can ask whether a text they guess is in it. The file may be deleted before a model is given away: what it
learnt from is then not known.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from classifier.errors import ClassifierError
from classifier.text import normalise

FILE: Final = "learnt.safetensors"
_KEY_LENGTH: Final = 16
_NAME: Final = "texts"

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Learnt:
    """`numbers` (m,) uint64, ascending, one for each distinct normalised text; `key` is what hashed them."""

    numbers: npt.NDArray[np.uint64]
    key: bytes

    @classmethod
    def of(cls, texts: Iterable[str], *, key: bytes | None = None) -> Self:
        """Of texts, with a random key unless one is given."""
        key = key or os.urandom(_KEY_LENGTH)
        return cls(np.unique(_numbers(texts, key)), key)

    def has(self, texts: Sequence[str]) -> Bools:
        """(n,) whether each text, normalised, is one of them."""
        wanted = _numbers(texts, self.key)
        places = np.searchsorted(self.numbers, wanted)
        found = np.zeros(len(wanted), dtype=np.bool_)
        inside = places < len(self.numbers)
        found[inside] = self.numbers[places[inside]] == wanted[inside]
        return found

    def save(self, path: Path) -> None:
        """One tensor of 64-bit integers; the key is in the header."""
        from safetensors.numpy import save_file

        save_file({_NAME: self.numbers.view(np.int64)}, path, metadata={"key": self.key.hex()})

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote; raises ClassifierError for anything else."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as stored:
                key = bytes.fromhex((stored.metadata() or {})["key"])
                numbers = stored.get_tensor(_NAME).view(np.uint64)
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ClassifierError(f"{path} is not what a model keeps of its texts: {error}") from error
        return cls(numbers, key)


def _numbers(texts: Iterable[str], key: bytes) -> npt.NDArray[np.uint64]:
    """A number for each text; a text of signs alone has no normalised form, and stands for itself."""
    digests = b"".join(
        hashlib.blake2b(
            (normalise(text) or text).encode("utf-8", "surrogatepass"), digest_size=8, key=key
        ).digest()
        for text in texts
    )
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)

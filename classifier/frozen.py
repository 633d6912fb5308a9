"""What a pretrained encoder makes of texts, as it is: nothing of it is trained.

Each text gives two vectors, the mean of the last states over the whole text and over its start, where people
put what matters most. An encoder reads slowly: what it made of a text is remembered for the trainings on
other parts of the same data, and kept in the folder of the checkpoints.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from classifier.engine import Floats, Json
from classifier.errors import ClassifierError
from classifier.transformer import TransformerEngine

if TYPE_CHECKING:
    from classifier.bases import Base

_LENGTH: Final = 200
"""Tokens of a text that are read."""
_START: Final = 96
"""Letters of its start: a title and a sentence."""
_PROMPTS: Final = "config_sentence_transformers.json"
_CHUNK: Final = 1_024

Read = Callable[[int, int], None]
"""Told the texts read and their number."""


class FrozenEncoder:
    """Texts to vectors. `engine` gives the mean of the last states as its scores; `prompt` goes before each
    text.
    """

    def __init__(self, engine: TransformerEngine, prompt: str, name: str) -> None:
        self._engine = engine
        self._prompt = prompt
        self.name = name
        """What it was asked for by."""

    @classmethod
    def open(cls, name: str) -> Self:
        """The encoder of that name, or in that folder; raises ClassifierError when it cannot be loaded."""
        import torch

        from classifier.bases import find_base
        from classifier.encoder import load_base

        base = find_base(name)
        config_size = 1
        with torch.random.fork_rng():
            model, cutter = load_base(base, pooling="mean", classes=config_size, max_length=_LENGTH)
        # A head that changes nothing: its scores are the mean of the states.
        width = int(model.config.hidden_size)
        head = torch.nn.Linear(width, width)
        with torch.no_grad():
            head.weight.copy_(torch.eye(width))
            head.bias.zero_()
        model.head, model.classes = head, width
        about: Json = {"base": base.asked, "revision": base.revision, "max_length": cutter.max_length}
        return cls(TransformerEngine(model.eval(), cutter, about), _prompt(base), name)

    def vectors(
        self,
        texts: Sequence[str],
        *,
        memory: dict[bytes, Floats] | None = None,
        checkpoints: Path | None = None,
        read: Read = lambda done, total: None,
    ) -> Floats:
        """(n, 2 e) float32: the whole text and its start, each of length 1.

        What is in `memory` is not read again; what is read is put there and, with `checkpoints`, kept there.
        """
        memory = {} if memory is None else memory
        keys = [(self._key(text), self._key(text[:_START].rstrip())) for text in texts]
        wanted = {key: text for text, (key, _) in zip(texts, keys, strict=True)}
        wanted |= {key: text[:_START].rstrip() for text, (_, key) in zip(texts, keys, strict=True)}
        path = None if checkpoints is None else checkpoints / f"read-{self._key('').hex()}.safetensors"
        if path is not None and path.is_file() and not wanted.keys() <= memory.keys():
            memory.update(_kept(path))
        missing = [key for key in wanted if key not in memory]
        for start in range(0, len(missing), _CHUNK):
            part = missing[start : start + _CHUNK]
            made = self._engine.scores([self._prompt + wanted[key] for key in part])
            made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), np.float32(1e-9))
            memory.update(zip(part, made.astype(np.float16), strict=True))
            if path is not None:
                _keep(path, memory)
            read(start + len(part), len(missing))
        width = self._engine.scores([]).shape[1]
        found = np.empty((len(texts), 2 * width), dtype=np.float32)
        for row, (whole, head) in enumerate(keys):
            found[row, :width] = memory[whole]
            found[row, width:] = memory[head]
        return found

    def _key(self, text: str) -> bytes:
        return hashlib.blake2b(
            f"{self.name}\0{_LENGTH}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16
        ).digest()

    def save(self, folder: Path) -> None:
        """Weights, shape, tokenizer and what goes before a text, into an existing folder."""
        self._engine.save(folder)
        (folder / "frozen.json").write_text(
            json.dumps({"prompt": self._prompt, "name": self.name}, ensure_ascii=False) + "\n", "utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What `save` wrote; raises ClassifierError when it is missing or broken."""
        from classifier.safefiles import read_json

        about = read_json(folder / "frozen.json")
        return cls(TransformerEngine.load(folder), str(about.get("prompt")), str(about.get("name")))

    def describe(self) -> Json:
        """Name, revision and length."""
        return self._engine.describe()


def _prompt(base: Base) -> str:
    """What the encoder wants before a text, where it says so as sentence-transformers does."""
    path = base.file(_PROMPTS)
    if path is None:
        return ""
    about = json.loads(path.read_text("utf-8"))
    prompts = about.get("prompts") or {}
    return str(prompts.get(about.get("default_prompt_name"), ""))


def _kept(path: Path) -> dict[bytes, Floats]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
        keys, vectors = tensors["keys"], tensors["vectors"]
    except (OSError, SafetensorError, KeyError) as error:
        raise ClassifierError(f"{path} cannot be read ({error}); remove it to start anew") from error
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}


def _keep(path: Path, memory: dict[bytes, Floats]) -> None:
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    keys = np.frombuffer(b"".join(memory), dtype=np.uint8).reshape(len(memory), -1)
    save_file({"keys": keys.copy(), "vectors": np.stack(list(memory.values()))}, part)
    part.replace(path)

"""The engine for Hugging Face encoders: DistilKoBERT as in the paper (Kim et al. 2024), MiniLM, others.

torch and transformers are imported when an engine is trained or loaded, not before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from classifier.engine import FitData, Floats, Json, Precision, Report, TrainSettings, silent
from classifier.errors import ClassifierError
from classifier.safefiles import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.encoder import TextClassifier
    from classifier.inference import Scorer
    from classifier.tokenizers import TextCutter
    from classifier.training import Recipe

FORMAT: Final = 1
WEIGHTS: Final = "model.safetensors"
SHAPE: Final = "encoder.json"
TOKENIZER: Final = "tokenizer.json"
MAX_LENGTH: Final = 256
"""Tokens of a text that are read, special ones included, unless `options` say otherwise."""

OPTIONS: Final = {
    "pooling": "'stock' (the architecture's own head) or 'mean' (mean of the states, a fast head)",
    "max_length": "tokens of a text that are read",
    "head_factor": "how much faster the head learns than the encoder",
    "warm_up": "share of the steps over which the rate rises",
    "decays": "whether the rate falls to 0 after that",
    "weight_decay": "pull of the weights to 0",
}
"""What `TrainSettings.options` may name for this engine."""


class TransformerEngine:
    """An encoder with a head, trained on texts; scores are its logits.

    `precision` is how products are computed when scoring: 'auto' (bfloat16 where the processor has it,
    otherwise float32), 'float32', 'bfloat16', or 'int8', which moves probabilities and is never chosen by
    itself.
    """

    kind: ClassVar[str] = "transformer"
    folds: ClassVar[int] = 0

    def __init__(self, model: TextClassifier, cutter: TextCutter, about: Json) -> None:
        self._model = model
        self._cutter = cutter
        self._about = about
        self._precision: Precision = "auto"
        self._scorer: Scorer | None = None

    @classmethod
    def fit(
        cls,
        data: FitData,
        settings: TrainSettings,
        *,
        report: Report = silent,
        checkpoints: Path | None = None,
    ) -> Self:
        """Trains an encoder, its rate and head by what suits the base; see `Engine.fit`."""
        import torch

        from classifier.bases import find_base
        from classifier.encoder import default_pooling, load_base
        from classifier.training import Trainer

        options = _checked(settings.options)
        base = find_base(settings.base)
        pooling = options.get("pooling") or default_pooling(base)
        recipe = _recipe(pooling, settings, options)
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            max_length = int(options.get("max_length", MAX_LENGTH))
            model, cutter = load_base(base, pooling=pooling, classes=data.classes, max_length=max_length)
        texts = [*data.texts, *data.extra]
        targets = np.concatenate([data.targets, data.extra_targets])
        about: Json = {
            "base": base.asked,
            "revision": base.revision,
            "pooling": pooling,
            "max_length": cutter.max_length,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "recipe": asdict(recipe),
            "seed": settings.seed,
        }
        trainer = Trainer(
            model,
            recipe,
            seed=settings.seed,
            fingerprint=_fingerprint(texts, targets, data.classes, about),
            checkpoints=checkpoints,
        )
        trainer.run(cutter(texts), targets, cutter.pad_id, report)
        about |= {
            "losses": trainer.losses,
            "bfloat16": trainer.bfloat16,
            "device": trainer.device.type,
            "versions": _versions(),
        }
        return cls(model.cpu(), cutter, about)

    @property
    def precision(self) -> Precision:
        """How products are computed when scoring."""
        return self._precision

    @precision.setter
    def precision(self, precision: Precision) -> None:
        self._precision, self._scorer = precision, None

    def scores(self, texts: Sequence[str]) -> Floats:
        """Logits, (len(texts), classes) float32."""
        if self._scorer is None:
            from classifier.inference import Scorer

            self._scorer = Scorer(self._model, self._cutter, precision=self._precision)
        return self._scorer(texts)

    def save(self, folder: Path) -> None:
        """Writes weights, shape and tokenizer into an existing folder."""
        from safetensors.torch import save_file

        from classifier.encoder import shape_of
        from classifier.training import model_tensors

        save_file(model_tensors(self._model), folder / WEIGHTS, metadata={"format": "pt"})
        shape = {"format": FORMAT, "about": self._about, **shape_of(self._model)}
        shape |= {"pad_id": self._cutter.pad_id, "max_length": self._cutter.max_length}
        write_json(folder / SHAPE, shape)
        self._cutter.save(folder / TOKENIZER)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The engine that `save` wrote: weights as safetensors, Python classes from transformers alone."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        from classifier.encoder import build
        from classifier.tokenizers import TextCutter

        shape = read_json(folder / SHAPE)
        if shape.get("format") != FORMAT:
            raise ClassifierError(
                f"{folder / SHAPE}: its format is {shape.get('format')!r}, this version reads {FORMAT}"
            )
        try:
            model = build(shape)
            model.load_state_dict(load_file(folder / WEIGHTS))
            cutter = TextCutter.load(
                folder / TOKENIZER, pad_id=int(shape["pad_id"]), max_length=int(shape["max_length"])
            )
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ClassifierError(f"{folder}: its weights do not fit or are damaged ({error})") from error
        return cls(model.eval(), cutter, dict(shape["about"]))

    def describe(self) -> Json:
        """Base, head, recipe, losses of the epochs, versions."""
        return dict(self._about)


def _checked(options: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        known = "; ".join(f"{name}: {what}" for name, what in OPTIONS.items())
        raise ClassifierError(f"unknown options for an encoder: {', '.join(unknown)}. There are: {known}")
    if options.get("pooling") not in (None, "stock", "mean"):
        raise ClassifierError(f"pooling is 'stock' or 'mean', not {options['pooling']!r}")
    if int(options.get("max_length", MAX_LENGTH)) < 4:
        raise ClassifierError("max_length leaves no room for words: choose 4 or more")
    return options


def _recipe(pooling: str, settings: TrainSettings, options: Mapping[str, Any]) -> Recipe:
    from classifier.training import RECIPES

    recipe = RECIPES["mean" if pooling == "mean" else "stock"]
    given = {
        name: options[name]
        for name in ("head_factor", "warm_up", "decays", "weight_decay")
        if name in options
    }
    rate = recipe.learning_rate if settings.learning_rate is None else settings.learning_rate
    return replace(
        recipe, learning_rate=rate, batch_size=settings.batch_size, epochs=settings.epochs, **given
    )


def _fingerprint(texts: Sequence[str], targets: np.ndarray[Any, Any], classes: int, about: Json) -> str:
    """What has to be the same for a checkpoint to be gone on with: records, settings, seed."""
    digest = hashlib.sha256(json.dumps([classes, about], sort_keys=True).encode())
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    digest.update(np.asarray(targets, dtype="<i8").tobytes())
    return digest.hexdigest()


def _versions() -> Json:
    import tokenizers
    import torch
    import transformers

    return {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
    }

"""The instant engine: TF-IDF of word and letter n-grams with a linear classifier. Needs no torch.

It sets the mark that a fine-tuned encoder has to beat, and is what is left when such a model cannot be
loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from classifier.engine import FitData, Floats, Json, Progress, Report, TrainSettings, silent
from classifier.errors import ClassifierError
from classifier.linear import Descent, Linear, descend
from classifier.ngrams import Shape, Vectoriser
from classifier.safefiles import read_json, write_json

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WHOLE: Final = Shape(letters=(1, 2, 3), words=(1, 2))
_HEAD: Final = Shape(letters=(1, 2, 3), words=(1,))
_HEAD_LENGTH: Final = 24
"""Letters of the head: people put the title first, and further phrases are titles as a whole. Told apart from
the text that follows, they are worth two points of accuracy on job descriptions."""
_HEAD_WEIGHT: Final = 0.5


class Baseline:
    """A linear classifier over the n-grams of the text, and once more over those of its head."""

    kind: ClassVar[str] = "baseline"
    folds: ClassVar[int] = 3

    def __init__(self, whole: Vectoriser, head: Vectoriser, linear: Linear, settings: Json) -> None:
        self._whole = whole
        self._head = head
        self._linear = linear
        self._settings = settings

    @classmethod
    def fit(
        cls,
        data: FitData,
        settings: TrainSettings,
        *,
        report: Report = silent,
        checkpoints: Path | None = None,
    ) -> Self:
        """Learn in seconds; `checkpoints` is not needed. `settings.options` may name fields of Descent."""
        texts = [*data.texts, *data.extra]
        targets = np.concatenate([data.targets, data.extra_targets])
        descent = Descent(seed=settings.seed, **settings.options)
        fewest = 2 if len(texts) >= 200 else 1
        whole = Vectoriser.fit(texts, _WHOLE, min_documents=fewest)
        head = Vectoriser.fit([text[:_HEAD_LENGTH] for text in texts], _HEAD, min_documents=fewest)
        linear = descend(
            _rows(whole, head, texts),
            targets,
            data.classes,
            descent,
            report=lambda done, total, loss: report(Progress("training", done, total, loss)),
        )
        tried = {"epochs": descent.epochs, "batch": descent.batch, "rate": descent.rate, "seed": descent.seed}
        return cls(whole, head, linear, {"head_length": _HEAD_LENGTH, "head_weight": _HEAD_WEIGHT, **tried})

    def scores(self, texts: Sequence[str]) -> Floats:
        """(n, k) unnormalised log-probabilities; a text without a known n-gram has the classes' shares."""
        return self._linear.scores(_rows(self._whole, self._head, texts))

    def save(self, folder: Path) -> None:
        """Weights go down to 16 bits, which changes no probability in its third place."""
        from safetensors.numpy import save_file

        save_file(
            {
                "weights": self._linear.weights.astype(np.float16),
                "bias": self._linear.bias,
                "whole.vocabulary": self._whole.vocabulary.view(np.int64),
                "whole.weights": self._whole.weights,
                "head.vocabulary": self._head.vocabulary.view(np.int64),
                "head.weights": self._head.weights,
            },
            folder / "linear.safetensors",
        )
        write_json(folder / "baseline.json", self._settings)

    @classmethod
    def load(cls, folder: Path) -> Self:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        settings = read_json(folder / "baseline.json")
        try:
            tensors = load_file(folder / "linear.safetensors")
        except (OSError, SafetensorError) as error:
            raise ClassifierError(f"{folder / 'linear.safetensors'} cannot be read: {error}") from error
        if (settings.get("head_length"), settings.get("head_weight")) != (_HEAD_LENGTH, _HEAD_WEIGHT):
            raise ClassifierError("the baseline was trained by another version; train it again")
        whole, head = (
            Vectoriser(shape, tensors[f"{name}.vocabulary"].view(np.uint64), tensors[f"{name}.weights"])
            for name, shape in (("whole", _WHOLE), ("head", _HEAD))
        )
        linear = Linear(tensors["weights"].astype(np.float32), tensors["bias"])
        width = len(whole.vocabulary) + len(head.vocabulary)
        if linear.weights.shape != (width, len(linear.bias)):
            raise ClassifierError(
                f"its weights are {linear.weights.shape}, not ({width}, {len(linear.bias)})"
            )
        return cls(whole, head, linear, settings)

    def describe(self) -> Json:
        return {
            "base": "baseline",
            "model": "TF-IDF of word and letter n-grams, multinomial logistic regression",
            "n_grams": len(self._whole.vocabulary) + len(self._head.vocabulary),
            **self._settings,
        }


def _rows(whole: Vectoriser, head: Vectoriser, texts: Sequence[str]) -> csr_matrix[Any]:
    """(n, d) rows of length 1: both views side by side, the head weighing less."""
    from scipy.sparse import csr_matrix, hstack

    length = np.float32(np.hypot(1, _HEAD_WEIGHT))
    first = whole.transform(texts) / length
    second = head.transform([text[:_HEAD_LENGTH] for text in texts]) * (np.float32(_HEAD_WEIGHT) / length)
    return csr_matrix(hstack([first, second], format="csr", dtype=np.float32))

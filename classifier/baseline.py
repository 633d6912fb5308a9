"""The instant engine: a linear classifier on TF-IDF of word and letter n-grams, and the nearest texts.

It needs no torch, sets the mark that a fine-tuned encoder has to beat, and is what is left when such a model
cannot be loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from classifier.engine import FitData, Floats, Json, Progress, Report, TrainSettings, silent
from classifier.errors import ClassifierError
from classifier.linear import Descent, Linear, descend
from classifier.mixture import log_softmax, mix
from classifier.neighbours import LikeNgrams
from classifier.ngrams import Shape, Vectoriser
from classifier.safefiles import read_json, write_json

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WHOLE: Final = Shape(letters=(1, 2, 3, 4, 5), words=(1, 2))
_HEAD: Final = Shape(letters=(1, 2, 3), words=(1,))
_HEAD_LENGTH: Final = 24
"""Letters of the head: people put the title first, and further phrases are titles as a whole. Told apart from
the text that follows, they are worth two points of accuracy on job descriptions."""
_HEAD_WEIGHT: Final = 0.5
_WEIGHTS: Final = (1.0, 0.3)
"""Of the linear classifier and of the nearest texts, until they are learnt."""


class Baseline:
    """A linear classifier over the n-grams of the text and, once more, over those of its head; and the codes
    of the training texts that share the most n-grams with it.
    """

    kind: ClassVar[str] = "baseline"
    folds: ClassVar[int] = 3

    def __init__(
        self,
        whole: Vectoriser,
        head: Vectoriser,
        linear: Linear,
        like: LikeNgrams,
        settings: Json,
        weights: Floats | None = None,
    ) -> None:
        self._whole = whole
        self._head = head
        self._linear = linear
        self._like = like
        self._settings = settings
        self.weights = np.asarray(_WEIGHTS if weights is None else weights, dtype=np.float32)
        """Of the two parts, in the order of `parts`."""

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
        rows = _rows(whole, head, texts)
        linear = descend(
            rows,
            targets,
            data.classes,
            descent,
            report=lambda done, total, loss: report(Progress("training", done, total, loss)),
        )
        # Weights are kept as 16 bits; rounded now, a model tells the same before and after it was saved.
        linear = Linear(linear.weights.astype(np.float16).astype(np.float32), linear.bias)
        tried = {"epochs": descent.epochs, "batch": descent.batch, "rate": descent.rate, "seed": descent.seed}
        return cls(
            whole,
            head,
            linear,
            LikeNgrams.fit(rows, targets, data.classes),
            {"head_length": _HEAD_LENGTH, "head_weight": _HEAD_WEIGHT, **tried},
        )

    def parts(self, texts: Sequence[str]) -> Floats:
        """(2, n, k) log-probabilities of the linear classifier and of the nearest texts.

        A text without a known n-gram has the classes' shares from the first, and nothing from the second.
        """
        rows = _rows(self._whole, self._head, texts)
        return np.stack([log_softmax(self._linear.scores(rows)), self._like.log_shares(rows)])

    def with_weights(self, weights: Floats) -> Self:
        """The same engine with other weights of its parts."""
        return type(self)(self._whole, self._head, self._linear, self._like, self._settings, weights)

    def scores(self, texts: Sequence[str]) -> Floats:
        """(n, k) unnormalised log-probabilities."""
        return mix(self.weights, self.parts(texts))

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
                "parts": self.weights,
                **{f"like.{name}": tensor for name, tensor in self._like.tensors().items()},
            },
            folder / "linear.safetensors",
        )
        write_json(folder / "baseline.json", self._settings)

    @classmethod
    def load(cls, folder: Path) -> Self:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        settings = read_json(folder / "baseline.json")
        path = folder / "linear.safetensors"
        try:
            tensors = load_file(path)
        except (OSError, SafetensorError) as error:
            raise ClassifierError(f"{path} cannot be read: {error}") from error
        if (settings.get("head_length"), settings.get("head_weight")) != (_HEAD_LENGTH, _HEAD_WEIGHT):
            raise ClassifierError("the baseline was trained by another version; train it again")
        try:
            whole, head = (
                Vectoriser(shape, tensors[f"{name}.vocabulary"].view(np.uint64), tensors[f"{name}.weights"])
                for name, shape in (("whole", _WHOLE), ("head", _HEAD))
            )
            linear = Linear(tensors["weights"].astype(np.float32), tensors["bias"])
            own = {name[5:]: tensor for name, tensor in tensors.items() if name.startswith("like.")}
            like = LikeNgrams.from_tensors(own, len(linear.bias))
            weights = tensors["parts"]
        except KeyError as error:
            raise ClassifierError(f"{path} has no {error}; train the baseline again") from error
        except ValueError as error:
            raise ClassifierError(f"{path} is damaged: {error}") from error
        width = len(whole.vocabulary) + len(head.vocabulary)
        if linear.weights.shape != (width, len(linear.bias)) or weights.shape != (len(_WEIGHTS),):
            raise ClassifierError(
                f"its weights are {linear.weights.shape}, not ({width}, {len(linear.bias)})"
            )
        if len(like.kept) and like.kept.max() >= width:
            raise ClassifierError(f"{path} is damaged: its nearest texts have n-grams that it does not know")
        return cls(whole, head, linear, like, settings, weights)

    def describe(self) -> Json:
        return {
            "base": "baseline",
            "model": "TF-IDF of word and letter n-grams: multinomial logistic regression, nearest texts",
            "n_grams": len(self._whole.vocabulary) + len(self._head.vocabulary),
            "parts": dict(zip(("linear", "nearest texts"), map(float, self.weights), strict=True)),
            **self._settings,
        }


def _rows(whole: Vectoriser, head: Vectoriser, texts: Sequence[str]) -> csr_matrix[Any]:
    """(n, d) rows of length 1: both views side by side, the head weighing less."""
    from scipy.sparse import csr_matrix, hstack

    length = np.float32(np.hypot(1, _HEAD_WEIGHT))
    first = whole.transform(texts) / length
    second = head.transform([text[:_HEAD_LENGTH] for text in texts]) * (np.float32(_HEAD_WEIGHT) / length)
    return csr_matrix(hstack([first, second], format="csr", dtype=np.float32))

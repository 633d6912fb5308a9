"""The baseline together with a pretrained encoder that stays as it is: `--base ensemble+NAME_OR_FOLDER`.

Five parts speak: the linear classifier and the nearest texts by n-grams, as in the baseline; the nearest
texts by what the encoder makes of the whole text, and of its start; and a small network over these vectors.
How much each counts is learnt from records that none of them has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from classifier.baseline import Baseline
from classifier.engine import (
    ENSEMBLE,
    FitData,
    Floats,
    Ints,
    Json,
    Progress,
    Report,
    TrainSettings,
    encoder_of,
    part_of,
    silent,
)
from classifier.errors import ClassifierError
from classifier.frozen import FrozenEncoder
from classifier.mixture import log_softmax, mix
from classifier.neighbours import LikeVectors
from classifier.network import Network

_WEIGHTS: Final = (0.5, 0.1, 0.2, 0.25, 0.2)
"""Of the parts, until they are learnt."""
_PARTS: Final = ("linear", "nearest by n-grams", "nearest by meaning", "nearest by the start", "network")
_ENCODER: Final = "encoder"
_FILE: Final = "ensemble.safetensors"
_STORED: Final = ("whole", "start", "network")


class Ensemble:
    """A baseline, an encoder, and what was learnt from its vectors."""

    kind: ClassVar[str] = "ensemble"
    folds: ClassVar[int] = 3

    def __init__(
        self,
        baseline: Baseline,
        encoder: FrozenEncoder,
        like: tuple[LikeVectors, LikeVectors],
        network: Network,
        weights: Floats | None = None,
    ) -> None:
        self._baseline = baseline
        self._encoder = encoder
        self._like = like
        self._network = network
        self.weights = np.asarray(_WEIGHTS if weights is None else weights, dtype=np.float32)
        """Of the five parts, in the order of `parts`."""

    @classmethod
    def fit(
        cls,
        data: FitData,
        settings: TrainSettings,
        *,
        report: Report = silent,
        checkpoints: Path | None = None,
    ) -> Self:
        """See `Engine.fit`; `settings.options` are those of the baseline."""
        name = encoder_of(settings.base)
        if "encoder" not in data.shared:
            data.shared.update(encoder=FrozenEncoder.open(name), vectors={})
        encoder: FrozenEncoder = data.shared["encoder"]
        texts = [*data.texts, *data.extra]
        targets = np.concatenate([data.targets, data.extra_targets])
        vectors = encoder.vectors(
            texts,
            memory=data.shared["vectors"],
            checkpoints=checkpoints,
            read=lambda done, total: part_of(report, 0, 3)(Progress("training", done, total)),
        )
        network = Network.fit(
            vectors,
            targets,
            data.classes,
            seed=settings.seed,
            report=lambda done, total, loss: part_of(report, 1, 3)(Progress("training", done, total, loss)),
        )
        baseline = Baseline.fit(data, settings, report=part_of(report, 2, 3))
        return cls(baseline, encoder, _like(vectors, targets, data.classes), network)

    def parts(self, texts: Sequence[str]) -> Floats:
        """(5, n, k) log-probabilities, in the order of `weights`."""
        vectors = self._encoder.vectors(texts)
        halves = np.split(vectors, 2, axis=1)
        return np.concatenate(
            [
                self._baseline.parts(texts),
                [like.log_shares(half) for like, half in zip(self._like, halves, strict=True)],
                log_softmax(self._network.scores(vectors))[None],
            ],
            dtype=np.float32,
        )

    def with_weights(self, weights: Floats) -> Self:
        """The same engine with other weights of its parts."""
        return type(self)(self._baseline, self._encoder, self._like, self._network, weights)

    def scores(self, texts: Sequence[str]) -> Floats:
        """(n, k) unnormalised log-probabilities."""
        return mix(self.weights, self.parts(texts))

    def save(self, folder: Path) -> None:
        """The files of the baseline, those of the encoder in a folder of their own, and the rest."""
        from safetensors.numpy import save_file

        self._baseline.save(folder)
        (folder / _ENCODER).mkdir()
        self._encoder.save(folder / _ENCODER)
        tensors: dict[str, npt.NDArray[Any]] = {"parts": self.weights}
        parts = (self._like[0].tensors(), self._like[1].tensors(), self._network.tensors())
        for name, own in zip(_STORED, parts, strict=True):
            tensors |= {f"{name}.{key}": np.ascontiguousarray(value) for key, value in own.items()}
        save_file(tensors, folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The engine that `save` wrote; raises ClassifierError when files are missing or broken."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        baseline = Baseline.load(folder)
        encoder = FrozenEncoder.load(folder / _ENCODER)
        classes = baseline.scores([]).shape[1]
        width = encoder.vectors([]).shape[1]
        path = folder / _FILE
        try:
            tensors = load_file(path)
            own = {
                name: {
                    key.removeprefix(f"{name}."): value
                    for key, value in tensors.items()
                    if key.startswith(f"{name}.")
                }
                for name in _STORED
            }
            whole, start = (LikeVectors.from_tensors(own[name], classes) for name in ("whole", "start"))
            network = Network.from_tensors(own["network"], width, classes)
            weights = tensors["parts"]
            if weights.shape != (len(_PARTS),) or {2 * like.vectors.shape[1] for like in (whole, start)} != {
                width
            }:
                raise ValueError("its parts do not go together")
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ClassifierError(f"{path} cannot be used: {error}") from error
        return cls(baseline, encoder, (whole, start), network, weights)

    def describe(self) -> Json:
        """Encoder, weights of the parts, and what the baseline says of itself."""
        return {
            **self._baseline.describe(),
            "base": f"{ENSEMBLE}{self._encoder.name}",
            "model": "the baseline, and the nearest texts and a network by the vectors of an encoder",
            "encoder": self._encoder.describe(),
            "parts": dict(zip(_PARTS, map(float, self.weights), strict=True)),
        }


def _like(vectors: Floats, targets: Ints, classes: int) -> tuple[LikeVectors, LikeVectors]:
    whole, start = np.split(vectors, 2, axis=1)
    return LikeVectors.fit(whole, targets, classes), LikeVectors.fit(start, targets, classes)

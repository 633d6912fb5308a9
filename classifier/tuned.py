"""The baseline together with an encoder that is trained as well: `--base baseline+NAME_OR_FOLDER`.

What the two get wrong differs: words that name an occupation are the linear classifier's, what stands for
the same in other words is the encoder's. Three parts speak, the two of the baseline and the encoder with its
head. How much each counts is learnt from the records that are kept back for the calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final, Self

import numpy as np

from classifier.baseline import Baseline
from classifier.engine import (
    TUNED,
    FitData,
    Floats,
    Json,
    Precision,
    Report,
    TrainSettings,
    encoder_of,
    silent,
)
from classifier.errors import ClassifierError
from classifier.mixture import log_softmax, mix
from classifier.safefiles import read_json, write_json
from classifier.transformer import TransformerEngine

_WEIGHTS: Final = (0.4, 0.1, 0.5)
"""Of the parts, until they are learnt."""
_PARTS: Final = ("linear", "nearest texts", "encoder")
_ENCODER: Final = "encoder"
_FILE: Final = "tuned.json"


class TunedEnsemble:
    """A baseline and a trained encoder."""

    kind: ClassVar[str] = "tuned"
    folds: ClassVar[int] = 0

    def __init__(
        self, baseline: Baseline, encoder: TransformerEngine, name: str, weights: Floats | None = None
    ) -> None:
        self._baseline = baseline
        self._encoder = encoder
        self._name = name
        self.weights = np.asarray(_WEIGHTS if weights is None else weights, dtype=np.float32)
        """Of the three parts, in the order of `parts`."""

    @classmethod
    def fit(
        cls,
        data: FitData,
        settings: TrainSettings,
        *,
        report: Report = silent,
        checkpoints: Path | None = None,
    ) -> Self:
        """See `Engine.fit`; `settings.options` are those of the encoder."""
        name = encoder_of(settings.base)
        # The baseline takes seconds: what is told is how far the encoder is, epoch by epoch.
        baseline = Baseline.fit(
            data,
            replace(settings, base="baseline", options={}),
            report=lambda progress: report(replace(progress, done=0, loss=None)),
        )
        encoder = TransformerEngine.fit(
            data, replace(settings, base=name), report=report, checkpoints=checkpoints
        )
        return cls(baseline, encoder, name)

    @property
    def precision(self) -> Precision:
        """How the encoder's products are computed when scoring."""
        return self._encoder.precision

    @precision.setter
    def precision(self, precision: Precision) -> None:
        self._encoder.precision = precision

    def parts(self, texts: Sequence[str]) -> Floats:
        """(3, n, k) log-probabilities, in the order of `weights`."""
        encoded = log_softmax(self._encoder.scores(texts))
        return np.concatenate([self._baseline.parts(texts), encoded[None]], dtype=np.float32)

    def with_weights(self, weights: Floats) -> Self:
        """The same engine with other weights of its parts."""
        return type(self)(self._baseline, self._encoder, self._name, weights)

    def scores(self, texts: Sequence[str]) -> Floats:
        """(n, k) unnormalised log-probabilities."""
        return mix(self.weights, self.parts(texts))

    def save(self, folder: Path) -> None:
        """The files of the baseline, those of the encoder in a folder of their own, and the weights."""
        self._baseline.save(folder)
        (folder / _ENCODER).mkdir()
        self._encoder.save(folder / _ENCODER)
        write_json(folder / _FILE, {"name": self._name, "parts": [float(one) for one in self.weights]})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The engine that `save` wrote; raises ClassifierError when files are missing or broken."""
        about = read_json(folder / _FILE)
        baseline, encoder = Baseline.load(folder), TransformerEngine.load(folder / _ENCODER)
        if baseline.scores([]).shape != encoder.scores([]).shape:
            raise ClassifierError(f"{folder}: its baseline and its encoder are of different classes")
        try:
            weights = np.array(about["parts"], dtype=np.float32)
        except (KeyError, TypeError, ValueError) as error:
            raise ClassifierError(f"{folder / _FILE} is damaged: {error}") from error
        if weights.shape != (len(_PARTS),) or not np.isfinite(weights).all():
            raise ClassifierError(f"{folder / _FILE} is damaged: it has no weight for each part")
        return cls(baseline, encoder, str(about.get("name")), weights)

    def describe(self) -> Json:
        """Encoder, weights of the parts, and what the baseline says of itself."""
        return {
            **self._baseline.describe(),
            "base": f"{TUNED}{self._name}",
            "model": "the baseline, and an encoder trained on the same texts",
            "encoder": self._encoder.describe(),
            "parts": dict(zip(_PARTS, map(float, self.weights), strict=True)),
        }

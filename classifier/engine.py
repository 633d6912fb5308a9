"""What every engine can do: learn codes from texts, score texts, and be kept in a folder without pickles.

An engine knows classes by their place only (0 to k - 1, in the order of the model's sorted codes); codes,
text template and calibration belong to the model around it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Protocol, Self, cast, runtime_checkable

import numpy as np
import numpy.typing as npt

from classifier.errors import ClassifierError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How to train; the defaults of epochs, batch and rate are the paper's (page 4).

    `base` is 'baseline', or the name or folder of an encoder, alone or after `ENSEMBLE` or `TUNED`.
    `calibration_size` is the share of the training
    records that an engine which cannot afford folds keeps back to fit its calibration. `test_size` 0 keeps no
    test records back. `options` are further settings of one engine, by name.
    """

    base: str = "baseline"
    min_class_size: int = 11
    test_size: float = 0.3
    split: str = "random"
    calibration_size: float = 0.1
    epochs: int = 8
    batch_size: int = 64
    learning_rate: float | None = None
    """None: what suits the base (2e-5 for DistilKoBERT, as in the paper)."""
    seed: int = 0
    extra_adds_classes: bool = True
    """Whether a code that only further phrases have becomes a class."""
    describe: str = "small"
    """Which classes of a classification get their title and description as further phrases.

    'small': those with fewer than `min_class_size` records, or with none, so that every class can be given.
    'all': every class (the paper's model 3). 'none': no class (the paper leaves small classes out).
    """
    options: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FitData:
    """What an engine learns from: `texts[i]` has the class `targets[i]`, a number from 0 to `classes` - 1.

    `extra` are further phrases (index titles, descriptions), already cleaned like the texts, of which the
    same holds; they count as training texts but never as records.
    """

    texts: Sequence[str]
    targets: Ints
    classes: int
    extra: Sequence[str] = ()
    extra_targets: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    shared: dict[str, Any] = field(default_factory=dict)
    """What an engine may keep for its next fit on another part of the same data."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is: `done` of `total` steps (any unit, the same throughout), and the loss if any."""

    stage: str
    done: int
    total: int
    loss: float | None = None


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """A report to nobody."""


def part_of(report: Report, part: int, parts: int) -> Report:
    """For one of several trainings in a row (`part` from 0): they are told as one."""

    def told(progress: Progress) -> None:
        done = part * progress.total + progress.done
        report(replace(progress, done=done, total=parts * progress.total))

    return told


class Engine(Protocol):
    """A trained engine. Never unpickles and never runs code that lies in a model folder."""

    kind: ClassVar[str]
    """The name under which `model.json` records it; a key of ENGINES."""
    folds: ClassVar[int]
    """Into how many folds the training is cut to get scores of unseen records for the calibration.

    0: fitting is dear; `TrainSettings.calibration_size` of the training records is kept back instead.
    """

    @classmethod
    def fit(
        cls,
        data: FitData,
        settings: TrainSettings,
        *,
        report: Report = silent,
        checkpoints: Path | None = None,
    ) -> Self:
        """Learn; deterministic for a seed. `report` is called often, and may raise to stop the training.

        `checkpoints` is a folder (made if need be) from which a killed training of the same data and settings
        goes on after its last epoch; the caller removes it when the model is saved.
        """
        ...

    def scores(self, texts: Sequence[str]) -> Floats:
        """Unnormalised log-probabilities, (len(texts), classes) float32, finite.

        Texts are cleaned and distinct, at most a few thousand at a time; none at all gives (0, classes).
        """
        ...

    def save(self, folder: Path) -> None:
        """Write weights (*.safetensors), JSON and tokenizer files into an existing folder."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The engine that `save` wrote; raises ClassifierError when files are missing or broken."""
        ...

    def describe(self) -> Json:
        """What a card should tell: base and its origin, sizes, hyper-parameters, versions. JSON-ready."""
        ...


@runtime_checkable
class MixedEngine(Engine, Protocol):
    """An engine of several parts, whose scores are the weighted sum of their log-probabilities.

    The weights are learnt from the same unseen records as the calibration: see `classifier.mixture`.
    """

    weights: Floats
    """(c,), one a part."""

    def parts(self, texts: Sequence[str]) -> Floats:
        """(c, n, k) log-probabilities, texts as for `scores`."""
        ...

    def with_weights(self, weights: Floats) -> Self:
        """The same engine with other weights of its parts."""
        ...


Precision = Literal["auto", "float32", "bfloat16", "int8"]
"""How an encoder computes: 'auto' is bfloat16 where the processor has it, otherwise float32."""


@runtime_checkable
class PreciseEngine(Engine, Protocol):
    """An engine with an encoder, which can be told how to compute."""

    precision: Precision


ENGINES: Final = {
    "baseline": "classifier.baseline:Baseline",
    "ensemble": "classifier.ensemble:Ensemble",
    "transformer": "classifier.transformer:TransformerEngine",
    "tuned": "classifier.tuned:TunedEnsemble",
}
"""Where each kind lives; imported when it is first asked for, so that the baseline needs no torch."""


ENSEMBLE: Final = "ensemble+"
"""What the name of an encoder follows that is one part of several, and stays as it is."""
TUNED: Final = "baseline+"
"""What the name of an encoder follows that is trained, and speaks together with the baseline."""


def engine_class(kind: str) -> type[Engine]:
    """The engine of a kind; raises ClassifierError when it is unknown or its packages are absent."""
    if kind not in ENGINES:
        raise ClassifierError(f"there is no engine {kind!r}; known are {', '.join(ENGINES)}")
    module, name = ENGINES[kind].split(":")
    try:
        return cast("type[Engine]", getattr(import_module(module), name))
    except ModuleNotFoundError as error:
        raise ClassifierError(f"the engine {kind!r} needs the package {error.name!r}; install it") from error


def kind_of(base: str) -> str:
    """The kind of engine that a base needs.

    That is 'ensemble' for 'ensemble+' and the name of an encoder, 'tuned' for 'baseline+' and such a name,
    'baseline' for 'baseline', and 'transformer' for the name of an encoder alone.
    """
    kinds = {ENSEMBLE: "ensemble", TUNED: "tuned"}
    return "baseline" if base == "baseline" else kinds.get(parted(base)[0], "transformer")


def parted(base: str) -> tuple[str, str]:
    """What the name of an encoder follows, `ENSEMBLE` or `TUNED`, nothing for one alone; and that name."""
    before = next((before for before in (ENSEMBLE, TUNED) if base.startswith(before)), "")
    return before, base.removeprefix(before)


def encoder_of(base: str) -> str:
    """The name of the encoder of an ensemble; raises ClassifierError where there is none."""
    before, name = parted(base)
    if not name:
        raise ClassifierError(f"the base {base!r} names no encoder: write {before}NAME_OR_FOLDER")
    return name

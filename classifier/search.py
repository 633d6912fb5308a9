"""A search over epochs, batch size and learning rate, on a part of the training records.

Every combination is trained on the rest of the training records and judged on that part; the test records
are never looked at. The best is then trained on everything there is to learn from.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final, Self

from classifier.confidence import reliability
from classifier.engine import Json, Report, TrainSettings, kind_of, part_of, silent
from classifier.errors import ClassifierError
from classifier.examples import NOTHING, Examples
from classifier.metrics import Predictions, accuracy
from classifier.safefiles import read_json, remove_folder, write_json
from classifier.splits import group_keys, hold_out, phrases_apart
from classifier.variants import fit_engine

VALIDATION: Final = 0.2
"""The share of the training records that combinations are judged on."""
_FILE: Final = "search.json"


@dataclass(frozen=True, slots=True)
class Grid:
    """What is tried: every combination; where nothing is named, the value of the settings.

    The default spans the paper's rate and those that encoders with mean pooling want.
    """

    epochs: tuple[int, ...] = (4, 8)
    batch_size: tuple[int, ...] = ()
    learning_rate: tuple[float, ...] = (2e-5, 5e-5, 1e-4, 2e-4)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        """From words such as `epochs=4,8` and `learning-rate=2e-5,5e-5`; the default grid from none."""
        if not words:
            return cls()
        found: dict[str, tuple[float, ...]] = {}
        for word in words:
            name, _, values = word.partition("=")
            key = name.replace("-", "_")
            if key not in ("epochs", "batch_size", "learning_rate") or key in found:
                raise ClassifierError(
                    f"{word!r} is nothing to search over; write epochs=4,8 batch-size=32,64 "
                    "learning-rate=2e-5,5e-5, each once, or leave some out"
                )
            try:
                kind = float if key == "learning_rate" else int
                found[key] = tuple(kind(value) for value in values.split(","))
            except ValueError:
                raise ClassifierError(f"{word!r} has no numbers after the '=', with commas between") from None
        return cls(**{**dict.fromkeys(("epochs", "batch_size", "learning_rate"), ()), **found})  # type: ignore[arg-type]

    def settings(self, settings: TrainSettings) -> list[TrainSettings]:
        """One for every combination, in order; raises ClassifierError for numbers that make no sense."""
        rates: Sequence[float | None] = self.learning_rate or (settings.learning_rate,)
        sizes = self.batch_size or (settings.batch_size,)
        epochs = self.epochs or (settings.epochs,)
        if min(*epochs, *sizes, 1) < 1 or not all(rate is None or 0 < rate < 1 for rate in rates):
            raise ClassifierError("epochs and batch sizes are at least 1, learning rates between 0 and 1")
        return [
            replace(settings, epochs=count, batch_size=size, learning_rate=rate)
            for rate, size, count in product(rates, sizes, epochs)
        ]


def search(
    train: Examples,
    grid: Grid,
    settings: TrainSettings,
    *,
    extra: Examples = NOTHING,
    known: Collection[str] = (),
    report: Report = silent,
    checkpoints: Path | None = None,
) -> tuple[TrainSettings, Json]:
    """The best settings, and what was tried, JSON-ready.

    `extra` are further phrases; see `classifier.splits.phrases_apart` for `known`. The most accurate
    combination wins, and of equals the one with the lower log loss. With `checkpoints`, a killed search goes
    on with the combination it was at. Raises ClassifierError for an engine without such settings.
    """
    kind = kind_of(settings.base)
    if kind != "transformer":
        raise ClassifierError(
            f"{settings.base!r} has no epochs, batch size or learning rate to search over; name an encoder"
        )
    combinations = grid.settings(settings)
    keys = group_keys(train.texts, settings.split)
    learnt, kept = hold_out(keys, train.codes, VALIDATION, seed=settings.seed + 2)
    held, rest = train.take(kept.tolist()), train.take(learnt.tolist())
    if not len(held):
        raise ClassifierError("the records are too few to keep some back for a search")
    extra = phrases_apart(extra, held, settings.split, known)
    memory = _Memory(checkpoints, [rest, held, extra], settings)
    rows: list[Json] = []
    for number, tried in enumerate(combinations):
        row: Json = {
            "epochs": tried.epochs,
            "batch_size": tried.batch_size,
            "learning_rate": tried.learning_rate,
        }
        judged = memory.find(row)
        if judged is None:
            folder = None if checkpoints is None else checkpoints / f"search-{number + 1}"
            progress = part_of(report, number, len(combinations) + 1)
            model = fit_engine(tried, report=progress, checkpoints=folder)(rest, extra)
            predictions = Predictions(held.codes, model.classes, model.predict_proba(held.texts))
            judged = {
                **row,
                "accuracy": accuracy(predictions).to_dict(),
                "log_loss": reliability(predictions)["log_loss"],
            }
            memory.add(judged)
            if folder is not None:
                remove_folder(folder)
        rows.append(judged)
    best = max(range(len(rows)), key=lambda n: (rows[n]["accuracy"]["value"], -rows[n]["log_loss"]))
    return combinations[best], {"validation_records": len(held), "tried": rows, "chosen": best}


class _Memory:
    """What a search has judged so far, in `search.json` of the checkpoints."""

    def __init__(self, folder: Path | None, parts: Sequence[Examples], settings: TrainSettings) -> None:
        self._path = None if folder is None else folder / _FILE
        same = [part.fingerprint() for part in parts]
        self._about: Json = {"data": same, "base": settings.base, "seed": settings.seed}
        self._about["options"] = settings.options
        self._rows: list[Json] = []
        if self._path is not None and self._path.is_file():
            kept = read_json(self._path)
            if kept.get("about") != self._about:
                raise ClassifierError(
                    f"{self._path} belongs to a search with other records or settings. Remove "
                    f"{self._path.parent} to start anew, or give the same records and settings to go on."
                )
            self._rows = list(kept["rows"])

    def find(self, row: Json) -> Json | None:
        return next((kept for kept in self._rows if row.items() <= kept.items()), None)

    def add(self, row: Json) -> None:
        self._rows.append(row)
        if self._path is None:
            return
        part = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_json(part, {"about": self._about, "rows": self._rows})
            part.replace(self._path)
        except OSError as error:
            raise ClassifierError(f"{self._path} cannot be written: {error.strerror or error}") from error

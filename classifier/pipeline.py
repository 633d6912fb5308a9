"""From coded records to a calibrated model: class filter, split, fit, calibration, figures, card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Final

import numpy as np

from classifier.calibrate import Calibration
from classifier.card import calibration_figures, held_out_figures, make_card
from classifier.engine import (
    Engine,
    FitData,
    Floats,
    Ints,
    Progress,
    Report,
    TrainSettings,
    engine_class,
    kind_of,
    silent,
)
from classifier.errors import ClassifierError
from classifier.examples import NOTHING, Classification, Examples, Selection, select_classes
from classifier.model import Model
from classifier.splits import fold_of_each, group_keys, hold_out
from classifier.text import Template, normalise

_FIRST_WORDS: Final = 12
"""Words at the start of a text that may be a title."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The records of a training by what they are for; `test` has those that nothing was learnt from."""

    selection: Selection
    train: Examples
    test: Examples


def partition(
    examples: Examples, *, extra: Examples = NOTHING, settings: TrainSettings | None = None
) -> Parts:
    """What `train` learns from and keeps back: the same for the same data and settings.

    Raises ClassifierError when fewer than two classes remain.
    """
    settings = settings or TrainSettings()
    selection = select_classes(
        examples,
        extra,
        min_class_size=settings.min_class_size,
        extra_adds_classes=settings.extra_adds_classes,
    )
    kept = selection.examples
    keys = group_keys(kept.texts, settings.split)
    learnt, tested = hold_out(keys, kept.codes, settings.test_size, seed=settings.seed)
    return Parts(selection, kept.take(learnt.tolist()), kept.take(tested.tolist()))


def train(
    examples: Examples,
    *,
    template: Template | str,
    extra: Examples = NOTHING,
    settings: TrainSettings | None = None,
    classification: Classification | None = None,
    report: Report = silent,
    checkpoints: Path | None = None,
) -> Model:
    """Learn, calibrate on records the engine did not learn from, and measure on the test records.

    `template` says how texts were made of records, and how they will be. `checkpoints` is where a dear
    training keeps its epochs, to go on after a kill. Raises ClassifierError for data that cannot be learnt
    from, and for a base that cannot be loaded.
    """
    settings = settings or TrainSettings()
    template = Template(template) if isinstance(template, str) else template
    if classification is not None:
        classification.check(examples, where="the records")
        classification.check(extra, where="the further phrases")
    parts = partition(examples, extra=extra, settings=settings)
    selection = parts.selection
    if not len(parts.train):
        raise ClassifierError("no record is left to learn from; keep fewer back for the test")
    kind = engine_class(kind_of(settings.base))
    number = {code: place for place, code in enumerate(selection.classes)}
    extra_kept = _without_test_texts(selection.extra, parts.test, settings.split)
    learner = _Learner(kind, number, extra_kept, settings, report, checkpoints)
    engine, unseen, targets, method = learner.run(parts.train)
    calibration = Calibration.fit(unseen, targets)
    tested = engine.scores(list(parts.test.texts))
    test_targets = _numbers(parts.test.codes, number)
    card = make_card(
        engine=engine,
        settings=settings,
        selection=replace(selection, extra=extra_kept),
        train=parts.train,
        test=parts.test,
        left_out={**examples.left_out, "class too small": sum(selection.too_small.values())},
        calibration=calibration_figures(unseen, targets, calibration, method=method),
        metrics=held_out_figures(tested, test_targets, calibration),
    )
    return Model(selection.classes, engine, calibration, template, card)


@dataclass(frozen=True, slots=True)
class _Learner:
    kind: type[Engine]
    number: dict[str, int]
    extra: Examples
    settings: TrainSettings
    report: Report
    checkpoints: Path | None

    def run(self, examples: Examples) -> tuple[Engine, Floats, Ints, str]:
        """The engine, with scores and classes of records it did not see, and how these were kept from it."""
        keys = group_keys(examples.texts, self.settings.split)
        folds = min(self.kind.folds, len(set(keys)))
        if folds >= 2:
            unseen = self._by_folds(examples, keys, folds)
            engine = self._fit(examples, self.extra, folds, folds + 1)
            return engine, unseen, _numbers(examples.codes, self.number), f"{folds} folds"
        size = self.settings.calibration_size
        learnt, kept = hold_out(keys, examples.codes, size, seed=self.settings.seed + 1)
        held = examples.take(kept.tolist())
        engine = self._fit(examples.take(learnt.tolist()), self._extra_without(held), 0, 1)
        return (
            engine,
            engine.scores(list(held.texts)),
            _numbers(held.codes, self.number),
            f"{size:g} kept back",
        )

    def _by_folds(self, examples: Examples, keys: Sequence[str], folds: int) -> Floats:
        """Scores of every record by an engine that learnt from the other folds."""
        fold = fold_of_each(keys, examples.codes, folds, seed=self.settings.seed + 1)
        scores = np.zeros((len(examples), len(self.number)), dtype=np.float32)
        for place in range(folds):
            held = examples.take(np.flatnonzero(fold == place).tolist())
            rest = examples.take(np.flatnonzero(fold != place).tolist())
            engine = self._fit(rest, self._extra_without(held), place, folds + 1)
            scores[fold == place] = engine.scores(list(held.texts))
        return scores

    def _extra_without(self, held: Examples) -> Examples:
        return _without_test_texts(self.extra, held, self.settings.split)

    def _fit(self, examples: Examples, extra: Examples, part: int, parts: int) -> Engine:
        def report(progress: Progress) -> None:
            # The parts of a training in folds are told as one training.
            done = part * progress.total + progress.done
            self.report(replace(progress, done=done, total=parts * progress.total))

        data = FitData(
            examples.texts,
            _numbers(examples.codes, self.number),
            len(self.number),
            extra.texts,
            _numbers(extra.codes, self.number),
        )
        return self.kind.fit(data, self.settings, report=report, checkpoints=self.checkpoints)


def _without_test_texts(extra: Examples, held: Examples, split: str) -> Examples:
    """In a grouped split, further phrases must not tell what a held-out text is: its first words are left
    out.

    The title is where a record starts, and may be among the phrases with its code.
    """
    if split != "grouped" or not len(held):
        return extra
    starts: set[str] = set()
    for text in held.texts:
        starts.update(accumulate(normalise(text).split()[:_FIRST_WORDS], "{} {}".format))
    return extra.take(at for at, phrase in enumerate(extra.texts) if normalise(phrase) not in starts)


def _numbers(codes: Sequence[str], number: dict[str, int]) -> Ints:
    return np.fromiter((number[code] for code in codes), dtype=np.int64, count=len(codes))

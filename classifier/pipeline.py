"""From coded records to a calibrated model: class filter, split, fit, calibration, figures, card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from classifier.calibrate import Calibration
from classifier.card import calibration_figures, described, held_out_figures, make_card
from classifier.classification import Classification
from classifier.engine import (
    Engine,
    FitData,
    Floats,
    Ints,
    Json,
    MixedEngine,
    Report,
    TrainSettings,
    engine_class,
    kind_of,
    part_of,
    silent,
)
from classifier.errors import ClassifierError
from classifier.examples import NOTHING, Examples, Selection, select_classes
from classifier.kin import without_kin
from classifier.learnt import Learnt
from classifier.mixture import fit_weights, mix
from classifier.model import Model
from classifier.search import Grid, search
from classifier.splits import fold_of_each, group_keys, hold_out, phrases_apart
from classifier.text import Template

DESCRIBE: Final = ("small", "all", "none")
"""What `TrainSettings.describe` may be."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The records of a training by what they are for; `test` has those that nothing was learnt from.

    `titles` are the phrases that came from the classification; `selection.extra` has them, too.
    """

    selection: Selection
    train: Examples
    test: Examples
    titles: Examples


def partition(
    examples: Examples,
    *,
    extra: Examples = NOTHING,
    settings: TrainSettings | None = None,
    classification: Classification | None = None,
) -> Parts:
    """What `train` learns from and keeps back: the same for the same arguments.

    Raises ClassifierError when the records that remain have fewer than two codes.
    """
    settings = settings or TrainSettings()
    titles = _titles(examples, settings, classification)
    selection = select_classes(
        examples,
        extra.plus(titles),
        min_class_size=settings.min_class_size,
        extra_adds_classes=settings.extra_adds_classes,
    )
    kept = selection.examples
    if len(set(kept.codes)) < 2:
        only = f"all {len(kept)} records have the code {kept.codes[0]}" if len(kept) else "no record remains"
        raise ClassifierError(
            f"{only}; a model learns to tell codes apart, from records of two codes at least"
        )
    keys = group_keys(kept.texts, settings.split)
    learnt, tested = hold_out(keys, kept.codes, settings.test_size, seed=settings.seed)
    return Parts(selection, kept.take(learnt.tolist()), kept.take(tested.tolist()), titles)


def _titles(examples: Examples, settings: TrainSettings, classification: Classification | None) -> Examples:
    """Titles and descriptions of classes on the levels that records use, as phrases.

    The levels are those of the codes with records enough: a stray code of another level brings no others in.
    """
    if settings.describe not in DESCRIBE:
        raise ClassifierError(f"classes to describe: {settings.describe!r} is none of {', '.join(DESCRIBE)}")
    if classification is None or settings.describe == "none":
        return NOTHING
    sizes = Counter(examples.codes)
    large = {code for code, size in sizes.items() if size >= settings.min_class_size}
    codes = classification.beside(large or sizes.keys())
    return classification.phrases(
        codes if settings.describe == "all" else [code for code in codes if code not in large]
    )


def train(
    examples: Examples,
    *,
    template: Template | str,
    extra: Examples = NOTHING,
    settings: TrainSettings | None = None,
    classification: Classification | None = None,
    grid: Grid | None = None,
    report: Report = silent,
    checkpoints: Path | None = None,
) -> Model:
    """Learn, calibrate on records the engine did not learn from, and measure on the test records.

    `template` says how texts were made of records, and how they will be. With a `classification`, codes that
    are not in it are refused, and classes without records are reached through their titles (see
    `TrainSettings.describe`). With a `grid`, hyper-parameters are searched for first, on a part of the
    training records. `checkpoints` is where a dear training keeps its epochs, to go on after a kill. Raises
    ClassifierError for data that cannot be learnt from, and for a base that cannot be loaded.
    """
    settings = settings or TrainSettings()
    template = Template(template) if isinstance(template, str) else template
    if classification is not None:
        classification.check(examples, where="the records")
        classification.check(extra, where="the further phrases")
    parts = partition(examples, extra=extra, settings=settings, classification=classification)
    selection = parts.selection
    if not len(parts.train):
        raise ClassifierError("no record is left to learn from; keep fewer back for the test")
    kind = engine_class(kind_of(settings.base))
    number = {code: place for place, code in enumerate(selection.classes)}
    known = set(selection.examples.codes)
    extra_kept = phrases_apart(selection.extra, parts.test, settings.split, known)
    found = None
    if grid is not None:
        settings, found = search(
            parts.train,
            grid,
            settings,
            extra=extra_kept,
            known=known,
            report=report,
            checkpoints=checkpoints,
        )
        report = part_of(report, len(found["tried"]), len(found["tried"]) + 1)
    learner = _Learner(kind, number, extra_kept, known, settings, report, checkpoints)
    engine, unseen, targets, method = learner.run(parts.train)
    calibration = Calibration.fit(unseen, targets)
    learnt = Learnt.of(parts.train.texts)
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
        metrics=held_out_figures(tested, test_targets, calibration, new=~learnt.has(parts.test.texts)),
        described=described(parts.titles, examples.codes),
        search=found,
    )
    return Model(selection.classes, engine, calibration, template, card, learnt)


@dataclass(frozen=True, slots=True)
class _Learner:
    kind: type[Engine]
    number: dict[str, int]
    extra: Examples
    known: Collection[str]
    settings: TrainSettings
    report: Report
    checkpoints: Path | None
    shared: Json = field(default_factory=dict)

    def run(self, examples: Examples) -> tuple[Engine, Floats, Ints, str]:
        """The engine, with scores and classes of records it did not see, and how these were kept from it."""
        keys = group_keys(examples.texts, self.settings.split)
        folds = min(self.kind.folds, len(set(keys)))
        if folds >= 2:
            targets = _numbers(examples.codes, self.number)
            parts = self._by_folds(examples, keys, folds)
            engine = self._fit(examples, self.extra, folds, folds + 1)
            return *_weighed(engine, parts, targets), targets, f"{folds} folds"
        size = self.settings.calibration_size
        learnt, kept = hold_out(keys, examples.codes, size, seed=self.settings.seed + 1)
        held, rest = examples.take(kept.tolist()), examples.take(learnt.tolist())
        engine = self._fit(rest, self._extra_without(held, rest), 0, 1)
        targets = _numbers(held.codes, self.number)
        return *_weighed(engine, _parts(engine, held.texts), targets), targets, f"{size:g} kept back"

    def _by_folds(self, examples: Examples, keys: Sequence[str], folds: int) -> Floats:
        """(c, n, k) scores of every record by the parts of an engine that learnt from the other folds."""
        fold = fold_of_each(keys, examples.codes, folds, seed=self.settings.seed + 1)
        found: list[Floats] = []
        for place in range(folds):
            held = examples.take(np.flatnonzero(fold == place).tolist())
            rest = examples.take(np.flatnonzero(fold != place).tolist())
            engine = self._fit(rest, self._extra_without(held, rest), place, folds + 1)
            found.append(_parts(engine, held.texts))
        parts = np.empty((len(found[0]), len(examples), len(self.number)), dtype=np.float32)
        for place, scores in enumerate(found):
            parts[:, fold == place] = scores
        return parts

    def _extra_without(self, held: Examples, rest: Examples) -> Examples:
        """The further phrases that tell nothing of the records `held`."""
        extra = phrases_apart(self.extra, held, self.settings.split, self.known)
        return without_kin(extra, held, rest) if self.settings.split == "grouped" else extra

    def _fit(self, examples: Examples, extra: Examples, part: int, parts: int) -> Engine:
        data = FitData(
            examples.texts,
            _numbers(examples.codes, self.number),
            len(self.number),
            extra.texts,
            _numbers(extra.codes, self.number),
            self.shared,
        )
        report = part_of(self.report, part, parts)
        return self.kind.fit(data, self.settings, report=report, checkpoints=self.checkpoints)


def _parts(engine: Engine, texts: Sequence[str]) -> Floats:
    """(c, n, k) log-probabilities of the parts of an engine; the scores of one that is a whole."""
    return engine.parts(texts) if isinstance(engine, MixedEngine) else engine.scores(texts)[None]


def _weighed(engine: Engine, parts: Floats, targets: Ints) -> tuple[Engine, Floats]:
    """The engine, its parts weighed by records that it did not learn from, and its scores of these."""
    if not isinstance(engine, MixedEngine):
        return engine, parts[0]
    weights = fit_weights(parts, targets, engine.weights)
    return engine.with_weights(weights), mix(weights, parts)


def _numbers(codes: Sequence[str], number: dict[str, int]) -> Ints:
    return np.fromiter((number[code] for code in codes), dtype=np.int64, count=len(codes))

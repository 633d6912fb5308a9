"""The paper's variants of a model, trained with one engine and judged on the same held-out records.

Kim et al. 2024, "Post-hoc analysis": the half model (trained on half of the training set, 35 % of all records
instead of 70 %), model 2 (only classes with more than 100 records), model 3 (descriptions of the
classification added to the training text) and model 4 (both), beside the model itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from classifier.calibrate import softmax
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
from classifier.examples import NOTHING, Examples, select_classes
from classifier.metrics import Predictions
from classifier.posthoc import class_precisions, model_row, under_and_over
from classifier.splits import group_keys, hold_out, phrases_apart

Json = dict[str, Any]

LARGE: Final = 100
"""Models 2 and 4 have the classes with more records than this."""
_CHUNK: Final = 4_096


class Trained(Protocol):
    """What a trained variant must tell."""

    @property
    def classes(self) -> Sequence[str]: ...

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """(n, k) probabilities, a column for each of `classes`."""
        ...


Fit = Callable[[Examples, Examples], Trained]
"""Learns from records and further phrases; its classes are the codes of both."""


def run(
    examples: Examples,
    fit: Fit,
    *,
    descriptions: Examples = NOTHING,
    test_size: float = 0.3,
    split: str = "random",
    min_class_size: int = 11,
    large: int = LARGE,
    seed: int = 0,
    report: Report = silent,
) -> Json:
    """Train and judge the variants; the result is JSON-ready and fits
    `classifier.evaluation.evaluate(variants=)`.

    Keys: `settings`, `records` (`train`, `test`), `models` (rows of `classifier.posthoc.model_row`),
    `under_and_over` (the model and its half), `left_out` (variants that could not be trained, with the
    reason). Descriptions count for the classes a variant has, and add none, so that models 1 and 3 differ in
    nothing else. Raises ClassifierError when fewer than two classes have `min_class_size` records.
    """
    kept = select_classes(examples, min_class_size=min_class_size).examples
    learnt, tested = hold_out(group_keys(kept.texts, split), kept.codes, test_size, seed=seed)
    train, test = kept.take(learnt.tolist()), kept.take(tested.tolist())
    first_half, _ = hold_out(group_keys(train.texts, split), train.codes, 0.5, seed=seed)
    sizes = Counter(kept.codes)
    big = {code for code, size in sizes.items() if size > large}
    all_classes = set(sizes)
    descriptions = phrases_apart(descriptions, test, split, all_classes)

    plans: list[tuple[str, str, Examples, Examples]] = [
        ("model 1", f"classes with {min_class_size} records or more", train, NOTHING),
        ("half", "model 1 trained on half of the training records", train.take(first_half.tolist()), NOTHING),
    ]
    left_out: list[Json] = []
    few = "" if len(big) >= 2 else f"{len(big) or 'no'} class has more than {large} records; two are needed"
    plain = "" if len(descriptions) else "no descriptions were given"
    for name, words, classes, extra, reason in (
        ("model 2", f"classes with more than {large} records", big, NOTHING, few),
        ("model 3", "model 1 with descriptions", all_classes, descriptions, plain),
        ("model 4", "model 2 with descriptions", big, descriptions, few or plain),
    ):
        if reason:
            left_out.append({"model": name, "description": words, "reason": reason})
        else:
            plans.append((name, words, _only(train, classes), _only(extra, classes)))

    rows: list[Json] = []
    precisions = {}
    for place, (name, words, records, extra) in enumerate(plans):
        report(Progress(name, place, len(plans)))
        model = fit(records, extra)
        predictions = Predictions(test.codes, model.classes, model.predict_proba(test.texts))
        rows.append(model_row(name, predictions, trained=len(records) + len(extra), description=words))
        if name in ("model 1", "half"):
            precisions[name] = class_precisions(predictions, Counter(records.codes))
    report(Progress("done", len(plans), len(plans)))
    return {
        "settings": {
            "test_size": test_size,
            "split": split,
            "min_class_size": min_class_size,
            "large": large,
            "seed": seed,
        },
        "records": {"train": len(train), "test": len(test)},
        "models": rows,
        "under_and_over": under_and_over(precisions),
        "left_out": left_out,
    }


def _only(examples: Examples, classes: Collection[str]) -> Examples:
    return examples.take(place for place, code in enumerate(examples.codes) if code in classes)


def train_variants(
    examples: Examples,
    *,
    settings: TrainSettings | None = None,
    descriptions: Examples = NOTHING,
    large: int = LARGE,
    report: Report = silent,
) -> Json:
    """`run` with an engine, and with the split and the class filter of `settings`.

    Five trainings at most: model 1, the half model, models 2 to 4. `report` hears of them as of one.
    """
    settings = settings or TrainSettings()
    current = Progress("", 0, 1)

    def begun(progress: Progress) -> None:
        nonlocal current
        current = progress
        report(progress)

    def within(progress: Progress) -> None:
        done = current.done * progress.total + progress.done
        report(Progress(current.stage, done, current.total * progress.total, progress.loss))

    return run(
        examples,
        fit_engine(settings, report=within),
        descriptions=descriptions,
        test_size=settings.test_size,
        split=settings.split,
        min_class_size=settings.min_class_size,
        large=large,
        seed=settings.seed,
        report=begun,
    )


def fit_engine(settings: TrainSettings, *, report: Report = silent, checkpoints: Path | None = None) -> Fit:
    """Train by an engine alone, uncalibrated: what is first, and among the first five, stays the same."""
    engine = engine_class(kind_of(settings.base))

    def fit(examples: Examples, extra: Examples) -> Trained:
        classes = sorted({*examples.codes, *extra.codes})
        place = {code: i for i, code in enumerate(classes)}

        def targets(codes: Sequence[str]) -> Ints:
            return np.array([place[code] for code in codes], dtype=np.int64)

        data = FitData(
            examples.texts, targets(examples.codes), len(classes), extra.texts, targets(extra.codes)
        )
        return _Uncalibrated(classes, engine.fit(data, settings, report=report, checkpoints=checkpoints))

    return fit


class _Uncalibrated:
    """An engine with the codes of its classes."""

    def __init__(self, classes: Sequence[str], engine: Engine) -> None:
        self.classes = classes
        self._engine = engine

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        distinct = list(dict.fromkeys(texts))
        place = {text: i for i, text in enumerate(distinct)}
        scores = [self._engine.scores(distinct[at : at + _CHUNK]) for at in range(0, len(distinct), _CHUNK)]
        probabilities = softmax(np.concatenate(scores or [self._engine.scores([])]))
        return probabilities[[place[text] for text in texts]]

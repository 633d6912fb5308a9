"""Records whose human code is probably wrong, worst first, by confident learning.

Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 70 (2021),
as the package cleanlab does it. A supervisor sorts them into 'data error' and 'model error' (the paper's
Supplementary Tables 4 and 5). The probabilities must come from a model that did not learn from these records:
those of a held-out part, or `out_of_fold`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from classifier.engine import Report, TrainSettings, part_of, silent
from classifier.errors import ClassifierError
from classifier.examples import NOTHING, Examples
from classifier.metrics import Predictions
from classifier.splits import fold_of_each, group_keys, phrases_apart
from classifier.variants import Fit, Trained, fit_engine

Json = dict[str, Any]
_LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Suspect:
    """A record at `place` whose code is in doubt: `code` was given by people, `suggested` by the model.

    `quality` (0 to 1, lower is worse) is cleanlab's normalised margin: 0.5 plus half of what the probability
    of the human code is ahead of the likeliest other code.
    """

    place: int
    code: str
    suggested: str
    code_probability: float
    suggested_probability: float
    quality: float

    def to_dict(self) -> Json:
        return {
            "place": self.place,
            "code": self.code,
            "suggested": self.suggested,
            "code_probability": self.code_probability,
            "suggested_probability": self.suggested_probability,
            "quality": self.quality,
        }


def label_errors(predictions: Predictions) -> list[Suspect]:
    """The records that confident learning holds to be miscoded, the worst first.

    With few records a code its threshold is low, and nearly every code that the model would not have given is
    held to be wrong. So another code must be likelier than not.
    Records whose code the model does not know are passed over: its probability says nothing about them. In
    `out_of_fold` these are the ones whose code has the probability 0.
    """
    rows = np.flatnonzero(predictions.targets >= 0)
    rows = rows[predictions.probabilities[rows, predictions.targets[rows]] > 0]
    targets = predictions.targets[rows]
    if len(np.unique(targets)) < 2:
        return []
    from cleanlab.filter import find_label_issues

    # cleanlab estimates a threshold for every class it sees: leave out the columns that no record has, or
    # they are taken for classes with an empty threshold. What is left of a row need not sum to 1, which it
    # does not ask.
    probabilities = predictions.probabilities[rows].astype(np.float64)
    used = np.unique(targets)
    narrow = probabilities[:, used]
    narrow /= np.maximum(narrow.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    with warnings.catch_warnings():
        # Classes of a record or two are common here, and cleanlab warns about each of them.
        warnings.filterwarnings("ignore", "May not flag all label issues in class", UserWarning)
        ranked = find_label_issues(
            np.searchsorted(used, targets), narrow, return_indices_ranked_by="normalized_margin", n_jobs=1
        )
    found = []
    for i in ranked.tolist():
        own, best = int(targets[i]), int(predictions.top[rows[i], 0])
        if own == best:
            continue
        mine, other = float(probabilities[i, own]), float(probabilities[i, best])
        if other < _LIKELY:
            continue
        found.append(
            Suspect(
                place=int(rows[i]),
                code=predictions.classes[own],
                suggested=predictions.classes[best],
                code_probability=mine,
                suggested_probability=other,
                quality=(mine - other + 1) / 2,
            )
        )
    return sorted(found, key=lambda suspect: (suspect.quality, suspect.place))


def rank_label_errors(
    examples: Examples,
    *,
    settings: TrainSettings | None = None,
    extra: Examples = NOTHING,
    folds: int = 5,
    report: Report = silent,
) -> list[Suspect]:
    """The records of a training set whose code is probably wrong, the worst first.

    Each is judged by a model that did not learn from it, nor from a record with the same text: `folds`
    trainings. Raises ClassifierError for fewer records than folds.
    """
    settings = settings or TrainSettings()
    done = 0

    def fit(records: Examples, phrases: Examples) -> Trained:
        nonlocal done
        trained = fit_engine(settings, report=part_of(report, done, folds))(records, phrases)
        done += 1
        return trained

    return label_errors(out_of_fold(examples, fit, extra=extra, folds=folds, seed=settings.seed))


def out_of_fold(
    examples: Examples,
    fit: Fit,
    *,
    extra: Examples = NOTHING,
    folds: int = 5,
    split: str = "grouped",
    seed: int = 0,
) -> Predictions:
    """Probabilities for every record from a model that did not learn from it.

    `fit` trains (see `classifier.variants.fit_engine`); `extra` phrases are learnt in every fold. With the
    split 'grouped' equal texts stay in one fold, and phrases that open a held-out text are not learnt there.
    A code that a fold's training lacks has the probability 0 there, and no other has. Raises ClassifierError
    for fewer records than folds.
    """
    if folds < 2 or len(examples) < folds:
        raise ClassifierError(
            f"{len(examples)} records cannot be cut into {folds} folds; at least 2 folds are needed"
        )
    classes = sorted({*examples.codes, *extra.codes})
    place = {code: i for i, code in enumerate(classes)}
    fold = fold_of_each(group_keys(examples.texts, split), examples.codes, folds, seed=seed)
    known = set(examples.codes)
    probabilities = np.zeros((len(examples), len(classes)), dtype=np.float32)
    for number in range(folds):
        out = np.flatnonzero(fold == number)
        if len(out):
            apart = phrases_apart(extra, examples.take(out.tolist()), split, known)
            model = fit(examples.take(np.flatnonzero(fold != number).tolist()), apart)
            columns = np.array([place[code] for code in model.classes], dtype=np.int64)
            texts = [examples.texts[i] for i in out.tolist()]
            least = np.finfo(np.float32).tiny
            probabilities[np.ix_(out, columns)] = np.maximum(model.predict_proba(texts), least)
    return Predictions(examples.codes, classes, probabilities)

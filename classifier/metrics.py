"""How often a model is right: accuracy, precision, recall, F1 and top-1 to top-5, at every level.

Everything here takes the reference codes, the probabilities and the classes as plain arrays (`Predictions`),
and gives JSON-ready values: shares between 0 and 1, with Wilson's 95 % interval where they are shares of
records. What the paper calls precision is the positive predictive value of a code (Kim et al. 2024, "Post-hoc
analysis").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.engine import Floats, Ints
from classifier.errors import ClassifierError
from classifier.hierarchy import Hierarchy
from classifier.statistics import Rate

Bools = npt.NDArray[np.bool_]
Json = dict[str, Any]

TOP: Final = 5
_ROWS: Final = 4096
_LOOSE: Final = 1e-3


@dataclass(frozen=True)
class Predictions:
    """What a model gave for records whose codes are known.

    `codes` (n) are the reference codes, `classes` (k) the model's codes, `probabilities` (n, k) float32 rows
    that sum to 1. A reference code that is not among the classes cannot be given, so the record counts as
    wrong. Raises ClassifierError when shapes do not fit, a code is blank, classes repeat, or a row is no
    distribution.
    """

    codes: Sequence[str]
    classes: Sequence[str]
    probabilities: Floats

    def __post_init__(self) -> None:
        n, k = len(self.codes), len(self.classes)
        if self.probabilities.shape != (n, k):
            raise ClassifierError(
                f"probabilities are {self.probabilities.shape} for {n} records and {k} classes"
            )
        if k == 0 or len(set(self.classes)) != k:
            raise ClassifierError("a model needs at least one class, each of them once")
        if any(not code.strip() for code in self.codes):
            raise ClassifierError("a record without a reference code cannot be compared; leave it out")
        if n and not (
            np.isfinite(self.probabilities).all()
            and (self.probabilities >= 0).all()
            and (np.abs(self.probabilities.sum(axis=1, dtype=np.float64) - 1) < _LOOSE).all()
        ):
            raise ClassifierError("probabilities are not all between 0 and 1, or rows do not sum to 1")

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def targets(self) -> Ints:
        """(n,) places of the reference codes among the classes; -1 for a code the model does not know."""
        place = {code: i for i, code in enumerate(self.classes)}
        return np.array([place.get(code, -1) for code in self.codes], dtype=np.int64)

    @cached_property
    def top(self) -> Ints:
        """(n, min(5, k)) places of the likeliest classes, likeliest first; ties go to the earlier class."""
        width = min(TOP, len(self.classes))
        found = [
            np.argsort(-self.probabilities[start : start + _ROWS], axis=1, kind="stable")[:, :width]
            for start in range(0, len(self), _ROWS)
        ]
        return np.concatenate(found) if found else np.empty((0, width), dtype=np.int64)

    @cached_property
    def given(self) -> list[str]:
        """(n,) the likeliest code of each record."""
        return [self.classes[i] for i in self.top[:, 0]]

    @cached_property
    def confidence(self) -> Floats:
        """(n,) the probability of the likeliest code."""
        return self.probabilities[np.arange(len(self)), self.top[:, 0]]

    @cached_property
    def hits(self) -> Bools:
        """(n, min(5, k)) whether the reference code stands at that rank."""
        return np.asarray(self.top == self.targets[:, None], dtype=np.bool_)

    @cached_property
    def correct(self) -> Bools:
        """(n,) whether the likeliest code is the reference code."""
        return self.hits[:, 0]

    def subset(self, rows: Bools | Ints) -> Predictions:
        """The same for some of the records, chosen by mask or place."""
        places = np.arange(len(self))[rows]
        return Predictions([self.codes[i] for i in places.tolist()], self.classes, self.probabilities[places])


def accuracy(predictions: Predictions) -> Rate:
    """The share of records whose likeliest code is the reference code."""
    return Rate(int(predictions.correct.sum()), len(predictions))


def top_accuracies(predictions: Predictions) -> list[Rate]:
    """Top-1 to top-5: the share of records whose reference code is among the first 1, 2, ... 5.

    With fewer classes than five the last rates repeat, for then every class is among the first five.
    """
    counts = np.cumsum(predictions.hits.sum(axis=0)).tolist()
    counts += [counts[-1]] * (TOP - len(counts))
    return [Rate(int(count), len(predictions)) for count in counts]


def per_class(codes: Sequence[str], given: Sequence[str]) -> dict[str, Json]:
    """Precision, recall, F1 of every code that was a reference or was given, in the order of the codes.

    Keys of each: `precision`, `recall`, `f1` (0 where nothing can be divided, as in scikit-learn with
    `zero_division=0`), `records` (reference), `given`, `correct`.
    """
    if not codes:
        return {}
    from sklearn.metrics import precision_recall_fscore_support

    labels = sorted({*codes, *given})
    precision, recall, f1, _ = precision_recall_fscore_support(codes, given, labels=labels, zero_division=0.0)
    records, answers = Counter(codes), Counter(given)
    right = Counter(code for code, answer in zip(codes, given, strict=True) if code == answer)
    return {
        code: {
            "precision": float(precision[i]),
            "recall": float(recall[i]),
            "f1": float(f1[i]),
            "records": records[code],
            "given": answers[code],
            "correct": right[code],
        }
        for i, code in enumerate(labels)
    }


def averages(classes: dict[str, Json]) -> Json:
    """Means over the classes of `per_class`: precision, recall and F1, each in three ways; None without
    records.

    `weighted`: by reference records, as the paper's Table 3. `macro`: plain mean over every code that was a
    reference or was given (scikit-learn's `macro`). `macro_of_references`: plain mean over reference codes
    only.
    """
    referred = [row for row in classes.values() if row["records"]]
    total = sum(row["records"] for row in referred)
    names = ("precision", "recall", "f1")

    def mean(rows: list[Json], name: str) -> float | None:
        return sum(row[name] for row in rows) / len(rows) if rows else None

    return {
        "weighted": {
            name: sum(row[name] * row["records"] for row in referred) / total if total else None
            for name in names
        },
        "macro": {name: mean(list(classes.values()), name) for name in names},
        "macro_of_references": {name: mean(referred, name) for name in names},
    }


def summary(predictions: Predictions) -> Json:
    """`records`, `accuracy`, `top` (five rates), `averages` at the level of the codes themselves."""
    return {
        "records": len(predictions),
        "accuracy": accuracy(predictions).to_dict(),
        "top": [rate.to_dict() for rate in top_accuracies(predictions)],
        "averages": averages(per_class(predictions.codes, predictions.given)),
    }


def by_level(predictions: Predictions, hierarchy: Hierarchy) -> list[Json]:
    """One entry for every level down to that of the model's classes, the highest first.

    At a level each code stands for the code of that level it lies below. `accuracy`, `averages` and `top`
    judge the codes given (top-k: the reference's group is among the groups of the first k codes); `summed` is
    the accuracy when probabilities are first added up within groups and the likeliest group is given.
    `left_out` counts the records whose reference code is not in the classification, or above the level.
    """
    depth = hierarchy.level_of(predictions.classes)
    return [_level(predictions, hierarchy, level) for level in range(1, (depth or 0) + 1)]


def _level(predictions: Predictions, hierarchy: Hierarchy, level: int) -> Json:
    # A code with no group at this level is a group by itself, which no reference has.
    groups = [hierarchy.at(code, level) or f"?{code}" for code in predictions.classes]
    names = sorted(set(groups))
    place = {name: i for i, name in enumerate(names)}
    member = np.array([place[group] for group in groups], dtype=np.int64)
    references = [hierarchy.at(code, level) for code in predictions.codes]
    keep = np.array([code is not None for code in references], dtype=np.bool_)
    codes = [code for code in references if code is not None]
    targets = np.array([place.get(code, -1) for code in codes], dtype=np.int64)
    top = member[predictions.top[keep]]
    reached = (
        np.logical_or.accumulate(top == targets[:, None], axis=1) if len(codes) else np.zeros((0, 1), bool)
    )
    counts = reached.sum(axis=0).tolist()
    counts += [counts[-1]] * (TOP - len(counts))
    classes = per_class(codes, [names[i] for i in top[:, 0]])
    return {
        "level": level,
        "classes": len({code for code in groups if not code.startswith("?")}),
        "records": len(codes),
        "left_out": len(references) - len(codes),
        "accuracy": Rate(counts[0], len(codes)).to_dict(),
        "summed": Rate(_summed(predictions.probabilities[keep], member, targets), len(codes)).to_dict(),
        "top": [Rate(count, len(codes)).to_dict() for count in counts],
        "averages": averages(classes),
        "per_class": classes,
    }


def _summed(probabilities: Floats, member: Ints, targets: Ints) -> int:
    """On how many records the group with the greatest summed probability is the reference's."""
    belongs = np.zeros((len(member), int(member.max()) + 1), dtype=np.float32)
    belongs[np.arange(len(member)), member] = 1
    right = 0
    for start in range(0, len(targets), _ROWS):
        sums = probabilities[start : start + _ROWS] @ belongs
        right += int((sums.argmax(axis=1) == targets[start : start + _ROWS]).sum())
    return right


def confusions(
    predictions: Predictions, texts: Sequence[str] = (), *, most: int = 50, examples: int = 3
) -> list[Json]:
    """The commonest mistakes: `reference`, `given`, `records`, the `share` of the reference's records,
    `examples`.

    At most `most`, commonest first; `texts` (n), where given, are what the examples are taken from, the most
    confident mistakes first.
    """
    wrong = np.flatnonzero(~predictions.correct)
    pairs = Counter((predictions.codes[i], predictions.given[i]) for i in wrong.tolist())
    records = Counter(predictions.codes)
    chosen = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:most]
    shown: dict[tuple[str, str], list[str]] = {pair: [] for pair, _ in chosen}
    if len(texts):
        for i in wrong[np.argsort(-predictions.confidence[wrong], kind="stable")].tolist():
            found = shown.get((predictions.codes[i], predictions.given[i]))
            if found is not None and len(found) < examples and texts[i] not in found:
                found.append(texts[i])
    return [
        {
            "reference": pair[0],
            "given": pair[1],
            "records": count,
            "share": Rate(count, records[pair[0]]).to_dict(),
            "examples": shown[pair],
        }
        for pair, count in chosen
    ]


def unseen(
    predictions: Predictions,
    hierarchy: Hierarchy | None = None,
    trained: Mapping[str, int] | None = None,
) -> Json:
    """What the model or the records lack; `trained` maps codes to training records.

    `without_training`: classes that no training record had, known by their titles or other phrases alone,
    with the `records` here and how many of them are `correct` (empty where `trained` is not known);
    `unknown_to_model`: reference codes that are no class of the model, with their `records` (all counted
    wrong); `not_in_classification`: reference codes outside the classification; `without_class`: codes of the
    classification, at the model's level, that the model can never give; `without_records`: classes no record
    has; `never_given`: classes that are a reference and were never the likeliest.
    """
    known = set(predictions.classes)
    records = Counter(predictions.codes)
    given = set(predictions.given)

    def counted(codes: Sequence[str]) -> list[Json]:
        return [{"code": code, "records": records[code]} for code in codes]

    level = hierarchy.level_of(predictions.classes) if hierarchy else None
    seen = None if trained is None else {code for code, count in trained.items() if count}
    right = Counter(code for code, hit in zip(predictions.codes, predictions.correct, strict=True) if hit)
    return {
        "without_training": [
            {"code": code, "records": records[code], "correct": right[code]}
            for code in predictions.classes
            if seen is not None and code not in seen
        ],
        "unknown_to_model": counted(sorted(code for code in records if code not in known)),
        "not_in_classification": counted(
            sorted(code for code in records if hierarchy is not None and code not in hierarchy.titles)
        ),
        "without_class": [
            code for code in (hierarchy.at_level(level) if hierarchy and level else ()) if code not in known
        ],
        "without_records": [code for code in predictions.classes if code not in records],
        "never_given": counted(
            [code for code in predictions.classes if code in records and code not in given]
        ),
    }

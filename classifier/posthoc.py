"""The paper's post-hoc analyses (Kim et al. 2024): Fig. 2, Table 4, Supplementary Fig. 1 and Table 3.

They all ask how the precision of a code depends on how many records of it the model was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from classifier.hierarchy import Hierarchy
from classifier.metrics import Predictions, accuracy, averages, per_class, top_accuracies

Json = dict[str, Any]

CUT: Final = 0.5
"""Supplementary Fig. 1: the precision that parts the classes."""


@dataclass(frozen=True, slots=True)
class ClassPrecision:
    """One class: records it was trained on, and its precision.

    The precision is 0 for a class with records that was never given, as in the paper, and None for a class
    that had no record and was never given: nothing can be said about it.
    """

    code: str
    trained: int
    precision: float | None
    records: int
    given: int


def class_precisions(predictions: Predictions, trained: Mapping[str, int]) -> list[ClassPrecision]:
    """One entry a class of the model, in its order; `trained` maps codes to training records (absent: 0)."""
    rows = per_class(predictions.codes, predictions.given)
    return [
        ClassPrecision(
            code,
            trained.get(code, 0),
            rows[code]["precision"] if code in rows else None,
            rows[code]["records"] if code in rows else 0,
            rows[code]["given"] if code in rows else 0,
        )
        for code in predictions.classes
    ]


def size_and_precision(classes: Sequence[ClassPrecision]) -> Json:
    """Fig. 2: precision regressed on log10 of the training size, over classes that have both.

    `points` (code, trained, precision), `slope` (precision per tenfold size), `intercept`, `r`, `r_squared`,
    `p` (two-sided, of the slope), `left_out` codes. The numbers are None where no line is determined: fewer
    than three points, or all of one size or one precision.
    """
    usable = [row for row in classes if row.trained > 0 and row.precision is not None]
    fit: Json = dict.fromkeys(("slope", "intercept", "r", "r_squared", "p"))
    sizes = np.log10([row.trained for row in usable])
    precisions = np.array([row.precision for row in usable], dtype=np.float64)
    if len(usable) >= 3 and np.ptp(sizes) > 0 and np.ptp(precisions) > 0:
        from scipy.stats import linregress

        line = linregress(sizes, precisions)
        fit = {
            "slope": float(line.slope),
            "intercept": float(line.intercept),
            "r": float(line.rvalue),
            "r_squared": float(line.rvalue) ** 2,
            "p": float(line.pvalue),
        }
    used = {row.code for row in usable}
    return {
        "points": [{"code": row.code, "trained": row.trained, "precision": row.precision} for row in usable],
        **fit,
        "left_out": [row.code for row in classes if row.code not in used],
    }


def quartiles(values: Sequence[float]) -> Json:
    """`n`, `min`, `q1`, `median`, `q3`, `max`, `mean`; quantiles as R's default (type 7); None without
    values.
    """
    if not values:
        return {"n": 0, **dict.fromkeys(("min", "q1", "median", "q3", "max", "mean"))}
    low, q1, median, q3, high = np.quantile(
        np.asarray(values, dtype=np.float64), [0, 0.25, 0.5, 0.75, 1]
    ).tolist()
    return {
        "n": len(values),
        "min": low,
        "q1": q1,
        "median": median,
        "q3": q3,
        "max": high,
        "mean": float(np.mean(values)),
    }


def major_groups(classes: Sequence[ClassPrecision], hierarchy: Hierarchy | None = None) -> list[Json]:
    """Table 4: the distribution of precision in every major group, in the order of the codes.

    A code's major group is its code at level 1 of the classification; without a classification, or for a code
    that is not in it, its first character, as in the paper. Each row: `group`, `title`, `classes` (A),
    `trained` (B), `mean_trained` (B/A), `precision` (see `quartiles`; classes without a precision do not
    count in its `n`).
    """
    groups: dict[str, list[ClassPrecision]] = {}
    for row in classes:
        groups.setdefault(major_group(row.code, hierarchy), []).append(row)
    return [
        {
            "group": group,
            "title": hierarchy.title(group) if hierarchy else "",
            "classes": len(rows),
            "trained": sum(row.trained for row in rows),
            "mean_trained": sum(row.trained for row in rows) / len(rows),
            "precision": quartiles([row.precision for row in rows if row.precision is not None]),
            "precisions": [row.precision for row in rows if row.precision is not None],
        }
        for group, rows in sorted(groups.items())
    ]


def major_group(code: str, hierarchy: Hierarchy | None = None) -> str:
    """The code at level 1; the first character where the classification has one level, or lacks the code."""
    return (hierarchy.at(code, 1) if hierarchy and hierarchy.depth > 1 else None) or code[:1]


def under_and_over(models: Mapping[str, Sequence[ClassPrecision]], *, cut: float = CUT) -> list[Json]:
    """Supplementary Fig. 1: training sizes of the classes with precision under `cut` and with `cut` or more.

    `models` maps names (the full model, the one trained on half) to their classes; one row for each model and
    side, with `model`, `side` ('under' or 'over'), `cut`, `trained` (see `quartiles`) and the `sizes`
    themselves. Classes without training records, which are known by words alone, do not count.
    """
    found = []
    for name, classes in models.items():
        for side in ("under", "over"):
            sizes = [
                row.trained
                for row in classes
                if row.trained > 0
                and row.precision is not None
                and (row.precision < cut) == (side == "under")
            ]
            found.append(
                {"model": name, "side": side, "cut": cut, "trained": quartiles(sizes), "sizes": sizes}
            )
    return found


def model_row(name: str, predictions: Predictions, *, trained: int, description: str = "") -> Json:
    """One row of Supplementary Table 3: a model on its own classes, as in the paper, and on every record.

    `own` judges the records whose code is a class of the model; `all` counts the others as wrong, so that a
    model that left small classes out is not better for it.
    """
    own = predictions.subset(predictions.targets >= 0)
    return {
        "model": name,
        "description": description,
        "classes": len(predictions.classes),
        "trained": trained,
        "own": _judged(own),
        "all": _judged(predictions),
    }


def _judged(predictions: Predictions) -> Json:
    means = averages(per_class(predictions.codes, predictions.given))
    return {
        "records": len(predictions),
        "accuracy": accuracy(predictions).to_dict(),
        "top_5": top_accuracies(predictions)[4].to_dict(),
        "weighted": means["weighted"],
        "macro": means["macro"],
    }

"""Everything a report on one model tells, as the JSON-ready content of metrics.json (docs/metrics.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from classifier.confidence import coverage, reliability
from classifier.hierarchy import Hierarchy
from classifier.metrics import Predictions, by_level, confusions, per_class, summary, unseen
from classifier.posthoc import (
    class_precisions,
    major_group,
    major_groups,
    size_and_precision,
    under_and_over,
)
from classifier.suspects import label_errors

Json = dict[str, Any]

SCHEMA: Final = 1
"""Raised when a key of metrics.json changes its meaning or goes; new keys do not raise it."""
NOT_KNOWN: Final[Json] = {
    "known": False,
    "records": None,
    "left_out": False,
    "on_learnt": None,
    "on_others": None,
}
"""What stands under `learnt` when a model does not tell what it learnt from."""
SUSPECTS: Final = 200
"""How many likely label errors are listed; all are counted."""


def evaluate(
    predictions: Predictions,
    *,
    texts: Sequence[str] = (),
    lines: Sequence[int] = (),
    raw: Predictions | None = None,
    hierarchy: Hierarchy | None = None,
    trained: Mapping[str, int] | None = None,
    variants: Json | None = None,
    model: Json | None = None,
    data: Json | None = None,
    learnt: Json | None = None,
) -> Json:
    """The content of metrics.json for one model on one set of records.

    `texts` and `lines` (n each) say what the records are and where they stand in their file. `raw` are the
    same predictions before calibration. `trained` maps codes to the records the model was trained on; without
    it Fig. 2 cannot be drawn. `variants` is what `classifier.variants.run` gave (the half model, models 2 to
    4). `model` and `data` describe model and file, `learnt` the records that the model learnt from; they are
    passed on.
    """
    classes = per_class(predictions.codes, predictions.given)
    levels = by_level(predictions, hierarchy) if hierarchy else []
    for level in levels:
        del level["per_class"]  # of the lowest it stands under "classes", the others are sums of it
    precisions = class_precisions(predictions, trained or {})
    half = under_and_over({"model": precisions}) if trained else []
    return {
        "schema": SCHEMA,
        "kind": "evaluation",
        "model": model or {},
        "data": data or {},
        "learnt": learnt or NOT_KNOWN,
        "overall": summary(predictions),
        "levels": levels,
        "classes": [
            {
                "code": code,
                "title": hierarchy.title(code) if hierarchy else "",
                "trained": None if trained is None else trained.get(code, 0),
                **row,
            }
            for code, row in classes.items()
        ],
        "calibration": {
            "before": reliability(raw) if raw is not None else None,
            "after": reliability(predictions),
        },
        "coverage": coverage(predictions),
        "size_and_precision": size_and_precision(precisions) if trained else None,
        "major_groups": major_groups(precisions, hierarchy),
        "under_and_over": variants["under_and_over"] if variants else half,
        "models": variants["models"] if variants else [],
        "models_left_out": variants["left_out"] if variants else [],
        "confusions": _titled(confusions(predictions, texts), hierarchy, "reference", "given"),
        "group_confusion": group_confusion(predictions, hierarchy),
        "unseen": _unseen(predictions, hierarchy, trained),
        "label_errors": _label_errors(predictions, texts, lines, hierarchy),
    }


def group_confusion(predictions: Predictions, hierarchy: Hierarchy | None) -> Json:
    """`groups` (code and title) and `counts`: rows are the references' major groups, columns those given."""
    references = [major_group(code, hierarchy) for code in predictions.codes]
    given = [major_group(code, hierarchy) for code in predictions.given]
    groups = sorted({*references, *given})
    place = {group: i for i, group in enumerate(groups)}
    counts = np.zeros((len(groups), len(groups)), dtype=np.int64)
    np.add.at(counts, ([place[group] for group in references], [place[group] for group in given]), 1)
    return {
        "groups": [
            {"group": group, "title": hierarchy.title(group) if hierarchy else ""} for group in groups
        ],
        "counts": counts.tolist(),
    }


def _unseen(predictions: Predictions, hierarchy: Hierarchy | None, trained: Mapping[str, int] | None) -> Json:
    found = unseen(predictions, hierarchy, trained)
    for key in ("without_class", "without_records"):
        found[key] = [{"code": code} for code in found[key]]
    return {key: _titled(rows, hierarchy, "code") for key, rows in found.items()}


def _label_errors(
    predictions: Predictions, texts: Sequence[str], lines: Sequence[int], hierarchy: Hierarchy | None
) -> Json:
    suspects = label_errors(predictions)
    listed = []
    for suspect in suspects[:SUSPECTS]:
        row = suspect.to_dict()
        place = row.pop("place")
        listed.append(
            {
                "record": place,
                "line": lines[place] if len(lines) else None,
                "text": texts[place] if len(texts) else None,
                **row,
            }
        )
    return {
        "judged": int((predictions.targets >= 0).sum()),
        "found": len(suspects),
        "listed": _titled(listed, hierarchy, "code", "suggested"),
    }


def _titled(rows: list[Json], hierarchy: Hierarchy | None, *names: str) -> list[Json]:
    """The same rows, with the title of every code they name."""
    return [
        {**row, **{f"{name}_title": hierarchy.title(row[name]) if hierarchy else "" for name in names}}
        for row in rows
    ]

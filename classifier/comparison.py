"""Several models on the same records, pair by pair: who is right more often, by how much, and where they
differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np

from classifier.confidence import coverage, reliability
from classifier.errors import ClassifierError
from classifier.evaluation import SCHEMA
from classifier.hierarchy import Hierarchy
from classifier.metrics import Bools, Predictions, averages, per_class
from classifier.posthoc import major_group
from classifier.statistics import Paired, Rate

Json = dict[str, Any]

LISTED: Final = 100
"""How many codes, and how many records on each side, are listed for a pair."""


def compare(
    models: Sequence[tuple[str, Predictions]],
    *,
    texts: Sequence[str] = (),
    lines: Sequence[int] = (),
    hierarchy: Hierarchy | None = None,
    data: Json | None = None,
    about: Sequence[Json] = (),
) -> Json:
    """The content of metrics.json for two or more named models on the same records (docs/metrics.md).

    Every pair is compared by McNemar's exact test and the paired difference of accuracies with its interval,
    at the level of the codes and at every level of the classification, for the first code and the first five.
    `about` (one for each model) is passed on. Raises ClassifierError for fewer than two models, names that
    repeat, and predictions that are not about the same records.
    """
    names = [name for name, _ in models]
    if len(models) < 2 or len(set(names)) != len(names):
        raise ClassifierError("a comparison needs two models or more, each with a name of its own")
    codes = list(models[0][1].codes)
    if any(list(predictions.codes) != codes for _, predictions in models):
        raise ClassifierError("the models were not tried on the same records, in the same order")
    steps = _steps(models, hierarchy)
    return {
        "schema": SCHEMA,
        "kind": "comparison",
        "data": data or {},
        "records": len(codes),
        "models": [
            _model(name, predictions, about[i] if about else {})
            for i, (name, predictions) in enumerate(models)
        ],
        "levels": [
            {
                "level": level,
                "label": label,
                "records": int(keep.sum()),
                "accuracies": [Rate(int(row[keep].sum()), int(keep.sum())).to_dict() for row in right],
            }
            for level, label, keep, right in steps
        ],
        "pairs": [
            _pair(models[i], models[j], i, j, steps, texts, lines, hierarchy)
            for i, j in combinations(range(len(models)), 2)
        ],
    }


_Step = tuple[int | None, str, Bools, list[Bools]]
"""A level (None: the codes themselves, or their first five), its label, the records it judges, who is right.
"""


def _steps(models: Sequence[tuple[str, Predictions]], hierarchy: Hierarchy | None) -> list[_Step]:
    all_records = np.ones(len(models[0][1]), dtype=np.bool_)
    steps: list[_Step] = [
        (None, "first code", all_records, [predictions.correct for _, predictions in models]),
        (
            None,
            "first five",
            all_records,
            [np.logical_or.reduce(predictions.hits, axis=1) for _, predictions in models],
        ),
    ]
    if hierarchy is None:
        return steps
    depth = max(hierarchy.level_of(predictions.classes) or 0 for _, predictions in models)
    for level in range(1, depth + 1):
        references = [hierarchy.at(code, level) for code in models[0][1].codes]
        keep = np.array([code is not None for code in references], dtype=np.bool_)
        right = []
        for _, predictions in models:
            groups = {code: hierarchy.at(code, level) for code in predictions.classes}
            pairs = zip(references, predictions.given, strict=True)
            right.append(
                np.array(
                    [code is not None and groups[given] == code for code, given in pairs], dtype=np.bool_
                )
            )
        steps.append((level, f"level {level}", keep, right))
    return steps


def _model(name: str, predictions: Predictions, about: Json) -> Json:
    judged = reliability(predictions)
    return {
        **about,
        "name": name,
        "classes": len(predictions.classes),
        "unknown": int((predictions.targets < 0).sum()),
        "averages": averages(per_class(predictions.codes, predictions.given)),
        "ece": judged["ece"],
        "log_loss": judged["log_loss"],
        "targets": coverage(predictions)["targets"],
    }


def _pair(
    first: tuple[str, Predictions],
    second: tuple[str, Predictions],
    i: int,
    j: int,
    steps: Sequence[_Step],
    texts: Sequence[str],
    lines: Sequence[int],
    hierarchy: Hierarchy | None,
) -> Json:
    one, other = first[1], second[1]
    same = sum(a == b for a, b in zip(one.given, other.given, strict=True))
    return {
        "first": first[0],
        "second": second[0],
        "same_code": Rate(same, len(one)).to_dict(),
        "tests": [
            {"level": level, "label": label, **_paired(right[i][keep], right[j][keep]).to_dict()}
            for level, label, keep, right in steps
        ],
        "groups": _by(one, other, [major_group(code, hierarchy) for code in one.codes], hierarchy),
        "codes": _by(one, other, list(one.codes), hierarchy)[:LISTED],
        "only_first": _records(one, other, one.correct & ~other.correct, texts, lines, hierarchy),
        "only_second": _records(one, other, other.correct & ~one.correct, texts, lines, hierarchy),
    }


def _paired(first: Bools, second: Bools) -> Paired:
    return Paired(
        both=int((first & second).sum()),
        first_only=int((first & ~second).sum()),
        second_only=int((second & ~first).sum()),
        neither=int((~first & ~second).sum()),
    )


def _by(one: Predictions, other: Predictions, keys: list[str], hierarchy: Hierarchy | None) -> list[Json]:
    """Who is right how often by reference code or group; where the two differ most comes first."""
    members: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        members.setdefault(key, []).append(place)
    rows: list[Json] = [
        {
            "code": key,
            "title": hierarchy.title(key) if hierarchy else "",
            "first": Rate(int(one.correct[places].sum()), len(places)).to_dict(),
            "second": Rate(int(other.correct[places].sum()), len(places)).to_dict(),
        }
        for key, places in members.items()
    ]
    rows = [row for row in rows if row["first"]["successes"] != row["second"]["successes"]]
    return sorted(
        rows, key=lambda row: (-abs(row["second"]["successes"] - row["first"]["successes"]), row["code"])
    )


def _records(
    one: Predictions,
    other: Predictions,
    chosen: Bools,
    texts: Sequence[str],
    lines: Sequence[int],
    hierarchy: Hierarchy | None,
) -> list[Json]:
    """Records on which just one is right, those first where the wrong one is the surest."""
    places = np.flatnonzero(chosen)
    wrong = np.where(one.correct, other.confidence, one.confidence)[places]
    return [
        {
            "record": place,
            "line": lines[place] if len(lines) else None,
            "text": texts[place] if len(texts) else None,
            "code": one.codes[place],
            "title": hierarchy.title(one.codes[place]) if hierarchy else "",
            "first": _answer(one, place, hierarchy),
            "second": _answer(other, place, hierarchy),
        }
        for place in places[np.argsort(-wrong, kind="stable")][:LISTED].tolist()
    ]


def _answer(predictions: Predictions, place: int, hierarchy: Hierarchy | None) -> Json:
    given = predictions.given[place]
    return {
        "code": given,
        "title": hierarchy.title(given) if hierarchy else "",
        "probability": float(predictions.confidence[place]),
    }

"""Fig. 2, Table 4, Supplementary Fig. 1 and Table 3 of the paper, on figures worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from classifier.hierarchy import Hierarchy
from classifier.metrics import Predictions
from classifier.posthoc import (
    ClassPrecision,
    class_precisions,
    major_groups,
    model_row,
    quartiles,
    size_and_precision,
    under_and_over,
)


def one(code: str, trained: int, precision: float | None) -> ClassPrecision:
    return ClassPrecision(code, trained, precision, 1, 1)


def test_precision_is_zero_for_a_class_never_given_and_none_where_nothing_is_known() -> None:
    predictions = Predictions(
        ["a", "b"], ["a", "b", "c", "d"], np.array([[1, 0, 0, 0], [0, 0, 1, 0]], dtype=np.float32)
    )
    found = class_precisions(predictions, {"a": 30, "b": 20, "c": 10})
    assert [(row.code, row.trained, row.precision) for row in found] == [
        ("a", 30, 1.0),
        ("b", 20, 0.0),
        ("c", 10, 0.0),
        ("d", 0, None),
    ]


def test_regression_on_the_log_of_the_size_by_hand() -> None:
    # log10: 1, 2, 3; precision 0.2, 0.6, 0.7. Slope 0.25, r^2 = 0.125 / 0.14 (sums of squares 2 and 0.14).
    found = size_and_precision([one("a", 10, 0.2), one("b", 100, 0.6), one("c", 1000, 0.7)])
    assert found["slope"] == pytest.approx(0.25)
    assert found["intercept"] == pytest.approx(0.0)
    assert found["r_squared"] == pytest.approx(0.5**2 / (2 * 0.14))
    # With one degree of freedom t is Cauchy: p = 1 - 2/pi * atan(t).
    r = found["r"]
    t = r / math.sqrt(1 - r * r)
    assert found["p"] == pytest.approx(1 - 2 / math.pi * math.atan(t))


@pytest.mark.parametrize(
    "classes",
    [
        [],
        [one("a", 10, 0.2), one("b", 20, 0.3)],
        [one("a", 10, 0.2), one("b", 10, 0.3), one("c", 10, 0.4)],
        [one("a", 10, 0.5), one("b", 20, 0.5), one("c", 30, 0.5)],
    ],
)
def test_no_line_is_drawn_where_none_is_determined(classes: list[ClassPrecision]) -> None:
    found = size_and_precision(classes)
    assert found["slope"] is None
    assert found["p"] is None
    assert len(found["points"]) == len(classes)


def test_regression_leaves_out_classes_without_training_records_or_precision() -> None:
    found = size_and_precision([one("a", 0, 0.5), one("b", 10, None), one("c", 10, 0.1)])
    assert found["left_out"] == ["a", "b"]
    assert [point["code"] for point in found["points"]] == ["c"]


def test_quartiles_are_those_of_r() -> None:
    # R: quantile(c(1, 2, 3, 10)) gives 1.00 1.75 2.50 4.75 10.00.
    found = quartiles([10, 1, 3, 2])
    assert list(found.values()) == [4, 1.0, 1.75, 2.5, 4.75, 10.0, 4.0]
    assert quartiles([])["median"] is None


def test_major_groups_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "tree.csv"
    path.write_text(
        "code,title,parent,level\n1,관리자,,1\n11,가,1,2\n12,나,1,2\n13,다,1,2\n2,전문가,,1\n21,라,2,2\n",
        encoding="utf-8",
    )
    classes = [one("11", 10, 0.0), one("12", 20, 0.5), one("13", 30, None), one("21", 40, 1.0)]
    managers, experts = major_groups(classes, Hierarchy.read(path))
    assert (managers["group"], managers["title"]) == ("1", "관리자")
    assert (managers["classes"], managers["trained"], managers["mean_trained"]) == (3, 60, 20.0)
    assert managers["precision"] == {
        "n": 2, "min": 0.0, "q1": 0.125, "median": 0.25, "q3": 0.375, "max": 0.5, "mean": 0.25
    }  # fmt: skip
    assert experts["precision"]["median"] == 1.0


def test_without_a_classification_the_first_character_is_the_major_group() -> None:
    assert [row["group"] for row in major_groups([one("A01", 1, 0.0), one("111", 1, 0.0)])] == ["1", "A"]


def test_classes_part_at_one_half_in_each_model() -> None:
    untrained = one("e", 0, 0.0)  # known by its title alone
    full = [one("a", 100, 0.5), one("b", 40, 0.49), one("c", 60, 0.9), one("d", 5, None), untrained]
    half = [one("a", 50, 0.2), one("b", 20, 0.1), one("c", 30, 0.8)]
    found = under_and_over({"full": full, "half": half})
    assert [(row["model"], row["side"], sorted(row["sizes"])) for row in found] == [
        ("full", "under", [40]),
        ("full", "over", [60, 100]),
        ("half", "under", [20, 50]),
        ("half", "over", [30]),
    ]
    assert found[1]["trained"]["q3"] == 90.0


def test_a_model_is_judged_on_its_own_classes_and_on_all_records() -> None:
    predictions = Predictions(
        ["a", "b", "small"], ["a", "b"], np.array([[0.9, 0.1], [0.9, 0.1], [0.5, 0.5]], dtype=np.float32)
    )
    row = model_row("model 2", predictions, trained=20)
    assert (row["own"]["accuracy"]["successes"], row["own"]["accuracy"]["trials"]) == (1, 2)
    assert (row["all"]["accuracy"]["successes"], row["all"]["accuracy"]["trials"]) == (1, 3)
    assert row["own"]["top_5"]["value"] == 1.0
    assert row["own"]["weighted"]["recall"] == 0.5
    assert (row["classes"], row["trained"]) == (2, 20)

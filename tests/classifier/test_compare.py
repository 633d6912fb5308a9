"""Two models on the same records: counts, p and intervals by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.comparison import compare
from classifier.errors import ClassifierError
from classifier.hierarchy import Hierarchy
from classifier.metrics import Predictions
from classifier.report_compare import render
from classifier.statistics import Paired, difference_interval, mcnemar

CLASSES = ("11", "12", "21")


def giving(codes: list[str], answers: list[str], *, sure: float = 0.8) -> Predictions:
    """A model that gives `answers`, with probability `sure`."""
    probabilities = np.full((len(codes), 3), (1 - sure) / 2, dtype=np.float32)
    for row, answer in enumerate(answers):
        probabilities[row, CLASSES.index(answer)] = sure
    return Predictions(codes, CLASSES, probabilities)


def tree(folder: Path) -> Hierarchy:
    path = folder / "tree.csv"
    path.write_text(
        "code,title,parent,level\n1,관리자,,1\n11,a,1,2\n12,b,1,2\n2,전문가,,1\n21,c,2,2\n", encoding="utf-8"
    )
    return Hierarchy.read(path)


REFERENCE = ["11", "11", "12", "12", "21", "21", "21", "99"]
A = ["11", "12", "12", "11", "21", "11", "11", "11"]  # right: 0, 2, 4
B = ["11", "11", "21", "12", "21", "21", "21", "21"]  # right: 0, 1, 3, 4, 5, 6


def test_a_pair_is_counted_and_tested() -> None:
    found = compare([("a", giving(REFERENCE, A)), ("b", giving(REFERENCE, B))])
    (pair,) = found["pairs"]
    test = pair["tests"][0]
    assert [test[key] for key in ("both", "first_only", "second_only", "neither")] == [2, 1, 4, 1]
    assert test["difference"] == pytest.approx(3 / 8)
    assert test["p"] == pytest.approx(2 * (1 + 5) / 32)
    assert (test["low"], test["high"]) == difference_interval(Paired(2, 1, 4, 1))
    assert pair["same_code"]["successes"] == 2
    assert [rate["successes"] for rate in found["levels"][0]["accuracies"]] == [3, 6]


def test_levels_are_compared_on_the_records_they_have(tmp_path: Path) -> None:
    found = compare([("a", giving(REFERENCE, A)), ("b", giving(REFERENCE, B))], hierarchy=tree(tmp_path))
    assert [row["label"] for row in found["levels"]] == ["first code", "first five", "level 1", "level 2"]
    top = found["levels"][2]
    # Groups: a gives 1 1 1 1 2 1 1, b gives 1 1 2 1 2 2 2; references 1 1 1 1 2 2 2.
    assert top["records"] == 7
    assert [rate["successes"] for rate in top["accuracies"]] == [5, 6]
    (pair,) = found["pairs"]
    assert pair["tests"][2]["p"] == mcnemar(Paired(4, 1, 2, 0))


def test_first_five_count_a_code_at_any_rank_but_not_one_the_model_lacks() -> None:
    found = compare([("a", giving(REFERENCE, A)), ("b", giving(REFERENCE, B))])
    assert [rate["successes"] for rate in found["levels"][1]["accuracies"]] == [7, 7]
    assert found["models"][0]["unknown"] == 1


def test_where_models_differ_is_listed_most_first_and_surest_mistake_first() -> None:
    first = giving(REFERENCE, A)
    first.probabilities[5] = [0.9, 0.05, 0.05]
    found = compare([("a", first), ("b", giving(REFERENCE, B))], texts=[f"text {i}" for i in range(8)])
    (pair,) = found["pairs"]
    assert pair["codes"][0]["code"] == "21"
    assert (pair["codes"][0]["first"]["successes"], pair["codes"][0]["second"]["successes"]) == (1, 3)
    # Of 12 each is right once: no difference.
    assert [row["code"] for row in pair["codes"]] == ["21", "11"]
    assert [row["record"] for row in pair["only_first"]] == [2]
    assert [row["record"] for row in pair["only_second"]] == [5, 1, 3, 6]
    assert pair["only_second"][0]["text"] == "text 5"
    assert pair["only_second"][0]["first"]["code"] == "11"


def test_three_models_make_three_pairs() -> None:
    one = giving(REFERENCE, A)
    found = compare([("a", one), ("b", giving(REFERENCE, B)), ("c", one)])
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]
    assert found["pairs"][1]["tests"][0]["p"] == 1.0
    assert found["pairs"][1]["only_first"] == []


def test_models_with_other_classes_are_compared_by_code() -> None:
    narrow = Predictions(["21", "11"], ["21"], np.ones((2, 1), dtype=np.float32))
    found = compare([("narrow", narrow), ("wide", giving(["21", "11"], ["21", "11"]))])
    assert [rate["successes"] for rate in found["levels"][0]["accuracies"]] == [1, 2]


def test_no_records_are_no_difference(tmp_path: Path) -> None:
    nothing = giving([], [])
    found = compare([("a", nothing), ("b", nothing)], hierarchy=tree(tmp_path))
    assert found["pairs"][0]["tests"][0]["difference"] is None
    assert "Comparison" in render(found)


def test_what_cannot_be_compared_is_refused() -> None:
    one = giving(REFERENCE, A)
    with pytest.raises(ClassifierError, match="two models or more"):
        compare([("a", one)])
    with pytest.raises(ClassifierError, match="name of its own"):
        compare([("a", one), ("a", one)])
    with pytest.raises(ClassifierError, match="same records"):
        compare([("a", one), ("b", giving(REFERENCE[::-1], A))])


def test_the_page_shows_titles_p_and_difference_and_escapes_texts(tmp_path: Path) -> None:
    texts = ["<script>alert(1)</script>"] * 8
    found = compare(
        [("model & co", giving(REFERENCE, A)), ("b", giving(REFERENCE, B))],
        texts=texts,
        hierarchy=tree(tmp_path),
    )
    html = render(found)
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert "model &amp; co" in html
    assert "+37.5" in html
    assert "0.375" in html
    assert "전문가" in html

"""Metrics against figures worked out by hand and against scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import metrics as oracle

from classifier.calibrate import expected_calibration_error, softmax
from classifier.confidence import coverage, reliability
from classifier.engine import Floats
from classifier.errors import ClassifierError
from classifier.hierarchy import Hierarchy
from classifier.intervals import wilson
from classifier.metrics import (
    Predictions,
    accuracy,
    averages,
    by_level,
    confusions,
    per_class,
    summary,
    top_accuracies,
    unseen,
)
from classifier.posthoc import major_group
from classifier.statistics import Paired, Rate, difference_interval, mcnemar

TREE = "code,title,parent,level\n1,One,,1\n11,One-one,1,2\n12,One-two,1,2\n2,Two,,1\n21,Two-one,2,2\n"


def rows(*probabilities: Sequence[float]) -> Floats:
    return np.array(probabilities, dtype=np.float32)


def tree(folder: Path, text: str = TREE) -> Hierarchy:
    path = folder / "tree.csv"
    path.write_text(text, encoding="utf-8")
    return Hierarchy.read(path)


def hand() -> Predictions:
    """Six records, three classes; likeliest: 11 11 12 21 11 21; right are records 0, 2 and 3."""
    return Predictions(
        ["11", "12", "12", "21", "21", "99"],
        ["11", "12", "21"],
        rows(
            [0.9, 0.1, 0], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.2, 0.1, 0.7], [0.5, 0.1, 0.4], [0.1, 0.2, 0.7]
        ),
    )


def random(n: int, k: int, seed: int = 0) -> Predictions:
    numbers = np.random.default_rng(seed)
    targets = numbers.integers(0, k, n)
    scores = numbers.normal(size=(n, k)) + 2.0 * np.eye(k)[targets]
    classes = [f"c{i:02d}" for i in range(k)]
    return Predictions([classes[i] for i in targets], classes, softmax(scores.astype(np.float32)))


def test_wilson_gives_the_textbook_interval() -> None:
    # Newcombe 1998 (Statistics in Medicine 17, 857-872), table I: 81 of 263 and 15 of 148, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3)])
def test_counts_that_are_no_share_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ClassifierError, match="no share"):
        Rate(successes, trials)


def test_mcnemar_is_the_binomial_test_of_the_discordant_records() -> None:
    # 1 against 5: P(X <= 1) + P(X >= 5) for 6 tosses = (1 + 6 + 6 + 1) / 64.
    assert mcnemar(Paired(10, 1, 5, 4)) == pytest.approx(14 / 64)
    assert mcnemar(Paired(10, 0, 8, 0)) == pytest.approx(2 / 256)
    assert mcnemar(Paired(10, 0, 0, 4)) == 1.0
    assert mcnemar(Paired(0, 3, 3, 0)) == 1.0


def test_paired_interval_is_newcombes_method_10() -> None:
    # Newcombe 1998 (Statistics in Medicine 17, 2635-2650), method 10 of 36, 12, 2, 0.
    assert difference_interval(Paired(36, 2, 12, 0)) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_paired_interval_turns_with_its_sign_and_without_records_is_everything() -> None:
    low, high = difference_interval(Paired(20, 7, 3, 10))
    assert difference_interval(Paired(20, 3, 7, 10)) == pytest.approx((-high, -low))
    assert difference_interval(Paired(0, 0, 0, 0)) == (-1.0, 1.0)
    assert Paired(0, 0, 0, 0).difference is None
    assert Paired(5, 0, 5, 0).difference == 0.5


def test_accuracy_counts_a_code_the_model_does_not_know_as_wrong() -> None:
    assert accuracy(hand()) == Rate(3, 6)


def test_top_k_by_hand() -> None:
    # Ranks of the reference: 1, 2, 1, 1, 2, none.
    assert [rate.successes for rate in top_accuracies(hand())] == [3, 5, 5, 5, 5]


def test_top_k_agrees_with_scikit_learn() -> None:
    predictions = random(500, 12)
    for k, rate in enumerate(top_accuracies(predictions), 1):
        expected = oracle.top_k_accuracy_score(
            predictions.targets, predictions.probabilities, k=k, labels=range(12), normalize=False
        )
        assert rate == Rate(int(expected), 500)


def test_equal_probabilities_go_to_the_earlier_class() -> None:
    predictions = Predictions(["b"], ["a", "b"], rows([0.5, 0.5]))
    assert predictions.given == ["a"]
    assert [rate.successes for rate in top_accuracies(predictions)] == [0, 1, 1, 1, 1]


def test_per_class_by_hand() -> None:
    predictions = hand()
    found = per_class(predictions.codes, predictions.given)
    # 11: given 3 times, right once, one record. 12: given once, right, two records. 21: given twice, right
    # once, two.
    assert found["11"] == {
        "precision": pytest.approx(1 / 3), "recall": 1.0, "f1": 0.5, "records": 1, "given": 3, "correct": 1
    }  # fmt: skip
    assert found["12"] == {
        "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "records": 2, "given": 1, "correct": 1
    }  # fmt: skip
    assert found["21"]["f1"] == 0.5
    assert found["99"] == {"precision": 0, "recall": 0, "f1": 0, "records": 1, "given": 0, "correct": 0}


def test_averages_by_hand() -> None:
    means = averages(per_class(hand().codes, hand().given))
    assert means["weighted"]["precision"] == pytest.approx((1 / 3 + 2 * 1 + 2 * 0.5 + 0) / 6)
    assert means["weighted"]["recall"] == pytest.approx(3 / 6)
    assert means["macro"]["f1"] == pytest.approx((0.5 + 2 / 3 + 0.5 + 0) / 4)


def test_a_class_given_but_without_records_counts_in_macro_alone() -> None:
    means = averages(per_class(["a", "a"], ["a", "b"]))
    assert means["macro"]["recall"] == pytest.approx(0.25)
    assert means["macro_of_references"]["recall"] == pytest.approx(0.5)


@pytest.mark.parametrize("way", ["weighted", "macro"])
def test_averages_agree_with_scikit_learn(way: str) -> None:
    predictions = random(400, 15, seed=3)
    codes = [*predictions.codes[:-5], *["unknown"] * 5]
    expected = oracle.precision_recall_fscore_support(
        codes, predictions.given, average=way, zero_division=0.0
    )
    means = averages(per_class(codes, predictions.given))[way]
    assert list(means.values()) == pytest.approx(list(expected[:3]))


def test_no_records_give_no_shares() -> None:
    nothing = Predictions([], ["a", "b"], np.zeros((0, 2), np.float32))
    found = summary(nothing)
    assert found["accuracy"] == {"value": None, "low": 0.0, "high": 1.0, "successes": 0, "trials": 0}
    assert found["averages"]["weighted"]["f1"] is None
    assert len(found["top"]) == 5
    assert reliability(nothing)["ece"] is None
    assert coverage(nothing)["curve"] == []
    assert confusions(nothing) == []


def test_levels_judge_groups(tmp_path: Path) -> None:
    top, bottom = by_level(hand(), tree(tmp_path))
    # Groups given: 1 1 1 2 1 2, references 1 1 1 2 2 and one outside the classification.
    assert (top["level"], top["records"], top["left_out"], top["classes"]) == (1, 5, 1, 2)
    assert top["accuracy"]["successes"] == 4
    assert (bottom["records"], bottom["accuracy"]["successes"]) == (5, 3)
    # Summed, record 4 has 0.6 for group 1 and stays wrong.
    assert top["summed"]["successes"] == 4
    assert [rate["successes"] for rate in top["top"]] == [4, 5, 5, 5, 5]


def test_summed_probabilities_can_give_another_group_than_the_first_code(tmp_path: Path) -> None:
    predictions = Predictions(["11"], ["11", "12", "21"], rows([0.3, 0.3, 0.4]))
    top, _ = by_level(predictions, tree(tmp_path))
    assert top["accuracy"]["successes"] == 0
    assert top["summed"]["successes"] == 1


def test_a_code_unknown_to_the_model_can_be_right_one_level_up(tmp_path: Path) -> None:
    predictions = Predictions(["12"], ["11", "21"], rows([0.8, 0.2]))
    top, bottom = by_level(predictions, tree(tmp_path))
    assert (top["accuracy"]["successes"], bottom["accuracy"]["successes"]) == (1, 0)


def test_a_class_outside_the_classification_is_never_right_at_a_level(tmp_path: Path) -> None:
    predictions = Predictions(["12", "ZZ"], ["12", "ZZ"], rows([0.2, 0.8], [0.2, 0.8]))
    top, _ = by_level(predictions, tree(tmp_path))
    assert (top["records"], top["accuracy"]["successes"], top["classes"]) == (1, 0, 1)


def test_levels_of_no_records(tmp_path: Path) -> None:
    top, _ = by_level(Predictions([], ["12"], np.zeros((0, 1), np.float32)), tree(tmp_path))
    assert (top["records"], top["accuracy"]["value"]) == (0, None)


def test_unseen_lists_what_model_and_records_lack(tmp_path: Path) -> None:
    predictions = Predictions(["11", "11", "99", "12"], ["11", "12", "13"], rows(*[[1, 0, 0]] * 4))
    found = unseen(predictions, tree(tmp_path))
    assert found["unknown_to_model"] == [{"code": "99", "records": 1}]
    assert found["not_in_classification"] == [{"code": "99", "records": 1}]
    assert found["without_class"] == ["21"]
    assert found["without_records"] == ["13"]
    assert found["never_given"] == [{"code": "12", "records": 1}]
    assert found["without_training"] == []
    learnt = unseen(predictions, trained={"11": 3, "12": 0})
    assert learnt["without_training"] == [
        {"code": "12", "records": 1, "correct": 0},
        {"code": "13", "records": 0, "correct": 0},
    ]


def test_confusions_are_the_commonest_first_with_the_surest_examples() -> None:
    predictions = Predictions(
        ["a", "a", "b", "a"], ["a", "b", "c"], rows([0, 0.6, 0.4], [0, 0.9, 0.1], [0, 0, 1], [1, 0, 0])
    )
    first, second = confusions(predictions, ["one", "two", "three", "four"])
    assert (first["reference"], first["given"], first["records"]) == ("a", "b", 2)
    assert first["share"]["trials"] == 3
    assert first["examples"] == ["two", "one"]
    assert (second["reference"], second["given"]) == ("b", "c")


def test_reliability_by_hand() -> None:
    predictions = Predictions(
        ["a", "a", "b", "b"], ["a", "b"], rows([0.9, 0.1], [0.8, 0.2], [0.95, 0.05], [0.3, 0.7])
    )
    found = reliability(predictions, bins=2)
    # All four lie in the upper bin: mean confidence 3.35 / 4, three of four right.
    assert found["ece"] == pytest.approx(abs(3.35 / 4 - 0.75))
    assert found["mce"] == pytest.approx(found["ece"])
    assert found["table"][0]["accuracy"]["trials"] == 0
    assert found["table"][1]["accuracy"]["successes"] == 3
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.05, 0.7]).mean())
    assert found["brier"] == pytest.approx(2 * np.mean([0.1**2, 0.2**2, 0.95**2, 0.3**2]))


def test_reliability_table_adds_up_to_the_calibration_error() -> None:
    predictions = random(700, 6)
    found = reliability(predictions)
    gaps = [
        abs(bin_["confidence"] - bin_["accuracy"]["value"]) * bin_["accuracy"]["trials"]
        for bin_ in found["table"]
        if bin_["accuracy"]["trials"]
    ]
    assert sum(gaps) / 700 == pytest.approx(found["ece"])
    assert found["ece"] == expected_calibration_error(predictions.confidence, predictions.correct)
    assert found["log_loss"] == pytest.approx(
        oracle.log_loss(predictions.codes, _exact(predictions.probabilities), labels=predictions.classes),
        rel=1e-4,
    )


def _exact(probabilities: Floats) -> npt.NDArray[np.float64]:
    """Rows that sum to 1 in float64 too, which scikit-learn asks for."""
    wide: npt.NDArray[np.float64] = probabilities.astype(np.float64)
    wide /= wide.sum(axis=1, keepdims=True)
    return wide


def test_brier_counts_a_code_the_model_does_not_know() -> None:
    # Nothing on the true code: 1 + the squares of what was given.
    assert reliability(Predictions(["z"], ["a", "b"], rows([0.6, 0.4])))["brier"] == pytest.approx(
        1 + 0.36 + 0.16
    )


def test_coverage_accepts_equal_probabilities_together() -> None:
    predictions = Predictions(
        ["a", "b", "a", "b"], ["a", "b"], rows([0.9, 0.1], [0.75, 0.25], [0.75, 0.25], [0.6, 0.4])
    )
    curve = coverage(predictions)["curve"]
    assert [(p["coverage"]["successes"], p["accuracy"]["successes"]) for p in curve] == [
        (1, 1),
        (3, 2),
        (4, 2),
    ]
    assert curve[1]["threshold"] == 0.75


def test_coverage_at_a_target_is_the_greatest_that_reaches_it() -> None:
    # Right, wrong, then eight right: 95 % only at the top, 85 % again at the end (9 of 10).
    confidences = np.linspace(0.99, 0.6, 10)
    predictions = Predictions(
        ["a", "b", *["a"] * 8],
        ["a", "b"],
        np.stack([confidences, 1 - confidences], axis=1).astype(np.float32),
    )
    targets = {row["target"]: row for row in coverage(predictions)["targets"]}
    assert targets[0.95]["coverage"]["successes"] == 1
    assert targets[0.85]["coverage"]["successes"] == 10
    wrong = Predictions(["b"], ["a", "b"], rows([0.9, 0.1]))
    assert coverage(wrong)["targets"][0] == {
        "target": 0.8,
        "threshold": None,
        "coverage": None,
        "accuracy": None,
    }


def test_coverage_curve_stays_short_and_ends_with_every_record() -> None:
    predictions = random(3000, 4)
    curve = coverage(predictions)["curve"]
    assert 2 < len(curve) <= 202
    assert curve[-1]["coverage"]["value"] == 1.0
    assert curve[-1]["accuracy"] == accuracy(predictions).to_dict()


@pytest.mark.parametrize(
    ("codes", "classes", "probabilities", "message"),
    [
        (["a"], ["a"], [[0.5, 0.5]], "probabilities are"),
        (["a"], ["a", "a"], [[0.5, 0.5]], "each of them once"),
        ([" "], ["a", "b"], [[0.5, 0.5]], "without a reference code"),
        (["a"], ["a", "b"], [[0.5, 0.4]], "sum to 1"),
        (["a"], ["a", "b"], [[np.nan, 1.0]], "sum to 1"),
        (["a"], ["a", "b"], [[1.5, -0.5]], "between 0 and 1"),
    ],
)
def test_what_is_no_prediction_is_refused(
    codes: list[str], classes: list[str], probabilities: list[list[float]], message: str
) -> None:
    with pytest.raises(ClassifierError, match=message):
        Predictions(codes, classes, rows(*probabilities))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,name\n1,One\n", "has no column 'title'"),
        ("code,title,parent,level\n1,One,,1\n1,Again,,1\n", "twice"),
        ("code,title,parent,level\n1,One,,1\n11,x,2,2\n", "the parent of 11, '2', is not there"),
        ("code,title,parent\n1,One,2\n2,Two,1\n", "the parents of 1 go round in a circle"),
        ("code,title,parent,level\n1,One,,1\n11,x,1,3\n", "by its parents it is 2"),
        ("code,title,parent,level\n1,One,,top\n", "the level of 1 is 'top'"),
        ("code,title,parent,level\n11,One,,2\n", "by its parents it is 1"),
        ("code,title,parent,level\n", "no codes"),
    ],
)
def test_a_broken_classification_is_refused_with_its_faults(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ClassifierError) as error:
        tree(tmp_path, text)
    assert message in str(error.value)


def test_levels_follow_from_the_parents_where_none_are_given(tmp_path: Path) -> None:
    found = tree(tmp_path, "code,title,parent\n1,One,\n11,Eleven,1\n111,Hundred,11\n2,Two,\n")
    assert found.levels == {"1": 1, "11": 2, "111": 3, "2": 1}
    assert found.at("111", 2) == "11"


def test_a_classification_may_come_from_rows() -> None:
    rows: list[tuple[str, str | None, str | None, int | str | None]]
    rows = [("1", "One", None, 1), ("11", None, "1", ""), ("12", "Twelve", "1", None)]
    found = Hierarchy.of(rows, name="made up")
    assert (found.titles["11"], found.levels["12"], found.name) == ("", 2, "made up")
    with pytest.raises(ClassifierError, match="made up has 1 fault"):
        Hierarchy.of([*rows, ("12", "Again", "1", 2)], name="made up")


def test_codes_without_a_tree_are_grouped_by_their_first_character(tmp_path: Path) -> None:
    flat = tree(tmp_path, "code,title\n411,Police\n873,Drivers\n")
    assert major_group("411", flat) == "4"

"""Planted label errors are found, and found from records the model did not learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from classifier.calibrate import softmax
from classifier.engine import Floats, Ints
from classifier.errors import ClassifierError
from classifier.label_errors import label_errors, out_of_fold
from classifier.metrics import Predictions


def planted(n: int = 400, wrong: int = 12) -> tuple[Predictions, set[int]]:
    """A good model of four codes, and records whose human code was changed to another."""
    numbers = np.random.default_rng(7)
    true = numbers.integers(0, 4, n)
    scores = numbers.normal(size=(n, 5)) + 5.0 * np.eye(5)[true]
    places = set(numbers.choice(n, wrong, replace=False).tolist())
    labels = [(code + 1) % 4 if i in places else code for i, code in enumerate(true.tolist())]
    classes = ["a", "b", "c", "d", "never"]
    return Predictions([classes[i] for i in labels], classes, softmax(scores.astype(np.float32))), places


def test_planted_errors_lead_the_list() -> None:
    predictions, places = planted()
    found = [suspect.place for suspect in label_errors(predictions)]
    assert len(places & set(found[:12])) >= 11
    assert len(found) <= 20


def test_a_suspect_tells_both_codes_and_how_sure_the_model_is() -> None:
    predictions, _ = planted()
    worst = label_errors(predictions)[0]
    own = predictions.classes.index(worst.code)
    assert predictions.codes[worst.place] == worst.code
    assert predictions.given[worst.place] == worst.suggested
    assert worst.code_probability == pytest.approx(float(predictions.probabilities[worst.place, own]))
    assert worst.quality == pytest.approx((worst.code_probability - worst.suggested_probability + 1) / 2)
    assert worst.to_dict()["suggested"] == worst.suggested


def test_codes_the_model_does_not_know_are_passed_over() -> None:
    predictions, _ = planted()
    codes = ["unknown", *predictions.codes[1:]]
    found = label_errors(Predictions(codes, predictions.classes, predictions.probabilities))
    assert 0 not in {suspect.place for suspect in found}
    assert found


def test_nothing_is_suspect_without_records_or_with_one_code() -> None:
    classes = ["a", "b"]
    assert label_errors(Predictions([], classes, np.zeros((0, 2), np.float32))) == []
    one = Predictions(["a", "a"], classes, np.array([[0.1, 0.9], [0.9, 0.1]], np.float32))
    assert label_errors(one) == []


def test_out_of_fold_probabilities_never_come_from_the_record_itself_or_its_twin() -> None:
    texts = [f"text {i // 2}" for i in range(40)]  # each text twice
    codes = ["a" if i % 4 < 2 else "b" for i in range(40)]

    def fit(places: Ints) -> Callable[[Sequence[str]], Floats]:
        learnt = {texts[i] for i in places.tolist()}

        def scores(asked: Sequence[str]) -> Floats:
            assert not learnt & set(asked)
            return np.tile(np.array([2.0, 0.0], dtype=np.float32), (len(asked), 1))

        return scores

    predictions = out_of_fold(texts, codes, fit, folds=4)
    assert predictions.classes == ["a", "b"]
    assert predictions.confidence == pytest.approx(np.full(40, np.exp(2) / (np.exp(2) + 1)), rel=1e-5)


def test_too_few_records_for_the_folds_are_refused() -> None:
    with pytest.raises(ClassifierError, match="cannot be cut into 5 folds"):
        out_of_fold(["x"], ["a"], lambda places: lambda texts: np.zeros((1, 1), np.float32))

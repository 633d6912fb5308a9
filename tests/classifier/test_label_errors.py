"""Planted label errors are found, and found from records the model did not learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from classifier.calibrate import softmax
from classifier.engine import Floats
from classifier.errors import ClassifierError
from classifier.examples import Examples
from classifier.metrics import Predictions
from classifier.suspects import label_errors, out_of_fold
from classifier.variants import Trained


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


def test_a_code_that_the_fold_lacks_is_passed_over() -> None:
    predictions, _ = planted()
    worst = label_errors(predictions)[0]
    probabilities = predictions.probabilities.copy()
    probabilities[worst.place, predictions.classes.index(worst.code)] = 0
    found = label_errors(Predictions(predictions.codes, predictions.classes, probabilities))
    assert worst.place not in {suspect.place for suspect in found}
    assert found


def test_another_code_must_be_likelier_than_not() -> None:
    predictions, _ = planted()
    worst = label_errors(predictions)[0]
    probabilities = predictions.probabilities.copy()
    probabilities[worst.place] = 0.18
    probabilities[worst.place, predictions.classes.index(worst.suggested)] = 0.45
    probabilities[worst.place, predictions.classes.index(worst.code)] = 0.01
    found = label_errors(Predictions(predictions.codes, predictions.classes, probabilities))
    assert worst.place not in {suspect.place for suspect in found}


def test_nothing_is_suspect_without_records_or_with_one_code() -> None:
    classes = ["a", "b"]
    assert label_errors(Predictions([], classes, np.zeros((0, 2), np.float32))) == []
    one = Predictions(["a", "a"], classes, np.array([[0.1, 0.9], [0.9, 0.1]], np.float32))
    assert label_errors(one) == []


class Sure:
    """Always gives its first class three times the weight of the others together."""

    def __init__(self, classes: Sequence[str], learnt: Sequence[str]) -> None:
        self.classes = classes
        self._learnt = set(learnt)

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        assert not self._learnt & set(texts)
        rest = 0.25 / (len(self.classes) - 1)
        row = [0.75, *[rest] * (len(self.classes) - 1)]
        return np.tile(np.array(row, dtype=np.float32), (len(texts), 1))


def test_out_of_fold_probabilities_never_come_from_the_record_itself_or_its_twin() -> None:
    # Each text is there twice; 'rare' has one text, so that the fold which holds it out cannot give it.
    pairs = [(f"text {i // 2}", "a" if i % 4 < 2 else "b") for i in range(40)]
    examples = Examples.of([*pairs, ("odd one", "rare")])
    seen: list[int] = []

    def fit(records: Examples, extra: Examples) -> Trained:
        seen.append(len(records))
        return Sure(sorted({*records.codes, *extra.codes}), records.texts)

    predictions = out_of_fold(examples, fit, folds=4)
    assert len(seen) == 4
    assert sum(seen) == 3 * 41
    assert predictions.classes == ["a", "b", "rare"]
    assert predictions.probabilities[40].tolist() == [0.75, 0.25, 0.0]
    assert set(predictions.given) == {"a"}


def test_phrases_are_learnt_in_every_fold() -> None:
    examples = Examples.of([(f"text {i}", "ab"[i % 2]) for i in range(10)])
    extra = Examples.of([("phrase", "c")])
    predictions = out_of_fold(
        examples,
        lambda records, more: Sure(sorted({*records.codes, *more.codes}), records.texts),
        extra=extra,
    )
    assert predictions.classes == ["a", "b", "c"]


def test_too_few_records_for_the_folds_are_refused() -> None:
    with pytest.raises(ClassifierError, match="cannot be cut into 5 folds"):
        out_of_fold(Examples.of([("x", "a")]), lambda records, extra: Sure(["a"], []))

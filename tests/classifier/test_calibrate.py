"""Probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.calibrate import (
    FEWEST_FOR_BETA,
    Calibration,
    expected_calibration_error,
    softmax,
)
from classifier.engine import Floats, Ints
from classifier.errors import ClassifierError


def drawn(count: int = 6_000, *, sharper: float, seed: int = 0) -> tuple[Floats, Ints]:
    """Scores whose true probabilities are softmax(scores / sharper), and classes drawn from these."""
    generator = np.random.default_rng(seed)
    true = generator.normal(scale=1.5, size=(count, 6))
    odds = softmax(true.astype(np.float32)).astype(np.float64)
    targets = (generator.random(count)[:, None] > odds.cumsum(axis=1)).sum(axis=1).clip(max=5)
    return (true * sharper).astype(np.float32), targets


@pytest.mark.parametrize("sharper", [0.1, 1.0, 7.0])
def test_the_temperature_is_found_again(sharper: float) -> None:
    assert Calibration.fit(*drawn(sharper=sharper)).temperature == pytest.approx(sharper, rel=0.1)


def test_the_calibration_error_shrinks_on_records_it_was_not_fitted_on() -> None:
    calibration = Calibration.fit(*drawn(sharper=4.0))
    scores, targets = drawn(sharper=4.0, seed=1)
    correct = scores.argmax(axis=1) == targets
    before = expected_calibration_error(softmax(scores).max(axis=1), correct)
    after = expected_calibration_error(calibration.probabilities(scores).max(axis=1), correct)
    assert before > 0.2
    assert after < 0.03


def test_too_sure_at_the_top_and_not_enough_below_is_put_right() -> None:
    scores, targets = drawn(sharper=1.0)
    generator = np.random.default_rng(2)
    wrong = generator.random(len(targets)) < 0.15  # records with a wrong code, however sure the model is
    targets = np.where(wrong, generator.integers(0, 6, len(targets)), targets)
    scores *= np.float32(3)
    correct = scores.argmax(axis=1) == targets
    calibration = Calibration.fit(scores, targets)
    plain = Calibration(calibration.temperature)
    by_temperature = expected_calibration_error(plain.probabilities(scores).max(axis=1), correct)
    by_both = expected_calibration_error(calibration.probabilities(scores).max(axis=1), correct)
    assert by_both < min(by_temperature, 0.02)


@pytest.mark.parametrize("beta", [None, (1.0, 1.0, 0.0), (0.2, 0.1, -6.0), (0.0, 0.0, 3.0), (3.0, 3.0, 3.0)])
def test_rows_sum_to_one_and_keep_their_order(beta: tuple[float, float, float] | None) -> None:
    scores, _ = drawn(500, sharper=5.0)
    found = Calibration(2.0, beta).probabilities(scores)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert found.dtype == np.float32
    assert (found >= 0).all()
    plain = Calibration(2.0).probabilities(scores)
    np.testing.assert_array_equal(found.argmax(axis=1), plain.argmax(axis=1))
    np.testing.assert_array_equal(np.argsort(found, axis=1)[:, -3:], np.argsort(plain, axis=1)[:, -3:])


def test_the_neutral_curve_changes_nothing() -> None:
    scores, _ = drawn(200, sharper=1.0)
    np.testing.assert_allclose(
        Calibration(1.0, (1.0, 1.0, 0.0)).probabilities(scores), softmax(scores), atol=1e-5
    )


def test_few_records_fit_a_temperature_alone_and_none_nothing() -> None:
    scores, targets = drawn(FEWEST_FOR_BETA - 1, sharper=1.0)
    assert Calibration.fit(scores, targets).beta is None
    assert Calibration.fit(scores[:0], targets[:0]) == Calibration()


def test_certain_scores_stay_finite() -> None:
    scores = np.array([[1e4, 0, -1e4], [0, 0, 0]], dtype=np.float32)
    found = Calibration(0.001, (0.5, 0.5, 0.0)).probabilities(scores)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_scores_that_are_all_right_or_all_alike_can_be_fitted() -> None:
    right = np.eye(3, dtype=np.float32)[np.arange(300) % 3]
    alike = np.zeros((300, 3), dtype=np.float32)
    for scores in (right, alike):
        found = Calibration.fit(scores, np.arange(300) % 3).probabilities(scores)
        assert np.isfinite(found).all()


def test_the_error_is_the_mean_gap_between_stated_and_right() -> None:
    confidence = np.array([0.9, 0.9, 0.5, 0.5], dtype=np.float32)
    correct = np.array([True, False, True, True])
    assert expected_calibration_error(confidence, correct) == pytest.approx((0.8 + 1.0) / 4, abs=1e-6)
    assert expected_calibration_error(np.ones(3, dtype=np.float32), np.ones(3, dtype=bool)) == 0


def test_it_is_read_back_as_written_and_nothing_else_is_taken() -> None:
    for calibration in (Calibration(1.5), Calibration(0.4, (0.9, 0.5, -0.25))):
        assert Calibration.from_dict(calibration.to_dict()) == calibration
    for broken in (None, {}, {"temperature": 0, "beta": None}, {"temperature": 1, "beta": [1, -1, 0]}):
        with pytest.raises(ClassifierError, match="no calibration"):
            Calibration.from_dict(broken)

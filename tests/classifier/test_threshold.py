"""The lowest threshold with a bounded error: exact figures, and the guarantee itself by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import ClassifierError, exact_upper_bound, lowest_threshold, wilson
from classifier.threshold import fewest_records


def test_the_exact_bound_has_the_known_values() -> None:
    assert exact_upper_bound(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59))  # the rule of three, exactly
    assert exact_upper_bound(2, 10) == pytest.approx(0.5069013, abs=1e-6)
    assert exact_upper_bound(10, 10) == exact_upper_bound(0, 0) == 1


def test_fifty_nine_right_records_vouch_for_five_percent_and_fifty_eight_do_not() -> None:
    assert fewest_records(0.05, 0.95) == 59
    sure = np.full(59, 0.97, dtype=np.float32)
    assert lowest_threshold(sure, np.ones(59, dtype=bool)).threshold == 0.97
    found = lowest_threshold(sure[:58], np.ones(58, dtype=bool))
    assert found.threshold is None
    assert found.more is not None
    assert found.more > 0


def test_the_threshold_is_where_errors_begin() -> None:
    probabilities = np.concatenate([np.full(400, 0.9), np.full(400, 0.5)]).astype(np.float32)
    correct = np.concatenate([np.ones(400), np.arange(400) % 2]).astype(bool)
    found = lowest_threshold(probabilities, correct)
    assert found.threshold is not None
    assert 0.5 < found.threshold <= 0.9
    assert (found.accepted, found.wrong, found.records) == (400, 0, 800)
    assert found.error_bound == pytest.approx(1 - 0.05 ** (1 / 400))
    assert found.coverage == 0.5
    assert found.coverage_interval == wilson(400, 800)


def test_the_sequence_stops_at_the_first_failure() -> None:
    # Wrong in the middle, right below: a lower threshold would pass, but only by having looked too often.
    probabilities = np.concatenate([np.full(200, 0.95), np.full(60, 0.7), np.full(5_000, 0.3)])
    correct = np.concatenate([np.ones(200), np.zeros(60), np.ones(5_000)]).astype(bool)
    assert exact_upper_bound(60, 5_260) < 0.05
    found = lowest_threshold(probabilities.astype(np.float32), correct)
    assert found.accepted == 200


def test_a_hopeless_model_is_told_apart_from_a_small_sample() -> None:
    probabilities = np.linspace(0.1, 0.99, 400, dtype=np.float32)
    hopeless = lowest_threshold(probabilities, np.arange(400) % 2 == 0)
    assert (hopeless.threshold, hopeless.more) == (None, None)
    small = lowest_threshold(probabilities[:40], np.ones(40, dtype=bool))
    assert small.threshold is None
    assert small.more is not None


def test_as_many_more_records_as_it_says_are_enough() -> None:
    correct = np.ones(40, dtype=bool)
    correct[3] = False
    probabilities = np.full(40, 0.9, dtype=np.float32)
    found = lowest_threshold(probabilities, correct, max_error=0.1)
    assert found.more is not None
    times = -(-(40 + found.more) // 40)
    again = lowest_threshold(np.tile(probabilities, times), np.tile(correct, times), max_error=0.1)
    assert again.threshold is not None


@pytest.mark.parametrize("max_error", [0.05, 0.1])
def test_the_promise_is_kept_in_nineteen_samples_of_twenty(max_error: float) -> None:
    """The true error above the threshold found exceeds the bound in at most 5 % of samples."""
    generator = np.random.default_rng(0)
    broken = 0
    samples = 400
    for _ in range(samples):
        probabilities = generator.beta(3, 1, size=500).astype(np.float32)
        right = probabilities**0.7  # a model that is not quite calibrated
        found = lowest_threshold(probabilities, generator.random(500) < right, max_error=max_error)
        if found.threshold is not None:
            many = generator.beta(3, 1, size=20_000)
            broken += float((1 - many[many >= found.threshold] ** 0.7).mean()) > max_error
    # 5 % of 400 are 20; 33 is what a fair count exceeds once in a thousand times.
    assert broken <= 33


@pytest.mark.parametrize(("max_error", "confidence"), [(0, 0.95), (1, 0.95), (0.05, 0), (0.05, 1), (5, 0.9)])
def test_bounds_that_are_no_shares_are_refused(max_error: float, confidence: float) -> None:
    with pytest.raises(ClassifierError, match="shares between 0 and 1"):
        lowest_threshold(np.ones(3, dtype=np.float32), np.ones(3), max_error=max_error, confidence=confidence)


def test_no_records_are_refused() -> None:
    with pytest.raises(ClassifierError, match="no labelled records"):
        lowest_threshold(np.empty(0, dtype=np.float32), np.empty(0))

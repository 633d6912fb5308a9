"""A model's probabilities and a dictionary's words make one probability that means what it says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from classifier import ClassifierError
from classifier.blend import PRIOR, SAID, Blend, Candidates
from classifier.calibrate import expected_calibration_error

Bools = npt.NDArray[np.bool_]

TRUE = {
    **PRIOR,
    "alone": 0.6,
    "alone_other": 0.5,
    "model": 0.8,
    "coded": 2.0,
    "tied": 1.0,
    "candidate": 0.2,
    "guess": -0.5,
    "words": 0.9,
    "other": 0.4,
}


def drawn(records: int, *, seed: int = 0, told: float = 0.7) -> Candidates:
    """Records with 3 to 7 candidates; the dictionary has a say on a share ``told`` of them."""
    draw = np.random.default_rng(seed)
    sizes = draw.integers(3, 8, records)
    shares = [draw.dirichlet(np.full(size + 1, 0.4)) for size in sizes]
    said, words = [], []
    for size in sizes:
        mine = draw.integers(1, len(SAID), size) * (draw.random(size) < 0.4)
        mine *= draw.random() < told
        said.append(mine)
        words.append(np.where(mine > 0, draw.integers(1, 4, size), 0))
    return Candidates(
        sizes=sizes,
        model=np.concatenate([share[:-1] for share in shares]),
        rest=np.array([share[-1] for share in shares]),
        said=np.concatenate(said),
        words=np.concatenate(words),
    )


def answered(candidates: Candidates, truth: Blend, *, seed: int = 1) -> Bools:
    """The right candidates, drawn by the probabilities of ``truth``; of some records none is right."""
    draw = np.random.default_rng(seed)
    probabilities = truth.probabilities(candidates)
    right = np.zeros(len(probabilities), dtype=bool)
    starts = np.concatenate([[0], np.cumsum(candidates.sizes)])
    for first, last in pairwise(starts):
        chosen = np.searchsorted(np.cumsum(probabilities[first:last]), draw.random())
        if first + chosen < last:
            right[first + chosen] = True
    return right


def one(
    model: list[float],
    said: list[str] | None = None,
    words: list[int] | None = None,
    rest: float | None = None,
) -> Candidates:
    """One record."""
    told = said or [""] * len(model)
    return Candidates(
        sizes=np.array([len(model)]),
        model=np.array(model),
        rest=np.array([1 - sum(model) if rest is None else rest]),
        said=np.array([SAID.index(name) for name in told], dtype=np.int64),
        words=np.array(words or [int(bool(name)) for name in told], dtype=np.int64),
    )


def first_of_each(candidates: Candidates, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Place of the most probable candidate of each record."""
    ends = np.cumsum(candidates.sizes)
    return np.array(
        [
            start + int(np.argmax(part))
            for start, part in zip(ends - candidates.sizes, np.split(probabilities, ends[:-1]), strict=True)
        ]
    )


def test_fitted_weights_find_the_truth_and_are_calibrated_on_other_records() -> None:
    truth = Blend(TRUE)
    learning = drawn(4_000)
    fitted = Blend.fit(learning, answered(learning, truth))
    for name, weight in TRUE.items():
        assert fitted.weights[name] == pytest.approx(weight, abs=0.35), name
    others = drawn(4_000, seed=5)
    right = answered(others, truth, seed=6)

    def error(blend: Blend) -> float:
        probabilities = blend.probabilities(others)
        first = first_of_each(others, probabilities)
        return expected_calibration_error(probabilities[first].astype(np.float32), right[first], bins=15)

    assert error(fitted) < 0.03
    assert error(Blend.prior()) > 0.1, "the records are not those that the prior was fitted on"


def test_few_records_stay_near_the_prior_and_none_is_the_prior() -> None:
    truth = Blend(TRUE)

    def away(records: int) -> float:
        learning = drawn(records)
        fitted = Blend.fit(learning, answered(learning, truth))
        return float(np.linalg.norm([fitted.weights[name] - PRIOR[name] for name in PRIOR]))

    assert away(5) < 1 < away(2_000)
    empty = one([])
    assert Blend.fit(empty, np.zeros(0, dtype=bool)).weights["coded"] == pytest.approx(PRIOR["coded"])


def test_fitting_again_gives_the_same() -> None:
    learning = drawn(300)
    right = answered(learning, Blend(TRUE))
    assert Blend.fit(learning, right) == Blend.fit(learning, right)


def test_probabilities_of_a_record_leave_something_to_other_codes() -> None:
    candidates = drawn(500)
    sums = np.bincount(candidates.record, weights=Blend.prior().probabilities(candidates))
    assert (sums > 0).all()
    assert (sums <= 1 + 1e-12).all()
    assert (sums < 1).any()


def test_the_order_of_candidates_makes_no_difference() -> None:
    candidates = drawn(50)
    right = answered(candidates, Blend(TRUE))
    draw = np.random.default_rng(3)
    # A random order within each record.
    order = np.lexsort((draw.random(len(candidates.model)), candidates.record))
    mixed = Candidates(
        candidates.sizes,
        candidates.model[order],
        candidates.rest,
        candidates.said[order],
        candidates.words[order],
    )
    assert (order != np.arange(len(order))).any()
    np.testing.assert_allclose(
        Blend.prior().probabilities(mixed), Blend.prior().probabilities(candidates)[order], rtol=1e-12
    )
    fitted, again = Blend.fit(candidates, right), Blend.fit(mixed, right[order])
    for name in PRIOR:
        assert again.weights[name] == pytest.approx(fitted.weights[name], abs=1e-4)


def test_without_words_the_prior_gives_the_models_own_probabilities() -> None:
    np.testing.assert_allclose(Blend.prior().probabilities(one([0.6, 0.3, 0.0001])), [0.6, 0.3, 0.0001])


def test_a_code_the_dictionary_gives_beats_one_it_ties_and_that_one_a_mere_candidate() -> None:
    prior = Blend.prior()

    def probability(said: str) -> float:
        return float(prior.probabilities(one([0.2, 0.2], [said, ""]))[0])

    assert probability("coded") > probability("tied") > probability("candidate") > 0.2


def test_a_longer_phrase_speaks_louder() -> None:
    prior = Blend.prior()
    short, long = (prior.probabilities(one([0.1], ["coded"], [words]))[0] for words in (1, 3))
    assert long > short


def test_a_code_the_model_never_met_can_still_come_first() -> None:
    found = Blend.prior().probabilities(one([0.7, 0.0], ["", "coded"], [0, 2]))
    assert found[1] > found[0]


def test_a_record_without_candidates_has_no_probabilities() -> None:
    both = Candidates(np.array([0, 1]), np.array([0.5]), np.array([1.0, 0.5]), np.array([0]), np.array([0]))
    np.testing.assert_allclose(Blend.prior().probabilities(both), [0.5])


def test_it_goes_through_json() -> None:
    fitted = Blend(TRUE)
    assert Blend(fitted.to_dict()) == fitted


@pytest.mark.parametrize(
    "weights", [{}, {**PRIOR, "more": 1.0}, {**PRIOR, "coded": float("nan")}], ids=["none", "more", "nan"]
)
def test_other_weights_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ClassifierError, match="a finite weight for each of"):
        Blend(weights)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ClassifierError, match="2 candidates were announced; there are 1"):
        Candidates(np.array([2]), np.array([0.5]), np.array([0.5]), np.array([0]), np.array([0]))
    with pytest.raises(ClassifierError, match="1 records have 2 remaining"):
        Candidates(np.array([1]), np.array([0.5]), np.array([0.5, 0.5]), np.array([0]), np.array([0]))


def test_two_right_codes_are_refused() -> None:
    with pytest.raises(ClassifierError, match="two right candidates"):
        Blend.fit(one([0.5, 0.4]), np.array([True, True]))

"""Coefficients of agreement against published examples, other programs and simulation."""

import itertools
import math
import random

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from coding_app import agreement
from coding_app.agreement import Estimate, Problem

Pairs = list[tuple[str, str]]

GWET = ["111", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "555", "11", "3"]
"""Four raters, twelve units, some ratings missing (Gwet's example, in the manual of R's irrCAC too)."""
FLEISS = (
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
)  # fmt: skip
"""Fourteen raters, ten subjects, five categories: the worked example of many textbooks; kappa is 0.210."""


def table(*rows: tuple[int, ...]) -> Pairs:
    """A cross table as pairs of ratings."""
    cells = ((str(i), str(j), n) for i, row in enumerate(rows) for j, n in enumerate(row))
    return [(one, other) for one, other, n in cells for _ in range(n)]


def ratings(*counts: tuple[int, ...]) -> list[list[str]]:
    """How many raters gave each category, a row a subject, as ratings."""
    return [[str(at) for at, n in enumerate(row) for _ in range(n)] for row in counts]


def ends(found: Estimate) -> tuple[float, float]:
    assert found.interval is not None
    return found.interval


def test_cohens_kappa_of_a_textbook_table() -> None:
    found = agreement.cohen(table((20, 5), (10, 15)))
    assert found.value == pytest.approx(0.4)
    assert found.n == 50


def test_where_nearly_all_is_one_category_kappa_falls_below_zero_and_ac1_does_not() -> None:
    pairs = table((118, 5), (2, 0))  # Gwet 2008, after Feinstein & Cicchetti's paradox
    assert agreement.cohen(pairs).value == pytest.approx(-0.0234, abs=5e-5)
    assert agreement.gwet(pairs, categories=2).value == pytest.approx(0.9408, abs=5e-5)


def test_gwets_published_example_with_missing_ratings() -> None:
    ac1, kappa = agreement.gwet(GWET, categories=5), agreement.fleiss(GWET)
    for found, value, error, interval in (
        (ac1, 0.77544, 0.14295, (0.461, 1.0)),
        (kappa, 0.76117, 0.15302, (0.424, 1.0)),
    ):
        assert found.value == pytest.approx(value, abs=5e-6)
        assert found.error == pytest.approx(error, abs=5e-6)
        assert ends(found) == pytest.approx(interval, abs=5e-4)
    assert agreement.percent(GWET).value == pytest.approx(0.81818, abs=5e-6)
    assert (ac1.n, kappa.n) == (11, 11), "one unit was rated once"


def test_fleiss_example_of_fourteen_raters() -> None:
    found = agreement.fleiss(ratings(*FLEISS))
    assert found.value == pytest.approx(0.210, abs=5e-4)
    assert agreement.percent(ratings(*FLEISS)).value == pytest.approx(0.378, abs=5e-4)


@pytest.mark.parametrize(
    ("given", "categories", "ac1", "kappa"),
    [
        (
            ["212", "11", "22", "201", "21", "222", "2", "01", "000", "010", "01", "221"],
            3,
            (0.191873, 0.20831847, -0.26663286, 0.65037887),
            (0.16093876, 0.20632367, -0.29317656, 0.61505409),
        ),
        (
            [
                "03",
                "0021",
                "22",
                "311",
                "313",
                "0000",
                "33",
                "002",
                "0112",
                "3333",
                "00",
                "2021",
                "012",
                "111",
            ],
            4,
            (0.38336052, 0.15284376, 0.05316164, 0.7135594),
            (0.37361377, 0.15479785, 0.03919334, 0.70803419),
        ),
    ],
)
def test_unequal_numbers_of_raters_as_irrcac_has_them(
    given: list[str], categories: int, ac1: tuple[float, ...], kappa: tuple[float, ...]
) -> None:
    for found, expected in (
        (agreement.gwet(given, categories=categories), ac1),
        (agreement.fleiss(given), kappa),
    ):  # figures of irrCAC 0.4.4
        assert found.error is not None
        assert (found.value, found.error, *ends(found)) == pytest.approx(expected, abs=2e-8)


@pytest.mark.parametrize("seed", range(20))
def test_cohens_kappa_and_its_interval_as_statsmodels_has_them(seed: int) -> None:
    draw = np.random.default_rng(seed)
    size = int(draw.integers(2, 8))
    counts = draw.integers(0, 15, (size, size)) + np.diag(draw.integers(1, 30, size))
    found = agreement.cohen(table(*(tuple(row) for row in counts.tolist())))
    expected = cohens_kappa(counts)
    assert found.value == pytest.approx(expected.kappa, abs=1e-12)
    assert found.error == pytest.approx(expected.std_kappa, abs=1e-12)
    assert ends(found) == pytest.approx((expected.kappa_low, expected.kappa_upp), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_fleiss_kappa_as_statsmodels_has_it(seed: int) -> None:
    draw = np.random.default_rng(seed)
    counts = draw.multinomial(5, [0.5, 0.3, 0.15, 0.05], size=40)
    found = agreement.fleiss(ratings(*(tuple(row) for row in counts.tolist())))
    assert found.value == pytest.approx(fleiss_kappa(counts), abs=1e-12)


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (1, 3), (712, 800), (364, 400), (348, 400)])
def test_a_share_has_wilsons_interval(k: int, n: int) -> None:
    found = agreement.share(k, n)
    assert found.value == k / n
    assert ends(found) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)


def test_the_papers_total_is_89_percent_from_87_to_91() -> None:
    found = agreement.share(712, 800)  # Ossiander & Milham, Table 1
    assert found.value is not None
    assert [round(100 * one) for one in (found.value, *ends(found))] == [89, 87, 91]


@pytest.mark.parametrize(("first", "second"), [((56, 70), (48, 80)), ((9, 10), (3, 10)), ((0, 10), (0, 20))])
def test_a_difference_of_shares_has_newcombes_interval(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found = agreement.difference(agreement.share(*first), agreement.share(*second))
    expected = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert found.value == pytest.approx(first[0] / first[1] - second[0] / second[1])
    assert ends(found) == pytest.approx(expected, abs=1e-9)


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="3 successes in 2 trials"):
        agreement.share(3, 2)


def test_more_categories_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="3 categories were given, of 2"):
        agreement.gwet([("a", "b"), ("c", "c")], categories=2)


@pytest.mark.parametrize("given", [[], [("a",), ("b",)]])
def test_without_a_subject_rated_twice_there_is_nothing_to_say(given: list[tuple[str, ...]]) -> None:
    for found in (agreement.percent(given), agreement.gwet(given, categories=3), agreement.fleiss(given)):
        assert (found.value, found.interval, found.n, found.problem) == (None, None, 0, Problem.NOTHING)
    assert agreement.cohen([]).problem == Problem.NOTHING


def test_one_category_throughout_leaves_kappa_undefined_and_ac1_at_one() -> None:
    pairs = [("a", "a")] * 12
    assert (agreement.cohen(pairs).value, agreement.cohen(pairs).problem) == (None, Problem.ONE_CATEGORY)
    assert agreement.fleiss(pairs).problem == Problem.ONE_CATEGORY
    found = agreement.gwet(pairs, categories=2)
    assert (found.value, found.problem) == (1.0, Problem.NO_SPREAD)
    assert agreement.gwet(pairs, categories=1).problem == Problem.ONE_CATEGORY


def test_perfect_agreement_has_an_interval_that_more_subjects_narrow() -> None:
    def low(n: int, found: str) -> float:
        pairs = [("a", "a"), ("b", "b")] * (n // 2)
        if found == "cohen":
            one = agreement.cohen(pairs)
        elif found == "gwet":
            one = agreement.gwet(pairs, categories=2)
        else:
            one = agreement.fleiss(pairs)
        assert (one.value, one.high, one.problem) == (1.0, 1.0, Problem.NO_SPREAD)
        assert one.low is not None
        return one.low

    for found in ("cohen", "gwet", "fleiss"):
        assert low(10, found) < low(100, found) < low(1000, found) < 1
    # Chance is one half here, so that 10 of 10 agreeing (at least 72.2 % by Wilson) is kappa 0.445 or more.
    assert low(10, "cohen") == pytest.approx((0.72247 - 0.5) / 0.5, abs=1e-4)


def test_one_subject_has_no_interval() -> None:
    for found in (agreement.gwet([("a", "b")], categories=2), agreement.fleiss([("a", "b")])):
        assert found.value is not None
        assert (found.interval, found.problem) == (None, Problem.ONE_SUBJECT)


def test_the_order_of_raters_and_subjects_changes_nothing() -> None:
    pairs = table((8, 2, 1), (0, 6, 3), (2, 1, 9))
    shuffled = [(b, a) for a, b in pairs]
    random.Random(3).shuffle(shuffled)
    for coefficient in (agreement.fleiss, agreement.percent):
        assert ends(coefficient(shuffled)) == pytest.approx(ends(coefficient(pairs)), abs=1e-12)
    assert ends(agreement.cohen(shuffled)) == pytest.approx(ends(agreement.cohen(pairs)), abs=1e-12)


def covered(seed: int, *, subjects: int, raters: int, knows: float, rounds: int = 1200) -> dict[str, float]:
    """How often each interval holds what very many subjects would give.

    A rater knows a subject's true category with the chance ``knows``, and else draws one by the same shares.
    """
    draw = np.random.default_rng(seed)
    shares = np.array([0.5, 0.25, 0.15, 0.1])
    together = knows**2 + (1 - knows**2) * float(shares @ shares)
    by_chance, uniform = float(shares @ shares), float(shares @ (1 - shares)) / 3
    truth = {
        "percent": together,
        "cohen": (together - by_chance) / (1 - by_chance),
        "fleiss": (together - by_chance) / (1 - by_chance),
        "gwet": (together - uniform) / (1 - uniform),
    }
    hits = dict.fromkeys(truth, 0)
    for _ in range(rounds):
        true = draw.choice(4, size=(subjects, 1), p=shares)
        drawn = draw.choice(4, size=(subjects, raters), p=shares)
        given = np.where(draw.random((subjects, raters)) < knows, true, drawn).astype(str).tolist()
        found = {
            "percent": agreement.percent(given),
            "cohen": agreement.cohen([(one[0], one[1]) for one in given]),
            "fleiss": agreement.fleiss(given),
            "gwet": agreement.gwet(given, categories=4),
        }
        for name, one in found.items():
            low, high = ends(one)
            hits[name] += low <= truth[name] <= high
    return {name: count / rounds for name, count in hits.items()}


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    for seed, (subjects, raters, knows) in enumerate([(60, 2, 0.8), (200, 2, 0.6), (60, 4, 0.7)]):
        found = covered(seed, subjects=subjects, raters=raters, knows=knows, rounds=400)
        # 400 draws of 95 % have a standard error of 1.1 points.
        for name, part in found.items():
            # The percentage of several raters has an interval on the safe side.
            most = 1.0 if name == "percent" and raters > 2 else 0.985
            assert 0.915 <= part <= most, (name, subjects, raters, part)


def test_every_small_table_gives_bounds_in_order() -> None:
    for cells in itertools.product(range(3), repeat=4):
        pairs = table(cells[:2], cells[2:])
        for found in (
            agreement.percent(pairs),
            agreement.cohen(pairs),
            agreement.fleiss(pairs),
            agreement.gwet(pairs, categories=2),
        ):
            assert (found.low is None) == (found.high is None)
            if found.interval and found.value is not None:
                low, high = found.interval
                assert -1 <= low <= found.value + 1e-12
                assert found.value <= high + 1e-12 <= 1 + 2e-12
                assert math.isfinite(low)
                assert math.isfinite(high)

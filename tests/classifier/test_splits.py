"""Who is learnt from and who is kept back."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from classifier import ClassifierError
from classifier.splits import fold_of_each, group_keys, hold_out

TEXTS = [f"text {place % 70}" for place in range(100)]
CODES = ["a" if place % 70 < 40 else "b" for place in range(100)]


def test_a_grouped_split_keeps_the_same_text_on_one_side() -> None:
    texts = [text.upper() if place % 2 else text for place, text in enumerate(TEXTS)]
    learnt, tested = hold_out(group_keys(texts, "grouped"), CODES, 0.3, seed=0)
    assert not {TEXTS[at] for at in learnt} & {TEXTS[at] for at in tested}
    assert sorted([*learnt, *tested]) == list(range(100))


def test_a_random_split_has_the_size_asked_for_in_every_code() -> None:
    _, tested = hold_out(group_keys(TEXTS, "random"), CODES, 0.3, seed=0)
    sizes, kept = Counter(CODES), Counter(CODES[at] for at in tested)
    assert len(tested) == pytest.approx(30, abs=1)
    assert all(kept[code] == pytest.approx(0.3 * size, abs=1) for code, size in sizes.items())


def test_the_seed_alone_decides() -> None:
    keys = group_keys(TEXTS, "random")
    first, second, other = (hold_out(keys, CODES, 0.3, seed=seed)[1].tolist() for seed in (1, 1, 2))
    assert first == second
    assert first != other


@pytest.mark.parametrize("size", [0.3, 0.5, 0.9])
def test_a_code_with_one_record_is_learnt_from(size: float) -> None:
    learnt, _ = hold_out([str(at) for at in range(5)], ["a", "b", "c", "d", "d"], size, seed=3)
    assert {0, 1, 2} <= set(learnt.tolist())


def test_nothing_is_kept_back_when_nothing_is_asked_for() -> None:
    learnt, tested = hold_out(["1", "2"], ["a", "b"], 0, seed=0)
    assert learnt.tolist() == [0, 1]
    assert not len(tested)


def test_folds_are_even_over_all_and_within_codes_and_keep_texts_together() -> None:
    keys = group_keys(TEXTS, "grouped")
    fold = fold_of_each(keys, CODES, 5, seed=0)
    assert np.ptp(np.bincount(fold, minlength=5)) <= 4
    assert all(len({int(fold[at]) for at in range(100) if keys[at] == key}) == 1 for key in keys)


@pytest.mark.parametrize("size", [-0.1, 1.0, 2.0])
def test_a_size_that_is_no_share_is_refused(size: float) -> None:
    with pytest.raises(ClassifierError, match="cannot be kept back"):
        hold_out(["1"], ["a"], size, seed=0)


def test_an_unknown_split_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ClassifierError, match="random, grouped"):
        group_keys(["a"], "by moon")


def test_texts_of_signs_alone_are_not_one_group() -> None:
    assert len(set(group_keys(["!!!", "???", "!!!"], "grouped"))) == 2

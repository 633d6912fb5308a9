"""Samples and shares of work: exact numbers, and the same again for the same seed."""

from collections import Counter

import pytest

from coding_app.sampling import allocate, loads, rank, share_out


def test_rank_is_the_same_again_and_another_for_another_seed() -> None:
    keys = range(200)
    first = sorted(keys, key=lambda key: rank(7, str(key)))
    assert first == sorted(keys, key=lambda key: rank(7, str(key)))
    assert first != sorted(keys, key=lambda key: rank(8, str(key)))
    assert first != list(keys)


def test_a_greater_sample_has_the_records_of_the_smaller_one() -> None:
    order = sorted(range(100), key=lambda key: rank(3, str(key)))
    without_some = sorted(range(0, 100, 2), key=lambda key: rank(3, str(key)))
    assert [key for key in order if key % 2 == 0] == without_some


def test_proportional_parts_go_to_the_largest_remainders() -> None:
    # 10 * 47/100, 16/100, 37/100 = 4.7, 1.6, 3.7
    assert allocate({"a": 47, "b": 16, "c": 37}, 10) == {"a": 5, "b": 1, "c": 4}


def test_every_stratum_gives_one_where_the_sample_is_large_enough() -> None:
    sizes = {"large": 997, "small": 2, "least": 1}
    assert allocate(sizes, 10) == {"large": 8, "small": 1, "least": 1}
    assert allocate(sizes, 2) == {"large": 2, "small": 0, "least": 0}


def test_equal_parts_stop_at_the_size_of_a_stratum() -> None:
    assert allocate({"a": 100, "b": 2, "c": 50}, 12, equal=True) == {"a": 5, "b": 2, "c": 5}
    assert sum(allocate({"a": 100, "b": 2, "c": 50}, 13, equal=True).values()) == 13


def test_more_than_there_is_takes_everything() -> None:
    assert allocate({"a": 3, "b": 0}, 10) == {"a": 3, "b": 0}


@pytest.mark.parametrize("n", range(0, 61, 7))
def test_parts_add_up_to_the_sample(n: int) -> None:
    sizes = {"a": 1, "b": 2, "c": 3, "d": 54}
    for equal in (False, True):
        found = allocate(sizes, n, equal=equal)
        assert sum(found.values()) == n
        assert all(found[name] <= sizes[name] for name in sizes)


@pytest.mark.parametrize(("coders", "each", "records"), [(3, 2, 100), (5, 2, 7), (4, 3, 50), (2, 1, 801)])
def test_equal_shares_differ_by_one_record_at_most(coders: int, each: int, records: int) -> None:
    drawn = list(share_out([1.0] * coders, records, each=each, seed=5))
    counts = Counter(at for one in drawn for at in one)
    assert len(drawn) == records
    assert all(len(set(one)) == each for one in drawn)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert sum(counts.values()) == records * each


def test_shares_by_hand_are_kept_and_cut_where_one_would_code_a_record_twice() -> None:
    assert loads([70, 20, 10], 100, each=1) == [70, 20, 10]
    assert loads([8, 1, 1], 100, each=2) == [100, 50, 50]
    counts = Counter(at for one in share_out([3, 1], 40, each=1, seed=1) for at in one)
    assert counts == {0: 30, 1: 10}


def test_everybody_codes_with_everybody() -> None:
    pairs = Counter(share_out([1.0] * 4, 120, each=2, seed=9))
    assert set(pairs) == {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}


def test_the_same_seed_shares_out_the_same() -> None:
    def shared(seed: int) -> list[tuple[int, ...]]:
        return list(share_out([1.0, 1.0, 2.0], 30, each=2, seed=seed))

    assert shared(4) == shared(4)
    assert shared(4) != shared(5)


def test_too_few_coders_are_refused() -> None:
    with pytest.raises(ValueError, match="3 different coders of 2"):
        next(share_out([1.0, 1.0], 5, each=3, seed=0))

from __future__ import annotations

import json

import pytest

from dictionary import Coder, Record, Status, evaluate
from dictionary.statistics import wilson
from tests.dictionary.build import dictionary


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (712, 800, 0.8664, 0.9098),  # the paper's 89 % (87 %, 91 %)
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_wilson_interval_has_its_published_values(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("counts", [(3, 2), (-1, 2)])
def test_wilson_refuses_what_is_no_share(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(*counts)


def test_evaluation_counts_each_record_once() -> None:
    coder = Coder(dictionary(unknown="phrase\nUNK\n"))
    records = [
        (Record("1", "truck driver"), "715"),
        (Record("2", "driver"), "1"),
        (Record("3", "Driver"), "1"),
        (Record("4", "legal agent", "sales"), "105"),
        (Record("5", "contractor", "plumbing heating"), "510"),
        (Record("6", "astronaut"), "2"),
        (Record("7", "unk"), "3"),
        (Record("8", "driver", age=2), "715"),
    ]
    evaluation = evaluate(records, coder)
    assert evaluation.records == 8
    assert evaluation.statuses == {
        Status.CODED: 4, Status.TIE: 1, Status.NO_MATCH: 1, Status.CHILD: 1, Status.UNKNOWN: 1,
    }  # fmt: skip
    assert (evaluation.coded, evaluation.correct, evaluation.offered, evaluation.set_aside) == (4, 1, 1, 2)
    assert (evaluation.coding_rate, evaluation.coding_rate_with_set_aside) == (0.5, 0.75)
    assert evaluation.accuracy == 0.25
    assert [(c.reference, c.given, c.records, c.example) for c in evaluation.confusions] == [
        ("1", "715", 2, "driver"),
        ("105", "380", 1, "legal agent / sales"),
    ]
    figures = json.loads(json.dumps(evaluation.to_dict()))
    assert figures["accuracy_interval"] == list(wilson(1, 4))


def test_evaluation_of_nothing_has_no_rates() -> None:
    evaluation = evaluate([], Coder(dictionary()))
    assert (evaluation.coding_rate, evaluation.accuracy) == (None, None)


def test_a_record_without_reference_code_is_refused() -> None:
    with pytest.raises(ValueError, match="no reference code"):
        evaluate([(Record("1", "driver"), " ")], Coder(dictionary()))

"""Every class of a classification can be given: through its title where there are no records of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier import Classification, ClassifierError, Examples, TrainSettings, partition, train
from tests.classifier.samples import examples, write_csv

JOBS = Classification.of(
    [
        ("0", "Armed forces", None, None, 1),
        ("0110", "Officers", "", "0", 2),
        ("2221", "Nurses", "", "0", 2),
        ("5120", "Cooks", "", "0", 2),
        ("8332", "Truck drivers", "", "0", 2),
        ("5141", "Hairdressers", "Cut and curl hair", "0", 2),
        ("5142", "Beauticians", "nan", "0", "2"),
        ("51421", "Manicurists", "", "5142", 3),
    ]
)


def test_a_class_without_records_is_reached_through_its_title_and_description() -> None:
    model = train(examples(), template="{text}", classification=JOBS, settings=TrainSettings(test_size=0.0))
    assert {"5141", "5142"} < set(model.classes)
    (named,), (described,) = model.predict(["hairdressers", "curl hair"], top=1)
    assert named[0] == described[0] == "5141"
    assert model.card["described"] == {
        "phrases": 3,
        "without_records": ["5141", "5142"],
        "with_records": {},
    }


def test_only_codes_on_the_levels_that_records_use_come_in() -> None:
    classes = partition(examples(), classification=JOBS).selection.classes
    assert "0" not in classes
    assert "51421" not in classes


def test_a_stray_code_of_another_level_brings_no_others_in() -> None:
    stray = examples().plus(Examples.of([("army", "0")]))
    found = partition(stray, classification=JOBS).selection
    assert "0" not in found.classes
    assert found.too_small == {"0": 1}


@pytest.mark.parametrize(
    ("describe", "classes", "phrases"),
    [("small", 7, {"5141", "5142", "7777"}), ("none", 4, set()), ("all", 7, None)],
)
def test_small_classes_stay_through_their_title_unless_told_otherwise(
    describe: str, classes: int, phrases: set[str] | None
) -> None:
    rows = [(code, title, None, None, None) for code, title in JOBS.titles.items() if len(code) == 4]
    flat = Classification.of([*rows, ("7777", "Glaziers", None, None, None)])
    records = examples().plus(Examples.of([("puts in windows", "7777")] * 3))
    parts = partition(records, classification=flat, settings=TrainSettings(describe=describe))
    assert len(parts.selection.classes) == classes
    assert set(parts.titles.codes) == (phrases if phrases is not None else set(flat.titles))
    assert parts.selection.too_small == ({"7777": 3} if describe == "none" else {})
    assert len(parts.train) + len(parts.test) == len(records) - (3 if describe == "none" else 0)


def test_without_levels_codes_of_the_same_length_are_of_one_level() -> None:
    flat = Classification({"1": "A", "11": "B", "12": "C", "111": "D"})
    assert flat.beside({"11"}) == ["11", "12"]


def test_levels_follow_from_parents() -> None:
    tree = Classification.of([("A", "", "", "", ""), ("A-1", "", "", "A", ""), ("B", "", "", "", "")])
    assert tree.beside({"B"}) == ["A", "B"]


def test_describing_something_else_is_refused() -> None:
    with pytest.raises(ClassifierError, match="'some' is none of small, all, none"):
        partition(examples(), classification=JOBS, settings=TrainSettings(describe="some"))


def test_a_title_that_is_a_test_text_stays_where_it_is_all_that_is_known() -> None:
    """In a grouped split phrases that open a test text are left out, but not the only words of a class."""
    texts = Examples.of([(f"{word} at work {n}", code) for code, word in _WORDS.items() for n in range(30)])
    same = Classification.of(
        [
            ("1110", "bakes", None, None, None),
            ("2220", "sews", None, None, None),
            ("3330", "bakes at work", None, None, None),
        ]
    )
    settings = TrainSettings(split="grouped", describe="all")
    card = train(texts, template="{t}", classification=same, settings=settings).card
    assert card["described"]["phrases"] == 3
    assert card["data"]["further_phrases"] == 1  # 'bakes' and 'sews' open test texts of classes with records


_WORDS = {"1110": "bakes", "2220": "sews"}


def test_a_csv_needs_codes_alone_and_none_twice(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "c.csv", ["code"], [["0110"], [""], ["0120"]])
    assert Classification.read(path).titles == {"0110": "", "0120": ""}
    twice = write_csv(tmp_path / "t.csv", ["code", "title"], [["1", "a"], ["2", "b"], ["1", "c"]])
    with pytest.raises(ClassifierError, match=r"t\.csv:4: the code '1' is here twice"):
        Classification.read(twice)


def test_records_of_one_class_are_refused_even_beside_titles() -> None:
    with pytest.raises(ClassifierError, match="all 40 records have the code 5120"):
        partition(Examples.of([(f"cook {n}", "5120") for n in range(40)]), classification=JOBS)

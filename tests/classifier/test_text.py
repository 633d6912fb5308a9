"""Templates, cleaning, and the key that says two texts are the same."""

from __future__ import annotations

import pytest

from classifier import ClassifierError, Template, clean, normalise
from classifier.text import LONGEST, is_blank

PAPER = Template("{workplace}(에서) {position}(으로) {task}")


def test_the_papers_template_joins_workplace_position_and_task() -> None:
    row = {"workplace": "참치양식장", "position": "어부", "task": "참다랑어 키우는 일"}
    assert PAPER.render(row) == "참치양식장(에서) 어부(으로) 참다랑어 키우는 일"


@pytest.mark.parametrize("blank", ["", "   ", "nan", "NaN", "\t\n"])
def test_a_blank_field_goes_with_its_particle(blank: str) -> None:
    row = {"workplace": "OO문화사 사무실", "position": blank, "task": "인쇄물 제조, 인쇄물 디자인"}
    assert PAPER.render(row) == "OO문화사 사무실(에서) 인쇄물 제조, 인쇄물 디자인"


def test_a_record_of_blanks_has_the_empty_text_though_the_template_has_words() -> None:
    assert Template("job: {a} in {b}").render({"a": " ", "b": ""}) == ""


def test_what_stands_before_the_fields_of_a_run_goes_with_them() -> None:
    template = Template("{a} ({b})")
    assert template.render({"a": "cook", "b": "hotel"}) == "cook (hotel)"
    assert template.render({"a": "cook", "b": ""}) == "cook"


def test_columns_may_have_spaces_and_are_each_named_once() -> None:
    template = Template("{Alternate Title} {x} {Alternate Title}")
    assert template.columns == ("Alternate Title", "x")
    assert template.render({"Alternate Title": "Bank  President", "x": ""}) == "Bank President Bank President"


def test_every_missing_column_is_named() -> None:
    with pytest.raises(ClassifierError, match=r"'b', 'c', not in data\.csv; its columns are 'a'"):
        Template("{a} {b} {c}").check(["a"], where="data.csv")


@pytest.mark.parametrize("template", ["", "job", "{a", "a}", "{a} {}", "{{a}"])
def test_a_template_without_columns_or_with_odd_braces_is_refused(template: str) -> None:
    with pytest.raises(ClassifierError):
        Template(template)


def test_cleaning_leaves_single_spaces_and_no_controls() -> None:
    assert clean(" drives\x00a\u200b\ttruck\u2028 ") == "drives a truck"
    assert clean("한국") == "한국"  # decomposed letters are put together


def test_texts_of_any_length_and_script_are_cleaned_to_a_bounded_length() -> None:
    assert len(clean("운전 driver водитель 運転手 سائق " * 5_000)) <= LONGEST
    assert clean("a" * 100_000) == "a" * LONGEST


def test_the_same_text_is_the_same_whatever_its_case_width_and_signs() -> None:
    assert normalise("Truck-driver ") == normalise("ｔｒｕｃｋ  driver.") == "truck driver"
    assert normalise("truck driver") != normalise("truckdriver")


def test_only_nan_as_frames_write_it_is_blank() -> None:
    assert is_blank("nan")
    assert not is_blank("Nan")
    assert not is_blank("nanny")

"""Reading training data, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier import ClassifierError, Examples, Template, read_classification, read_examples, read_phrases
from classifier.examples import select_classes
from tests.classifier.samples import write_csv


def test_rows_without_text_or_code_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "d.csv", ["job", "code"], [["cook", "5120"], ["", "5120"], ["cook", " "], ["NaN", "1"]]
    )
    found = read_examples(path, Template("{job}"), "code")
    assert (found.texts, found.codes, found.lines) == (("cook",), ("5120",), (2,))
    assert found.left_out == {"no text": 2, "no code": 1}


def test_codes_stay_text(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "d.csv", ["job", "code"], [["soldier", "0110"]])
    assert read_examples(path, Template("{job}"), "code").codes == ("0110",)


def test_a_file_without_a_usable_row_is_refused_with_the_counts(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "d.csv", ["job", "code"], [["", "5120"], [" ", "5120"]])
    with pytest.raises(ClassifierError, match="2 with no text"):
        read_examples(path, Template("{job}"), "code")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"job,other\nx,1\n", "no column 'code'"),
        (b"job,code,code\nx,1,2\n", "2 columns 'code'"),
        (b"job,code\nx,1,2\n", "has 3 cells"),
        (b"job,code\n\xff\xfe,1\n", "not UTF-8"),
        (b'job,code\n"x,1\n', "check the quotes"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(content)
    with pytest.raises(ClassifierError, match=reason):
        read_examples(path, Template("{job}"), "code")


def test_every_code_outside_the_classification_is_a_fault_with_its_line(tmp_path: Path) -> None:
    codes = read_classification(write_csv(tmp_path / "c.csv", ["code", "title"], [["0110", "Officers"]]))
    data = Examples.of([("a", "0110"), ("b", "110"), ("c", "110"), ("d", "x")])
    with pytest.raises(ClassifierError, match="3 rows have codes") as caught:
        codes.check(data, where="d.csv")
    assert [str(fault).split(" is not")[0] for fault in caught.value.faults] == [
        "d.csv:2: code '110' (2 rows)",
        "d.csv:4: code 'x' (1 row)",
    ]


def test_missing_values_of_data_frames_are_blank() -> None:
    found = Examples.of([(float("nan"), "1"), (None, "1"), ("cook", None), ("cook", "1")])
    assert len(found) == 1
    assert found.left_out == {"no text": 2, "no code": 1}


def test_numbers_are_no_codes() -> None:
    with pytest.raises(ClassifierError, match="got 110, a int"):
        Examples.of([("soldier", 110)])


def test_phrases_need_the_two_columns(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", ["title", "code"], [["cook", "5120"]])
    with pytest.raises(ClassifierError, match="no column 'phrase'"):
        read_phrases(path)


def test_the_class_filter_leaves_out_ten_or_fewer_as_the_paper_does_and_lists_them() -> None:
    data = Examples.of([("t", "a")] * 11 + [("t", "b")] * 10 + [("t", "c")] * 12)
    found = select_classes(data)
    assert found.classes == ("a", "c")
    assert found.too_small == {"b": 10}
    assert len(found.examples) == 23


def test_further_phrases_bring_classes_in_unless_told_not_to() -> None:
    data = Examples.of([("t", "a")] * 11 + [("t", "b")] * 11 + [("t", "c")])
    extra = Examples.of([("phrase", "c"), ("phrase", "d"), ("phrase", "a")])
    assert select_classes(data, extra).classes == ("a", "b", "c", "d")
    without = select_classes(data, extra, extra_adds_classes=False)
    assert without.classes == ("a", "b")
    assert without.extra.codes == ("a",)


@pytest.mark.parametrize("codes", [["a"] * 50, ["a"] * 50 + ["b"]])
def test_one_class_is_refused(codes: list[str]) -> None:
    with pytest.raises(ClassifierError, match="at least two codes"):
        select_classes(Examples.of(("t", code) for code in codes))


def test_the_fingerprint_tells_data_apart() -> None:
    assert Examples.of([("ab", "c")]).fingerprint() == Examples.of([(" ab ", "c")]).fingerprint()
    assert Examples.of([("ab", "c")]).fingerprint() != Examples.of([("a", "bc")]).fingerprint()

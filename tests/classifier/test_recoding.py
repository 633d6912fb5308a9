"""From one edition of a classification to the next: by table, by a person, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier import ClassifierError, Crosswalk, recode
from classifier.cli import main
from tests.classifier.samples import read_csv, write_csv
from tests.shared import require_shared

PAIRS = [("111", "111"), ("120", "121"), ("121", "121"), ("140", "141"), ("140", "149"), ("999", "")]


def test_one_counterpart_is_taken_and_several_wait_for_a_person() -> None:
    found = recode(["120", "140", "999", "777", " ", "121"], Crosswalk.of(PAIRS))
    assert found.codes == ("121", None, None, None, None, "121")
    assert found.how == ("table", "open", "open", "open", "no code", "table")
    assert found.count() == {"table": 2, "open": 3, "no code": 1}


def test_what_a_person_chose_is_taken_and_what_they_left_blank_is_dropped() -> None:
    found = recode(["140", "140", "140", "120"], Crosswalk.of(PAIRS), by_person={0: "149", 1: "", 3: "111"})
    assert found.codes == ("149", None, None, "111")
    assert found.how == ("person", "dropped", "open", "person")


def test_a_person_can_only_choose_codes_of_the_new_classification() -> None:
    crosswalk = Crosswalk.of(PAIRS)
    with pytest.raises(ClassifierError, match="'140' is no code of the new"):
        recode(["140"], crosswalk, by_person={0: "140"})
    assert recode(["140"], crosswalk, by_person={0: "555"}, allowed={"555"}).codes == ("555",)


def test_a_crosswalk_without_pairs_is_refused() -> None:
    with pytest.raises(ClassifierError, match="no pair"):
        Crosswalk.of([("1", ""), ("", "2")])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_csv(tmp_path / "pairs.csv", ["k6", "k7"], PAIRS)
    write_csv(
        tmp_path / "data.csv",
        ["id", "job", "code"],
        [
            ["a", "사무", "120"],
            ["b", "건설", "140"],
            ["c", "광업,\n채굴", "140"],
            ["d", "x", "777"],
            ["e", "y", ""],
        ],
    )
    write_csv(tmp_path / "codes.csv", ["code", "title"], [["149", "기타 관리자"], ["150", "새 직업"]])
    return tmp_path


def run(folder: Path, *more: str) -> int:
    line = ["recode", str(folder / "data.csv"), "--code", "code", "--pairs", str(folder / "pairs.csv")]
    line += ["--old", "k6", "--new", "k7", "--out", str(folder / "out.csv")]
    return main([*line, "--unresolved", str(folder / "rest.csv"), *more])


def test_a_file_goes_by_table_first_and_comes_back_from_a_person(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, "--classification", str(files / "codes.csv")) == 0
    assert read_csv(files / "out.csv") == [
        {"id": "a", "job": "사무", "code": "120", "new_code": "121", "recoded_by": "table"}
    ]
    rest = read_csv(files / "rest.csv")
    assert [(row["data_line"], row["id"], row["candidates"], row["new_code"]) for row in rest] == [
        ("3", "b", "141 | 149 기타 관리자", ""),
        ("4", "c", "141 | 149 기타 관리자", ""),
        ("6", "d", "", ""),
    ]
    told = capsys.readouterr().out
    assert "1 of 5 records recoded, 1 by table, 0 by a person" in told
    assert "3 records for a person to look at" in told
    assert "dropped: 1 records without a code" in told

    rest[0]["new_code"], rest[2]["new_code"] = "149", "150"
    write_csv(files / "filled.csv", list(rest[0]), [list(row.values()) for row in rest])
    more = ["--classification", str(files / "codes.csv"), "--resolved", str(files / "filled.csv")]
    assert run(files, *more) == 0
    assert [(row["id"], row["new_code"], row["recoded_by"]) for row in read_csv(files / "out.csv")] == [
        ("a", "121", "table"),
        ("b", "149", "person"),
        ("d", "150", "person"),
    ]
    assert read_csv(files / "rest.csv") == []
    assert "dropped: 1 records that a person could not resolve" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("new_code", "140", "'140' is no code of the new classification"),
        ("job", "changed", "is not line 3 of the data"),
        ("data_line", "77", "is not line 77 of the data"),
        ("data_line", "x", "is not line x of the data"),
    ],
)
def test_a_file_that_does_not_fit_the_data_is_refused_and_nothing_is_written(
    files: Path, capsys: pytest.CaptureFixture[str], column: str, value: str, reason: str
) -> None:
    assert run(files) == 0
    rest = read_csv(files / "rest.csv")
    rest[0][column] = value
    write_csv(files / "filled.csv", list(rest[0]), [list(row.values()) for row in rest])
    before = (files / "out.csv").read_bytes(), (files / "rest.csv").read_bytes()
    assert run(files, "--resolved", str(files / "filled.csv")) == 1
    assert f"filled.csv:2: {reason}" in capsys.readouterr().err
    assert ((files / "out.csv").read_bytes(), (files / "rest.csv").read_bytes()) == before


def test_columns_that_the_results_need_are_not_overwritten(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv(files / "data.csv", ["code", "new_code"], [["120", "1"]])
    assert run(files) == 1
    assert "already has the column 'new_code'" in capsys.readouterr().err


def test_ksco_6_goes_to_ksco_7() -> None:
    table = require_shared("data/ksco_schemes/DERIVED_ksco6_ksco7_same_title.csv")
    crosswalk = Crosswalk.read(table, old="koweps_code_6", new="ksco7_3")
    found = recode(["111", "120", "no such code"], crosswalk)
    assert found.codes == ("111", "121", None)

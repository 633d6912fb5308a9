"""Files are written whole or not at all, and refuse what they cannot hold."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from coding_app.datafiles import FileError, WriteReport, sniff, write_rows
from coding_app.datafiles.parquet_file import unique_names

KINDS = ["csv", "xlsx", "parquet"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_gives_the_rows_and_the_hash_of_the_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    rows: list[list[str | None]] = [["1", None], ["2", "x"]]
    report = write_rows(path, kind, ["a", "b"], iter(rows))
    assert report == WriteReport(2, hashlib.sha256(path.read_bytes()).hexdigest())
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path: Path, kind: str) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["1", "2"]
        raise RuntimeError("the database went away")

    path = tmp_path / f"out.{kind}"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="went away"):
        write_rows(path, kind, ["a", "b"], rows())
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_another_length_than_the_header_is_refused_with_its_number(
    tmp_path: Path, kind: str
) -> None:
    with pytest.raises(FileError, match="Row 2 has 3 values, the header has 2"):
        write_rows(tmp_path / "out", kind, ["a", "b"], [["1", "2"], ["1", "2", "3"]])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_character_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(FileError, match=r"character that no file can hold \('\\ud800'\)"):
        write_rows(tmp_path / "out", kind, ["a"], [["x\ud800"]])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_make_a_file_with_a_header(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    assert write_rows(path, kind, ["a", "b"], []).rows == 0
    assert sniff(path).header == ("a", "b")


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_can_be_read_by_whom_any_new_file_can(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / f"out.{kind}", tmp_path / "other"
    write_rows(path, kind, ["a"], [["1"]])
    other.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_csv_follows_the_standard_and_carries_a_byte_order_mark_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    rows: list[list[str | None]] = [["1", 'say "hi", all'], [None, "a\nb"], ["", "직업"]]
    write_rows(path, "csv", ["id", "job"], rows)
    expected = 'id,job\r\n1,"say ""hi"", all"\r\n,"a\nb"\r\n,직업\r\n'
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected.encode()
    write_rows(path, "csv", ["id", "job"], rows, bom=False)
    assert path.read_bytes() == expected.encode()


def test_unknown_kinds_and_empty_headers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no file kind 'ods'"):
        write_rows(tmp_path / "out", "ods", ["a"], [])
    with pytest.raises(FileError, match="no column"):
        write_rows(tmp_path / "out", "csv", [], [])


def test_xlsx_refuses_a_cell_that_is_too_long_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    with pytest.raises(FileError, match=r"Row 2, column 'job': the text has 32,768 characters.*Use CSV"):
        write_rows(path, "xlsx", ["id", "job"], [["1", "x" * 32_767], ["2", "x" * 32_768]])
    with pytest.raises(FileError, match="Row 1, column 'id'"):
        write_rows(path, "xlsx", ["id", "job"], [["\U0001f600" * 16_384, ""]])


class _ManyRows(list[list[str]]):
    def __len__(self) -> int:
        return 1_048_576


def test_xlsx_refuses_more_rows_than_a_sheet_has_before_it_writes_any(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"XLSX holds 1,048,575 rows .* have 1,048,576\. Use CSV or Parquet"):
        write_rows(tmp_path / "out.xlsx", "xlsx", ["id"], _ManyRows())


def test_xlsx_refuses_more_rows_than_a_sheet_has_when_they_come_as_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coding_app.datafiles.xlsx_writer.MAX_ROWS", 11)
    assert write_rows(tmp_path / "out.xlsx", "xlsx", ["id"], ([str(n)] for n in range(10))).rows == 10
    with pytest.raises(FileError, match="Use CSV or Parquet"):
        write_rows(tmp_path / "more.xlsx", "xlsx", ["id"], ([str(n)] for n in range(11)))


def test_xlsx_refuses_more_columns_than_a_sheet_has(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="16,384 columns"):
        write_rows(tmp_path / "out.xlsx", "xlsx", ["x"] * 16_385, [])


def test_parquet_tells_names_that_repeat_apart_and_names_the_nameless(tmp_path: Path) -> None:
    assert unique_names(["a", "b", "a", "a", "a_2", "", "a_2"]) == [
        "a",
        "b",
        "a_3",
        "a_4",
        "a_2",
        "column_6",
        "a_2_2",
    ]
    path = tmp_path / "out.parquet"
    write_rows(path, "parquet", ["a", "a", ""], [["1", "2", "3"]])
    assert pq.read_table(path).to_pydict() == {"a": ["1"], "a_2": ["2"], "column_3": ["3"]}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_names_that_repeat_stay_as_they_are_in_csv_and_xlsx(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    write_rows(path, kind, ["a", "a", "", "b"], [["1", "2", "3", "4"]])
    assert sniff(path).header == ("a", "a", "", "b")

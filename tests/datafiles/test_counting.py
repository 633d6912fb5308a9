"""The length of a file is known before it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from coding_app.datafiles import sniff, write_rows
from coding_app.datafiles.counting import count_lines
from tests.datafiles.reading import read, write


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_no_row_lies_beyond_the_lines_that_are_counted(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"data.{kind}"
    write_rows(path, kind, ["id", "job"], [[str(number), "a"] for number in range(500)])
    lines = count_lines(path, sniff(path))
    assert lines is not None
    assert max(row.line for row in read(path)) <= lines <= 502


def test_line_ends_of_every_kind_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, b"id,job\r\n1,a\n2,b\r3,c")
    assert count_lines(path, sniff(path)) == 4


def test_a_sheet_that_does_not_know_its_rows_has_no_count(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    write_rows(path, "xlsx", ["id"], [])
    assert count_lines(path, sniff(path)) is None

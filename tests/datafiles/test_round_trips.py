"""What is written is read back exactly."""

from __future__ import annotations

import tempfile
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coding_app.datafiles import Row, read_rows, sniff, unguard, write_rows
from tests.datafiles.reading import values

# No surrogates (no file can hold them) and no NUL (refused when read, as PostgreSQL cannot hold it).
CELL = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.sampled_from(
    [
        "00123",
        "011",
        "11-1021",
        "=1+1",
        "1.0",
        "-5",
        "TRUE",
        "#N/A",
        "\ufeffx",
        "a\r\nb",
        "\r",
        "\n",
        '"',
        "'=x",
    ]
)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), max_size=8)


def round_trip(kind: str, rows: list[tuple[str, str, str]]) -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data.{kind}"
        write_rows(path, kind, ["id", "직업", "x"], rows)
        found = sniff(path)
        read = [row.values for row in read_rows(path, found) if isinstance(row, Row)]
    assert found.header == ("id", "직업", "x")
    return read


@given(ROWS)
@settings(max_examples=150, deadline=None)
@example([("", "", "")])
def test_csv_gives_back_every_text_after_unguard(rows: list[tuple[str, str, str]]) -> None:
    assert [tuple(map(unguard, row)) for row in round_trip("csv", rows)] == rows


@given(ROWS)
@settings(max_examples=75, deadline=None)
@example([("<r>a</r>", "<r><t>x</t></r>", "a")])
@example([("_x0041_x0042_", "_x0041\x01", "_x005F_x0041_"), ("_x000D_", "\x01x0041_", "\ufffe\uffff")])
@example([(" a ", "\t", "\n"), ("\r\n", "\r", "a\rb")])
def test_xlsx_gives_back_every_text_but_wholly_empty_rows(rows: list[tuple[str, str, str]]) -> None:
    assert round_trip("xlsx", rows) == [row for row in rows if any(row)]


@given(ROWS)
@settings(max_examples=75, deadline=None)
def test_parquet_gives_back_every_text(rows: list[tuple[str, str, str]]) -> None:
    assert round_trip("parquet", rows) == rows


def test_none_is_an_empty_cell_in_csv_and_xlsx_and_null_in_parquet(tmp_path: Path) -> None:
    rows = [["1", None, ""], [None, "a", None]]
    for kind in ("csv", "xlsx", "parquet"):
        path = tmp_path / f"data.{kind}"
        write_rows(path, kind, ["a", "b", "c"], rows)
        assert values(path) == [("1", "", ""), ("", "a", "")]
    assert pq.read_table(tmp_path / "data.parquet").to_pydict() == {
        "a": ["1", None],
        "b": [None, "a"],
        "c": ["", None],
    }


def test_another_program_finds_text_and_no_formula_in_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    cells = ["=1+1", "011", "11-1021", "3.0", "https://example.org", "-5", "직업", "2020-01-01", "1e5"]
    write_rows(path, "xlsx", [f"c{number}" for number in range(len(cells))], [cells])
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    found = next(iter(sheet.iter_rows(min_row=2)))
    assert [cell.value for cell in found] == cells
    assert {cell.data_type for cell in found} == {"s"}
    assert not any(cell.hyperlink for cell in found)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_two_hundred_columns_come_back(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"data.{kind}"
    rows = [tuple(f"{row}.{column}" for column in range(200)) for row in range(30)]
    write_rows(path, kind, [f"c{column}" for column in range(200)], rows)
    assert values(path) == rows

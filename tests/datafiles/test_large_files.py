"""Memory does not grow with the file, in reading and in writing."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from coding_app.datafiles import Row, read_rows, sniff
from tests.datafiles.memory import peak_growth

IMPORTS = """
import openpyxl.styles.numbers, pyarrow.parquet, xlsxwriter
import coding_app.datafiles.xlsx_file, coding_app.datafiles.xlsx_writer, coding_app.datafiles.parquet_file
from coding_app.datafiles import read_rows, sniff, write_rows
"""
READ = """
found = sniff({path!r})
count = sum(1 for row in read_rows({path!r}, found))
assert count == {rows}, count
"""
WRITE = """
rows = ((str(number), f'job number {{number}}', '직업 ' * 5, None) for number in range({rows}))
write_rows({path!r}, {kind!r}, ['id', 'job', 'more', 'none'], rows)
"""


def million_rows(path: Path) -> None:
    block = 'baker and confectioner,"bread, cakes",30,음식점업\n'
    with path.open("w", encoding="utf-8") as file:
        file.write("id,job,industry,age,more\n")
        for start in range(0, 1_000_000, 10_000):
            file.write("".join(f"{number},{block}" for number in range(start, start + 10_000)))


def test_a_million_rows_are_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "million.csv"
    million_rows(path)
    assert path.stat().st_size > 50 << 20
    assert peak_growth(READ.format(path=str(path), rows=1_000_000), IMPORTS) < 16
    last = list(read_rows(path, sniff(path), start=999_999))
    assert last == [Row(1_000_001, ("999999", "baker and confectioner", "bread, cakes", "30", "음식점업"))]


def test_a_file_that_is_one_endless_line_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.write(b"id,job\n1,")
        for _ in range(120):
            file.write(b"x" * (1 << 20))
    assert peak_growth(READ.format(path=str(path), rows=1), IMPORTS) < 100


def test_a_file_of_open_quotes_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text("id,job\n" + '1,"\n' + "2,a plain job\n" * 100_000, encoding="utf-8")
    assert peak_growth(READ.format(path=str(path), rows=100_001), IMPORTS) < 16


@pytest.mark.parametrize(
    ("kind", "few", "more"),
    # Parquet holds a row group of up to 30,000 rows of this width: the smaller file has more than one, too.
    # All of the larger at once would be 34 MiB more.
    [("csv", 5_000, 4), ("xlsx", 5_000, 4), ("parquet", 40_000, 24)],
)
def test_memory_for_ten_times_the_rows_is_the_same(tmp_path: Path, kind: str, few: int, more: int) -> None:
    written, read = [], []
    for rows in (few, 10 * few):
        path = tmp_path / f"{rows}.{kind}"
        written.append(peak_growth(WRITE.format(path=str(path), kind=kind, rows=rows), IMPORTS))
        read.append(peak_growth(READ.format(path=str(path), rows=rows), IMPORTS))
    assert written[1] < written[0] + more
    assert read[1] < read[0] + more


def test_a_workbook_with_many_shared_strings_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "shared.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_string(0, 0, "job")
        for number in range(1, 30_001):
            sheet.write_string(number, 0, f"{number} " + "a long text about a job " * 30)
    assert peak_growth(READ.format(path=str(path), rows=30_000), IMPORTS) < 24

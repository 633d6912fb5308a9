"""Parquet files as others make them: every value as text."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coding_app.datafiles import BadRow, FileError, Row, read_rows, sniff, write_rows
from tests.datafiles.reading import read, values


def test_values_of_every_type_are_text(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    columns: dict[str, tuple[Any, str]] = {
        "text": (["007"], "007"),
        "whole": ([7], "7"),
        "float": ([30.0], "30"),
        "part": ([0.1], "0.1"),
        "truth": ([True], "TRUE"),
        "day": ([datetime.date(2020, 2, 29)], "2020-02-29"),
        "moment": ([datetime.datetime.fromisoformat("2020-02-29T01:02:03")], "2020-02-29 01:02:03"),
        "decimal": ([Decimal("1.50")], "1.50"),
        "list": ([["a", "나"]], '["a", "나"]'),
        "bytes": ([b"ab"], "ab"),
    }
    pq.write_table(pa.table({name: pa.array(column) for name, (column, _) in columns.items()}), path)
    found = sniff(path)
    assert (found.kind, found.header) == ("parquet", tuple(columns))
    assert values(path) == [tuple(text for _, text in columns.values())]


def test_null_is_empty_and_categories_are_their_texts(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    table = pa.table({"a": pa.array(["x", None, "x"]).dictionary_encode(), "n": pa.array([1, None, 3])})
    pq.write_table(table, path)
    assert values(path) == [("x", "1"), ("", ""), ("x", "3")]


def test_a_nul_makes_its_row_bad(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    write_rows(path, "parquet", ["id", "job"], [["1", "ba\0ker"], ["2", "cook"]])
    bad, good = read(path)
    assert isinstance(bad, BadRow)
    assert bad.raw == "1\tba\\x00ker"
    assert good == Row(2, ("2", "cook"))


@pytest.mark.parametrize("start", [0, 1, 3, 4, 5, 2_004, 6_000, 6_001])
def test_resuming_by_start_gives_the_same_rest_over_row_groups_and_batches(
    tmp_path: Path, start: int
) -> None:
    path = tmp_path / "data.parquet"
    table = pa.table({"id": [str(number) for number in range(6_000)]})
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table.slice(0, 4))
        writer.write_table(table.slice(4, 5_000))
        writer.write_table(table.slice(5_004))
    found = sniff(path)
    expected = [Row(number + 1, (str(number),)) for number in range(start, 6_000)]
    assert list(read_rows(path, found, start=start)) == expected


def test_damage_on_the_way_is_said_to_be_damage(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    write_rows(path, "parquet", ["id"], [[f"{number * 7919 % 10007}"] for number in range(10_000)])
    found = sniff(path)
    content = bytearray(path.read_bytes())
    content[4:2000] = b"\xff" * 1996
    path.write_bytes(bytes(content))
    with pytest.raises(FileError, match="damaged or encrypted"):
        list(read_rows(path, found))

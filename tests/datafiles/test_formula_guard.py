"""Cells that a spreadsheet would run are made harmless in CSV, and nothing is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_app.datafiles import guard, unguard, write_rows


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+SUM(A1)",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tx",
        ' "=1',
        '"=1"',
        " =1",
        "\u00a0=1",
        "＝1+1",
        "＋1",
        "－1+2",
        "＠x",
        "-",
        "+1-202-555-0100",
        "=cmd|'/c calc'!A0",
        '=HYPERLINK("http://example.org")',
        "-1e5x",
        "'=1",
    ],
)
def test_a_cell_that_would_run_gets_an_apostrophe_that_unguard_takes_away(cell: str) -> None:
    assert guard(cell) == "'" + cell
    assert unguard(guard(cell)) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "baker",
        "-5",
        "+3.2",
        "-1e5",
        "-.5",
        "-5.",
        "+1.5E-10",
        "11-1021",
        "'tis",
        "a=b",
        "'-5",
        "(+)",
        "한국",
    ],
)
def test_a_harmless_cell_stays_as_it_is(cell: str) -> None:
    assert guard(cell) == cell
    assert unguard(cell) == cell


@given(st.text(alphabet=st.sampled_from("'\"=+-@ \t\r\n＝1e.a가"), max_size=8) | st.text())
def test_unguard_undoes_guard_for_every_text(text: str) -> None:
    assert unguard(guard(text)) == text


@given(st.text(alphabet=st.sampled_from("'\"=+-@ \t\r\n＝1e.a가"), max_size=8))
def test_no_guarded_cell_begins_with_a_sign_that_starts_a_formula(text: str) -> None:
    guarded = guard(text)
    assert not guarded.startswith(("\t", "\r", "\n"))
    seen = guarded.lstrip(' "\t\r\n')
    assert not seen.startswith(("=", "@", "＝"))
    if seen.startswith(("+", "-")):
        float(guarded)  # nothing but a plain number


def test_headers_are_guarded_as_well_and_the_file_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_rows(path, "csv", ["=id", "job"], [["-5", "=1+1"], ["a", "-x"]])
    assert path.read_bytes() == "\ufeff'=id,job\r\n-5,'=1+1\r\na,'-x\r\n".encode()

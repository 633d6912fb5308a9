"""Rows of CSV files: whole ones exactly as written, broken ones set aside with line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from coding_app.datafiles import BadRow, FileError, Row, raw_bytes, read_rows, sniff
from coding_app.datafiles.csv_records import MAX_RECORD_LINES
from tests.datafiles.reading import read, sniffed, values, write


def test_values_are_kept_exactly_as_written(tmp_path: Path) -> None:
    path = write(tmp_path, "id,job,age\n007, baker ,\n8,\tcook\u00a0,30.0\n")
    assert values(path) == [("007", " baker ", ""), ("8", "\tcook\u00a0", "30.0")]


def test_a_newline_in_quotes_belongs_to_the_cell_and_line_numbers_stay_exact(tmp_path: Path) -> None:
    path = write(tmp_path, 'id,"job\ntitle"\n1,"baker\nand cook"\n2,smith\n\n3,"a\r\n\r\nb"\n4,x\n')
    assert sniff(path).header == ("id", "job\ntitle")
    assert read(path) == [
        Row(3, ("1", "baker\nand cook")),
        Row(5, ("2", "smith")),
        Row(7, ("3", "a\r\n\r\nb")),
        Row(10, ("4", "x")),
    ]


def test_doubled_quotes_are_one_quote_and_quotes_inside_a_field_stay(tmp_path: Path) -> None:
    path = write(tmp_path, 'id,job\n1,"says ""hi"", twice"\n2,5" pipe fitter\n3,""\n4,""""\n')
    assert values(path) == [("1", 'says "hi", twice'), ("2", '5" pipe fitter'), ("3", ""), ("4", '"')]


def test_text_after_a_closing_quote_is_kept_as_written(tmp_path: Path) -> None:
    path = write(tmp_path, 'id,job,place\n1,"Foo" Inc,"a, b"\n')
    assert values(path) == [("1", '"Foo" Inc', "a, b")]


def test_text_after_a_closing_quote_that_leaves_doubt_makes_a_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path, 'id,job\n1,"a, b" c\n2,x\n')
    bad, good = read(path)
    assert bad == BadRow(2, "text follows a closing quote, and the fields cannot be told apart", '1,"a, b" c')
    assert good == Row(3, ("2", "x"))


def test_a_quote_never_closed_costs_one_line_and_not_the_rest_of_the_file(tmp_path: Path) -> None:
    rest = "".join(f"{number},cook,food\n" for number in range(2, 5000))
    path = write(tmp_path, 'id,job,place\n1,"baker,bread\n' + rest)
    rows = read(path)
    assert rows[0] == BadRow(2, "a quote is opened on this line and never properly closed", '1,"baker,bread')
    assert rows[1:] == [Row(number + 1, (str(number), "cook", "food")) for number in range(2, 5000)]


def test_a_stray_quote_that_meets_a_later_one_costs_one_line(tmp_path: Path) -> None:
    text = 'id,job,place\n1,"baker,bread\n2,cook,food\n3,"farmer, dairy",farm\n4,smith,iron\n'
    rows = read(write(tmp_path, text))
    assert isinstance(rows[0], BadRow)
    assert rows[1:] == [
        Row(3, ("2", "cook", "food")),
        Row(4, ("3", "farmer, dairy", "farm")),
        Row(5, ("4", "smith", "iron")),
    ]


def test_a_stray_quote_that_meets_one_at_the_end_of_a_field_does_not_swallow_the_rows_between(
    tmp_path: Path,
) -> None:
    text = 'id,job,place\n1,"baker,bread\n2,cook,food\n3,smith,iron\n4,fitter,12"\n5,maid,home\n'
    rows = read(write(tmp_path, text))
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2]
    assert [row.values[0] for row in rows if isinstance(row, Row)] == ["2", "3", "4", "5"]


def test_a_quoted_cell_may_take_many_lines_but_not_more_than_the_limit(tmp_path: Path) -> None:
    cell = "\n".join(["x"] * (MAX_RECORD_LINES - 1))
    path = write(tmp_path, f'id,job\n1,"{cell}"\n2,y\n')
    assert values(path) == [("1", cell), ("2", "y")]
    cell = "\n".join(["x"] * (MAX_RECORD_LINES + 1))
    rows = read(write(tmp_path, f'id,job\n1,"{cell}"\n2,y\n'))
    assert isinstance(rows[0], BadRow)
    assert rows[-1] == Row(MAX_RECORD_LINES + 3, ("2", "y"))


def test_a_row_with_too_few_or_too_many_fields_is_bad_and_the_rest_go_in(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b,c\n1,2,3\n1,2\nx\n1,2,3,4\n"1\n2",3\n4,5,6\n')
    assert read(path) == [
        Row(2, ("1", "2", "3")),
        BadRow(3, "has 2 fields, the header has 3", "1,2"),
        BadRow(4, "has 1 field, the header has 3", "x"),
        BadRow(5, "has 4 fields, the header has 3", "1,2,3,4"),
        BadRow(6, "has 2 fields, the header has 3", '"1\n2",3'),
        Row(8, ("4", "5", "6")),
    ]


def test_a_nul_byte_makes_its_row_bad_and_only_its_row(tmp_path: Path) -> None:
    path = write(tmp_path, b'id,job\n1,ba\0ker\n2,"a\n\0b"\n3,cook\n')
    assert read(path) == [
        BadRow(2, "contains a NUL byte (shown as \\x00), which is not text", "1,ba\\x00ker"),
        BadRow(3, "contains a NUL byte (shown as \\x00), which is not text", '2,"a\n\\x00b"'),
        Row(5, ("3", "cook")),
    ]


def test_crlf_cr_and_lf_may_be_mixed(tmp_path: Path) -> None:
    path = write(tmp_path, b"id,job\r\n1,a\n2,b\r3,c\r\n4,d")
    assert read(path) == [
        Row(2, ("1", "a")),
        Row(3, ("2", "b")),
        Row(4, ("3", "c")),
        Row(5, ("4", "d")),
    ]


def test_blank_lines_are_passed_over_but_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "\n\nid,job\n\n1,a\n   \n\r\n2,b\n,\n\n")
    assert sniff(path).header == ("id", "job")
    assert read(path) == [Row(5, ("1", "a")), Row(8, ("2", "b")), Row(9, ("", ""))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected_though_others_stand_in_quotes(tmp_path: Path, delimiter: str) -> None:
    lines = ["id", "job", "place"], ["1", '"a,b;c|d\te"', "x"], ["2", "cook", '"p, q; r"'], ["3", "e", "f"]
    path = write(tmp_path, "\n".join(delimiter.join(line) for line in lines) + "\n")
    found = sniff(path)
    assert found.delimiter == delimiter
    assert found.header == ("id", "job", "place")
    assert found.preview[0] == ("1", "a,b;c|d\te", "x")


def test_the_delimiter_is_the_one_that_fits_the_rows_and_not_the_most_frequent(tmp_path: Path) -> None:
    path = write(tmp_path, "id;job, as written;place\n1;cook, baker, smith;x\n2;a, b;y\n")
    assert sniff(path).header == ("id", "job, as written", "place")


def test_a_file_of_bad_rows_does_not_mislead_the_delimiter(tmp_path: Path) -> None:
    found = sniffed(tmp_path, "a,b,c\n1,2\n1,2,3,4\n")
    assert (found.delimiter, found.header, found.preview) == (",", ("a", "b", "c"), ())


def test_the_separator_line_of_spreadsheets_is_obeyed(tmp_path: Path) -> None:
    path = write(tmp_path, "sep=;\nid;job\n1;a,b\n")
    assert sniff(path).header == ("id", "job")
    assert read(path) == [Row(3, ("1", "a,b"))]


def test_a_single_column_is_read_with_its_empty_cells_in_quotes(tmp_path: Path) -> None:
    path = write(tmp_path, 'job\nbaker\n""\n  \ncook\n')
    assert values(path) == [("baker",), ("",), ("  ",), ("cook",)]


def test_a_header_without_rows_is_a_file_without_rows(tmp_path: Path) -> None:
    found = sniffed(tmp_path, "id,job")
    assert (found.header, found.preview) == (("id", "job"), ())
    assert read(tmp_path / "data.csv") == []


def test_names_that_repeat_or_are_empty_stay_as_written_with_a_warning(tmp_path: Path) -> None:
    found = sniffed(tmp_path, "id,job,,job\n1,a,b,c\n")
    assert found.header == ("id", "job", "", "job")
    assert found.preview == (("1", "a", "b", "c"),)
    text = " ".join(found.warnings)
    assert "'job' is used 2 times (columns 2, 4)" in text
    assert "Columns without a name: 3" in text


@pytest.mark.parametrize("content", [b"", b"\n\r\n  \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileError, match="empty"):
        sniffed(tmp_path, content)


def test_a_header_with_an_open_quote_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="line 1: the header cannot be read: a quote is opened"):
        sniffed(tmp_path, '"id,job\n1,a\n')


def test_more_columns_than_a_spreadsheet_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="16,385 columns"):
        sniffed(tmp_path, ",".join(f"c{number}" for number in range(16_385)) + "\n")


def test_two_hundred_columns_are_read(tmp_path: Path) -> None:
    header = [f"column {number}" for number in range(200)]
    rows = [[f"{row}-{column}" for column in range(200)] for row in range(50)]
    path = write(tmp_path, "\n".join(",".join(line) for line in [header, *rows]))
    assert sniff(path).header == tuple(header)
    assert values(path) == [tuple(row) for row in rows]


def test_a_cell_of_a_hundred_thousand_characters_is_read(tmp_path: Path) -> None:
    cell = "가나다라 " * 20_000
    path = write(tmp_path, f'id,job,more\n1,{cell},"{cell}\n{cell * 2}"\n2,b,c\n')
    assert values(path) == [("1", cell, f"{cell}\n{cell * 2}"), ("2", "b", "c")]


def test_a_line_without_end_is_set_aside_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coding_app.datafiles.csv_records.MAX_LINE", 1_000)
    rows = read(write(tmp_path, "id,job\n1," + "x" * 5_500 + '\n2,b\n3,"' + "y" * 2_000 + '"\n4,d\n'))
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2, 4]
    assert "longer than 1,000 characters" in rows[0][1]
    assert [row for row in rows if isinstance(row, Row)] == [Row(3, ("2", "b")), Row(5, ("4", "d"))]


def test_the_bytes_of_a_bad_row_can_be_recovered(tmp_path: Path) -> None:
    line = "1,\\xff 값 \\".encode() + b"\xff\x80,\0"
    path = write(tmp_path, "id,직업\n".encode() + line + b"\n2,b\n")
    bad = read(path)[0]
    assert isinstance(bad, BadRow)
    assert bad.raw == "1,\\x5cxff 값 \\\\xff\\x80,\\x00"
    assert raw_bytes(bad.raw, "utf-8") == line


MESSY = 'id,job\n1,a\n\n2,"b\nc"\n3\n4,"d\n5,e\n6,\0\n"7","f"\n8,"g" h\n   \n9,i\n'


@pytest.mark.parametrize("start", range(11))
def test_resuming_by_start_gives_the_same_rest(tmp_path: Path, start: int) -> None:
    path = write(tmp_path, MESSY)
    found = sniff(path)
    everything = list(read_rows(path, found))
    assert len(everything) == 9
    assert list(read_rows(path, found, start=start)) == everything[start:]


def test_a_format_survives_a_way_through_json(tmp_path: Path) -> None:
    import json

    from coding_app.datafiles import FileFormat

    found = sniffed(tmp_path, "id,job,job\n1,a,b\n")
    assert FileFormat.from_dict(json.loads(json.dumps(found.to_dict()))) == found

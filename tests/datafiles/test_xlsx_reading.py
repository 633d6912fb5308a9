"""Workbooks as others make them: every cell as the text a person sees, where that is exact."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from coding_app.datafiles import BadRow, FileError, Row, read_rows, sniff
from coding_app.datafiles.xlsx_strings import IN_MEMORY, SharedStrings
from tests.datafiles.reading import read, values, write

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def with_part(source: Path, target: Path, part: str, content: str | bytes) -> Path:
    """A copy of an archive in which one part is another."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == part else old.read(info))
    return target


def sheet_xml(tmp_path: Path, data: str) -> Path:
    """A workbook whose sheet holds this XML."""
    source = workbook(tmp_path / "source.xlsx", [["x"]])
    xml = f"<worksheet {MAIN}><sheetData>{data}</sheetData></worksheet>"
    return with_part(source, tmp_path / "data.xlsx", "xl/worksheets/sheet1.xml", xml)


def test_cells_are_text_as_a_person_sees_it(tmp_path: Path) -> None:
    cells: list[tuple[object, str]] = [
        ("00123", "00123"),
        (7, "7"),
        (30.0, "30"),
        (0.1, "0.1"),
        (1234.5678, "1234.5678"),
        (-2.5e-7, "-2.5e-07"),
        (1e20, "1e+20"),
        (True, "TRUE"),
        (False, "FALSE"),
        (datetime.date(2020, 2, 29), "2020-02-29"),
        (datetime.datetime.fromisoformat("2020-02-29T13:05"), "2020-02-29 13:05:00"),
        (datetime.time(8, 30), "08:30:00"),
        (datetime.timedelta(hours=30, minutes=5), "30:05:00"),
        (" a\nb ", " a\nb "),
        ("직업", "직업"),
        (None, ""),
        ("#N/A", "#N/A"),
    ]
    path = workbook(
        tmp_path / "data.xlsx", [[f"c{n}" for n in range(len(cells))], [cell for cell, _ in cells]]
    )
    assert values(path) == [tuple(text for _, text in cells)]


def test_a_code_with_a_format_of_zeros_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["code", "plain"])
        sheet.write_number(1, 0, 11, book.add_format({"num_format": "000"}))
        sheet.write_number(1, 1, 11)
    assert values(path) == [("011", "11")]


def test_a_formula_gives_the_value_saved_with_it_and_rich_text_its_text(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b", "c"])
        sheet.write_formula(1, 0, "=1+2", None, 3)
        sheet.write_formula(1, 1, '="x"&"y"', None, "xy")
        sheet.write_rich_string(1, 2, "ba", book.add_format({"bold": True}), "ker")
    assert values(path) == [("3", "xy", "baker")]


def test_dates_counted_from_1904_are_read_right(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_string(0, 0, "day")
        sheet.write_datetime(1, 0, datetime.date(1999, 12, 31), book.add_format({"num_format": "d/m/yy"}))
    assert values(path) == [("1999-12-31",)]


def test_short_rows_are_filled_empty_rows_passed_over_and_long_rows_bad(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [None, None],
        ["id", "job", "age", None],
        ["1"],
        [None, None, None],
        ["2", None, "30", None, None],
        ["3", "a", "b", None, "note"],
        [None, "last"],
    ]
    path = workbook(tmp_path / "data.xlsx", rows)
    assert sniff(path).header == ("id", "job", "age")
    assert read(path) == [
        Row(3, ("1", "", "")),
        Row(5, ("2", "", "30")),
        BadRow(6, "has 5 fields, the header has 3", "3\ta\tb\t\tnote"),
        Row(7, ("", "last", "")),
    ]


def test_rows_and_cells_need_no_dimension_and_no_references(tmp_path: Path) -> None:
    def cell(text: str) -> str:
        return f'<c t="inlineStr"><is><t>{text}</t></is></c>'

    data = f"<row>{cell('id')}{cell('job')}</row><row>{cell('1')}<c/></row>"
    data += f'<row r="9">{cell("2")}{cell("x")}</row>'
    assert read(sheet_xml(tmp_path, data)) == [Row(2, ("1", "")), Row(9, ("2", "x"))]


def test_a_wrong_declared_dimension_hides_no_rows(tmp_path: Path) -> None:
    source = workbook(tmp_path / "source.xlsx", [["id", "job"], ["1", "a"], ["2", "b"]])
    with zipfile.ZipFile(source) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'ref="A1:B3"' in xml
    path = with_part(
        source, tmp_path / "data.xlsx", "xl/worksheets/sheet1.xml", xml.replace('ref="A1:B3"', 'ref="A1"')
    )
    assert values(path) == [("1", "a"), ("2", "b")]


def test_phonetic_guides_are_no_part_of_the_text(tmp_path: Path) -> None:
    cell = '<c t="inlineStr"><is><t>職業</t><rPh sb="0" eb="2"><t>ショク</t></rPh></is></c>'
    path = sheet_xml(tmp_path, f"<row>{cell}</row><row>{cell}</row>")
    assert values(path) == [("職業",)]


def test_a_nul_written_as_an_escape_makes_its_row_bad(tmp_path: Path) -> None:
    def row(text: str) -> str:
        return f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>'

    path = sheet_xml(tmp_path, row("job") + row("ba_x0000_ker") + row("cook"))
    bad, good = read(path)
    assert isinstance(bad, BadRow)
    assert bad.raw == "ba\\x00ker"
    assert good == Row(3, ("cook",))


def test_the_first_visible_sheet_is_read_and_another_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("old", "jobs", "more"):
            sheet = book.add_worksheet(name)
            sheet.write_string(0, 0, f"{name} id")
            sheet.write_string(1, 0, name)
        book.get_worksheet_by_name("jobs").activate()
        book.get_worksheet_by_name("old").hide()
    found = sniff(path)
    assert (found.sheet, found.sheets, found.header) == ("jobs", ("old", "jobs", "more"), ("jobs id",))
    assert "3 sheets" in found.warnings[0]
    chosen = sniff(path, sheet="more")
    assert chosen.warnings == ()
    assert list(read_rows(path, chosen)) == [Row(2, ("more",))]
    with pytest.raises(FileError, match=r"no sheet 'none'\. Choose one of 'old', 'jobs', 'more'"):
        sniff(path, sheet="none")


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="the sheet 'Sheet' is empty"):
        sniff(workbook(tmp_path / "data.xlsx", []))


def test_resuming_by_start_gives_the_same_rest(tmp_path: Path) -> None:
    rows: list[list[object]] = [["id", "job"], ["1", "a"], [None], ["2", "b", "c"], ["3"], ["4", "d"]]
    path = workbook(tmp_path / "data.xlsx", rows)
    found = sniff(path)
    everything = list(read_rows(path, found))
    assert len(everything) == 4
    for start in range(6):
        assert list(read_rows(path, found, start=start)) == everything[start:]


@pytest.mark.parametrize(
    "data",
    [
        "<row><c",
        '<row><c t="s"><v>999</v></c></row>',
        "<row><c><v>no number</v></c></row>",
        '<row r="9"><c r="A9"><v>1</v></c></row><row r="3"/>',
        '<row r="99999999999"/>',
        '<row><c r="ZZZ1"><v>1</v></c></row>',
    ],
)
def test_a_damaged_sheet_is_said_to_be_damaged(tmp_path: Path, data: str) -> None:
    with pytest.raises(FileError, match=r"data\.xlsx is damaged"):
        read(sheet_xml(tmp_path, data))


def test_damage_further_on_names_the_last_row_that_was_read(tmp_path: Path) -> None:
    def row(number: int) -> str:
        return f'<row r="{number}"><c t="inlineStr"><is><t>text {number}</t></is></c></row>'

    path = sheet_xml(tmp_path, "".join(map(row, range(1, 5001))) + "<broken")
    with pytest.raises(FileError, match=r"damaged after row \d{4} of the sheet 'Sheet'"):
        list(read_rows(path, sniff(path)))


def test_a_file_cut_off_is_said_to_be_damaged(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx", [["id"], ["1"]]).read_bytes()
    with pytest.raises(FileError, match="damaged"):
        sniff(write(tmp_path, whole[: len(whole) // 2], "data.xlsx"))


def test_a_document_type_declaration_is_refused(tmp_path: Path) -> None:
    source = workbook(tmp_path / "source.xlsx", [["x"]])
    xml = f'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet {MAIN}><sheetData/></worksheet>'
    path = with_part(source, tmp_path / "data.xlsx", "xl/worksheets/sheet1.xml", xml)
    with pytest.raises(FileError, match="document type declaration"):
        sniff(path)


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_before_unpacking(tmp_path: Path) -> None:
    source = workbook(tmp_path / "source.xlsx", [["x"]])
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != "xl/worksheets/sheet1.xml":
                new.writestr(info.filename, old.read(info))
        with new.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(70):
                part.write(b" " * (1 << 20))
    with pytest.raises(FileError, match="would unpack to"):
        sniff(path)


def test_shared_strings_are_the_same_from_disk_as_from_memory() -> None:
    texts = [f"{number} 가나다\ud800"[: 5 + number % 5] * 50 for number in range(30_000)]
    with SharedStrings() as strings:
        for text in texts:
            strings.append(text)
        assert sum(map(len, texts)) > IN_MEMORY
        assert len(strings) == len(texts)
        assert [strings[number] for number in (0, 29_999, 7, 20_000, 20_001)] == [
            texts[number] for number in (0, 29_999, 7, 20_000, 20_001)
        ]
        assert list(strings) == texts
        with pytest.raises(IndexError):
            strings[30_000]

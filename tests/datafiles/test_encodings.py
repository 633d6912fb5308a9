"""Encodings are told from the whole file, and bytes that do not fit cost their rows only."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from coding_app.datafiles import BadRow, FileError, Row, read_rows, sniff
from tests.datafiles.reading import read, sniffed, values, write

KOREAN = "번호,직업,산업\n1,제빵사,음식점업\n2,초등학교 교사,교육 서비스업\n3,똠방각하 배우,영화\n"
WESTERN = "id,métier\n1,café owner\n2,Ärztin\n3,naïve “artist” – £5\n4,größer\n5,SEÑOR\n"


@pytest.mark.parametrize(
    ("encoding", "text", "found"),
    [
        ("utf-8", KOREAN, "utf-8"),
        ("utf-8-sig", KOREAN, "utf-8-sig"),
        ("utf-16", KOREAN, "utf-16"),
        ("cp949", KOREAN, "cp949"),
        ("euc_kr", KOREAN.replace("똠", "톰"), "cp949"),
        ("cp1252", WESTERN, "cp1252"),
        ("utf-8", WESTERN, "utf-8"),
        ("ascii", "id,job\n1,baker\n", "utf-8"),
    ],
)
def test_the_encoding_is_detected_and_the_text_read_right(
    tmp_path: Path, encoding: str, text: str, found: str
) -> None:
    path = write(tmp_path, text.encode(encoding))
    assert sniff(path).encoding == found
    lines = text.splitlines()
    assert sniff(path).header == tuple(lines[0].split(","))
    assert values(path) == [tuple(line.split(",")) for line in lines[1:]]


def test_big_endian_utf16_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"))
    assert sniff(path).encoding == "utf-16"
    assert values(path)[0] == ("1", "제빵사", "음식점업")


def test_utf16_without_its_mark_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, KOREAN.encode("utf-16-le"))
    assert sniff(path).encoding == "utf-16-le"
    assert values(path)[0] == ("1", "제빵사", "음식점업")


@pytest.mark.parametrize(
    ("word", "encoding"),
    [
        ("농", "cp949"),
        ("敎師", "cp949"),
        ("제빵사", "cp949"),
        ("IT개발자A", "cp949"),
        ("café", "cp1252"),
        ("Ärztin", "cp1252"),
        ("größer", "cp1252"),
        ("OCUPAÇÃO", "cp1252"),
        ("FUNÇÕES", "cp1252"),
        ("O’Brien", "cp1252"),
        ("£5", "cp1252"),
    ],
)
def test_one_word_in_the_last_row_decides(tmp_path: Path, word: str, encoding: str) -> None:
    filler = "".join(f"{number},a plain job\n" for number in range(90_000))
    path = write(tmp_path, f"id,job\n{filler}x,{word}\n".encode(encoding))
    found = sniff(path)
    assert found.encoding == encoding
    assert list(read_rows(path, found, start=90_000)) == [Row(90_002, ("x", word))]
    assert "not in UTF-8" in found.warnings[0]


@pytest.mark.parametrize(("encoding", "bad"), [("utf-8", b"\xff"), ("cp949", b"\xff"), ("cp949", b"\x81")])
def test_a_wrong_byte_in_the_middle_costs_its_row_only(tmp_path: Path, encoding: str, bad: bytes) -> None:
    lines = KOREAN.encode(encoding).split(b"\n")
    path = write(tmp_path, b"\n".join([*lines[:2], b"9,smi" + bad + b",x", *lines[2:]]))
    found = sniff(path)
    assert found.encoding == encoding
    assert any("not valid" in warning for warning in found.warnings)
    rows = read(path)
    assert rows[1] == BadRow(
        3,
        "contains bytes that are not text in the encoding of the file (shown as \\xNN)",
        f"9,smi\\x{bad[0]:02x},x",
    )
    assert [row.values for row in rows if isinstance(row, Row)] == [
        tuple(line.split(",")) for line in KOREAN.splitlines()[1:]
    ]


def test_a_wrong_byte_does_not_swallow_the_line_end_delimiter_or_quote_behind_it(tmp_path: Path) -> None:
    korean = "제빵사".encode("cp949")
    content = b'id,job,x\n1,%b,a\n2,%b\xb0,b\n3,"%b\xb0",c\n4,d,\xb0\n5,%b,e\n' % ((korean,) * 4)
    rows = read(write(tmp_path, content))
    assert [(row.line, isinstance(row, Row)) for row in rows] == [
        (2, True),
        (3, False),
        (4, False),
        (5, False),
        (6, True),
    ]


def test_plain_english_with_one_byte_that_is_no_letter_stays_utf8_with_one_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path, b"id,job\n1,baker\n2,co\xffok\n3,smith\n")
    found = sniff(path)
    assert found.encoding == "utf-8"
    assert len(found.warnings) == 1
    assert [row.line for row in read(path) if isinstance(row, BadRow)] == [3]


def test_a_file_cut_off_in_the_middle_of_a_letter_loses_its_last_row_only(tmp_path: Path) -> None:
    path = write(tmp_path, KOREAN.encode().rstrip(b"\n")[:-1])
    rows = read(path)
    assert [type(row) for row in rows] == [Row, Row, BadRow]


def test_half_a_character_of_utf16_at_the_end_is_a_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path, KOREAN.encode("utf-16") + b"\x41")
    assert isinstance(read(path)[-1], BadRow)


def test_a_person_may_choose_encoding_and_delimiter(tmp_path: Path) -> None:
    path = write(tmp_path, "id;a,b\n1;é,c\n".encode())
    found = sniff(path, encoding="latin-1", delimiter=",")
    assert (found.encoding, found.header) == ("iso8859-1", ("id;a", "b"))
    assert found.preview == (("1;Ã©", "c"),)
    with pytest.raises(FileError, match="no encoding 'klingon'"):
        sniff(path, encoding="klingon")
    with pytest.raises(FileError, match="cannot be a delimiter"):
        sniff(path, delimiter=";;")


def test_bytes_that_are_not_text_in_the_header_are_shown_with_a_warning(tmp_path: Path) -> None:
    found = sniffed(tmp_path, "번호,직".encode() + b"\xff\n1,a\n")
    assert found.header == ("번호", "직\\xff")
    assert any("header" in warning for warning in found.warnings)

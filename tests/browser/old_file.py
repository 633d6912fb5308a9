"""A data file as an old Korean spreadsheet writes it: CP949, semicolons, and rows with every oddity."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from tests import factories

HEADER = ("번호", "직업", "산업", "나이", "메모; 기타")
COPIES = 150
ODD = (
    ("A-01", 'truck "big"\r\ndriver', "fuel oil", "40", "=1+1"),  # quotes, a line end and a formula
    ("  A-02 ", "zookeeper", "", "forty", " -3 "),  # blanks around the id, an age that is none
)
BROKEN = (
    b";driver;;30;no id\r\n",
    b"000001;pilot;;30;the id of the first row\r\n",
    b"B-01;driver\r\n",
    b"B-02;dri\xffver;;30;not text\r\n",
)
ISSUES = ["no_id", "repeated", "unreadable", "unreadable", "bad_age"]


@dataclass(frozen=True, slots=True)
class OldFile:
    """The file, the rows of it that become records, and how many rows it repeats word for word."""

    content: bytes
    records: tuple[tuple[str, ...], ...]
    repeated: int


def old_file() -> OldFile:
    """The rows of the factories again and again, then odd ones, broken ones, and the first row once more."""
    words = [row[1:] for row in factories.ROWS]
    usual = [
        (f"{number + 1:06}", *words[number % len(words)], f"쪽 {number}")
        for number in range(COPIES * len(words))
    ]
    records = (*usual, *ODD)
    content = _text([HEADER, *records]) + b"".join(BROKEN) + _text([usual[0]])
    return OldFile(content, records, repeated=1)


def _text(rows: list[tuple[str, ...]]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows(rows)
    return stream.getvalue().encode("cp949")

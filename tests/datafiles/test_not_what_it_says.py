"""A file that is not what its name says is read rightly where that is clear, else refused in plain words."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from coding_app.datafiles import FileError, sniff, write_rows
from tests.datafiles.reading import sniffed, values, write

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def zipped(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "jobs.csv", "a PNG picture"),
        (b"%PDF-1.7\n", "jobs.csv", "a PDF document"),
        (gzip.compress(b"id,job\n", mtime=0), "jobs.csv", "a gzip archive"),
        (b"<html><table><tr><td>id</td></tr></table></html>", "jobs.xls", "a web page"),
        (b"\n<!DOCTYPE html>\n<html>", "jobs.csv", "a web page"),
        (b'<?xml version="1.0"?><Workbook/>', "jobs.xls", "an XML file"),
        (b'[{"id": 1}]', "jobs.csv", "a JSON file"),
        (OLE + "Workbook".encode("utf-16-le"), "jobs.xls", r"an old Excel workbook \(.xls\)"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "jobs.xlsx", "a workbook with a password"),
        (zipped("word/document.xml"), "jobs.xlsx", "a Word document"),
        (zipped("mimetype", "content.xml"), "jobs.xlsx", "an OpenDocument file"),
        (zipped("xl/workbook.bin"), "jobs.xlsx", "a binary workbook"),
        (zipped("jobs.csv"), "jobs.xlsx", "a ZIP archive"),
        (bytes(range(256)) * 20, "jobs.csv", "a binary file of an unknown kind"),
        (b"\x01\x02\x03\x04" * 99, "jobs.csv", "a binary file of an unknown kind"),
        (b"id,job\n1,a\n", "jobs.xlsx", r"it looks like plain text \(CSV\)"),
        (b"id,job\n1,a\n", "jobs.XLS", r"it looks like plain text \(CSV\)"),
        (b"id,job\n1,a\n", "jobs.parquet", r"it looks like plain text \(CSV\)"),
        (b"PK\x03\x04 cut off", "jobs.xlsx", "damaged"),
        (b"PAR1 cut off", "jobs.parquet", "damaged"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "jobs.xlsx", "damaged"),
    ],
)
def test_it_is_refused_with_what_it_looks_like_and_the_name_it_came_with(
    tmp_path: Path, content: bytes, name: str, words: str
) -> None:
    path = write(tmp_path, content, "upload-17")
    with pytest.raises(FileError, match=words) as caught:
        sniff(path, name=name)
    assert name in str(caught.value)
    assert "upload-17" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "name"), [("xlsx", "jobs.csv"), ("xlsx", "jobs.xls"), ("parquet", "jobs.csv")]
)
def test_a_workbook_or_parquet_file_under_a_wrong_name_is_read_with_a_warning(
    tmp_path: Path, kind: str, name: str
) -> None:
    path = tmp_path / name
    write_rows(path, kind, ["id", "job"], [["007", "baker"]])
    found = sniff(path)
    assert found.kind == kind
    assert "by its contents" in found.warnings[0]
    assert values(path) == [("007", "baker")]


@pytest.mark.parametrize("name", ["jobs", "jobs.txt", "jobs.tsv", "jobs.dat", "JOBS.CSV"])
def test_text_needs_no_particular_name(tmp_path: Path, name: str) -> None:
    found = sniffed(tmp_path, "id\tjob\n1\ta\n", name)
    assert (found.kind, found.delimiter, found.warnings) == ("csv", "\t", ())


def test_a_few_nul_bytes_do_not_make_a_small_file_binary(tmp_path: Path) -> None:
    assert sniffed(tmp_path, b"id,job\n1,a\0\n2,\0b\n").header == ("id", "job")

"""Readers and writers of CSV, XLSX and Parquet files. Plain Python: no Django in here.

found = sniff("upload.bin", name="jobs.csv")
for row in read_rows("upload.bin", found):
    ...  # Row or BadRow
write_rows("coded.xlsx", "xlsx", ("id", "code"), [("1", "011"), ("2", None)])
"""

from coding_app.datafiles.encodings import NAMES as ENCODINGS
from coding_app.datafiles.formula_guard import guard, unguard
from coding_app.datafiles.messages import Message
from coding_app.datafiles.model import BadRow, FileError, FileFormat, Row, WriteReport
from coding_app.datafiles.raw_text import raw_bytes
from coding_app.datafiles.reading import read_rows, sniff
from coding_app.datafiles.writing import write_rows

__all__ = [
    "ENCODINGS",
    "BadRow",
    "FileError",
    "FileFormat",
    "Message",
    "Row",
    "WriteReport",
    "guard",
    "raw_bytes",
    "read_rows",
    "sniff",
    "unguard",
    "write_rows",
]

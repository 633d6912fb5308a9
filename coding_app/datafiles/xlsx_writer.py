"""Writing XLSX files in which every cell is text."""

import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from coding_app.datafiles.messages import Message
from coding_app.datafiles.model import FileError

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_CELL = 32_767
"""UTF-16 units of a cell."""
_INSTEAD = Message("Use CSV or Parquet, which have no such limit.")
_CONTROL = "[\0-\x08\x0b-\x1f\ufffe\uffff]"
_TO_ESCAPE = re.compile(f"_(?=x[0-9A-Fa-f]{{4}}(?:_|{_CONTROL}))|{_CONTROL}")


def escape(text: str) -> str:
    """Characters that XML cannot hold as `_xHHHH_`, and so the underscore of a text that looks like that."""
    return _TO_ESCAPE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


class _ExactWorksheet(Worksheet):  # type: ignore[misc]  # the library has no types
    """XlsxWriter escapes `_x0041_x0042_` so that it is read back as another text, and takes a text such as
    '<r>...</r>' for markup; both are put right at the one place where it escapes a cell."""

    @staticmethod
    def _escape_control_characters(data: str) -> str:
        text = escape(data)
        return "_x003C_" + text[1:] if text.startswith("<r>") else text


def write_xlsx(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str | None]], *, known: int | None = None
) -> int:
    """Writes all cells as text (a formula is not run, leading zeros stay); returns the number of rows.

    known: the number of rows, where it is known, so that too many are refused before writing.
    FileError: more rows, columns or characters in a cell than a sheet can hold.
    """
    if len(header) > MAX_COLUMNS:
        raise FileError(
            "XLSX holds %(most)s columns, the data have %(found)s. %(advice)s",
            most=f"{MAX_COLUMNS:,}",
            found=f"{len(header):,}",
            advice=_INSTEAD,
        )
    if known is not None and known >= MAX_ROWS:
        raise _too_many_rows(f"{known:,}")
    # On an error XlsxWriter leaves its temporary files behind: the folder goes, and they with it.
    with tempfile.TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder:
        workbook = Workbook(path, {"constant_memory": True, "tmpdir": folder, "use_zip64": True})
        sheet = workbook.add_worksheet("data", worksheet_class=_ExactWorksheet)
        _write_row(sheet, 0, header, header)
        count = 0
        for values in rows:
            count += 1
            if count >= MAX_ROWS:
                raise _too_many_rows(Message("more"))
            _write_row(sheet, count, values, header)
        try:
            workbook.close()
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error  # what it hides: a full disk, for one
    return count


def _too_many_rows(found: str) -> FileError:
    return FileError(
        "XLSX holds %(most)s rows under a header, the data have %(found)s. %(advice)s",
        most=f"{MAX_ROWS - 1:,}",
        found=found,
        advice=_INSTEAD,
    )


def _write_row(sheet: Worksheet, row: int, values: Sequence[str | None], header: Sequence[str]) -> None:
    for column, text in enumerate(values):
        if not text:
            continue
        if len(text) > MAX_CELL // 2 and len(text.encode("utf-16-le", "surrogatepass")) // 2 > MAX_CELL:
            raise FileError(
                "Row %(row)s, column %(name)r: the text has %(length)s characters, a cell of XLSX holds "
                "%(most)s. %(advice)s",
                row=row,
                name=header[column][:60],
                length=f"{len(text):,}",
                most=f"{MAX_CELL:,}",
                advice=_INSTEAD,
            )
        sheet.write_string(row, column, text)

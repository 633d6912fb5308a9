"""Files with something in them that trips programs up; each is read, or refused in words."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

HOSTILE = '<script>document.title="x"</script>'


def workbook(
    *rows: tuple[str, ...], title: str = "Sheet", replace: tuple[bytes, bytes] = (b"", b"")
) -> bytes:
    """An XLSX file; ``replace`` puts bytes in place of others that no library would write."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    plain = io.BytesIO()
    book.save(plain)
    old, new = replace
    if not old:
        return plain.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(old, new))
    return changed.getvalue()


def parquet(**columns: list[str]) -> bytes:
    """A Parquet file of text columns."""
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


READ = {
    "nul-in-header.csv": b"id,occ\0upation\n1,driver\n",
    "nul-in-header.xlsx": workbook(("id", "occHEREupation"), ("1", "a"), replace=(b"HERE", b"_x0000_")),
    "nul-in-header.parquet": parquet(**{"id": ["1"], "occ\0upation": ["driver"]}),
    "half-a-character.xlsx": workbook(("id", "occupation"), ("1", "aHEREb"), replace=(b"HERE", b"_xD800_")),
    "names-twice.csv": b"id,occupation,x,x,,\n1,driver,a,b,c,d\n",
    "300-columns.csv": b",".join(b"c%d" % n for n in range(300)) + b"\n" + b",".join([b"v"] * 300) + b"\n",
    "long-name.csv": b"id,occupation," + b"n" * 50_000 + b"\n1,driver,x\n",
    "old-mac.csv": b"id,occupation\r1,driver\r2,farmer\r",
    "only-a-header.csv": b"id,occupation\n",
    "hostile.csv": f"id,occupation,{HOSTILE}\n{HOSTILE},{HOSTILE},{HOSTILE}\n".encode(),
}
REFUSED = {
    "empty.csv": b"",
    "blank.csv": b"\n\n\n",
    "mark-only.csv": b"\xef\xbb\xbf",
    "picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "cut-off.xlsx": b"PK\x03\x04" + bytes(100),
    "cut-off.parquet": b"PAR1" + bytes(30) + b"PAR1",
    "long-sheet-name.xlsx": workbook(
        ("id", "occupation"), ("1", "a"), title="HERE", replace=(b"HERE", b"s" * 300)
    ),
}

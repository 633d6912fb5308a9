"""A document as DOCX."""

import io
from typing import Any

from coding_app.document import Document, Flow, Paragraph, Section, Table


def docx(document: Document) -> bytes:
    """The document as a DOCX file; a flow diagram becomes a table of boxes and arrows."""
    # Here, not above: the web process needs python-docx for this file alone.
    from docx import Document as new_file

    file = new_file()
    file.core_properties.title = document.title
    file.core_properties.author = "Tiebreak"
    file.add_heading(document.title, level=0)
    file.add_paragraph(document.subtitle)
    for section in document.sections:
        _section(file, section)
    stream = io.BytesIO()
    file.save(stream)
    return stream.getvalue()


def _section(file: Any, section: Section) -> None:
    file.add_heading(section.title, level=1)
    for block in section.blocks:
        if isinstance(block, Paragraph):
            file.add_paragraph(block.text).runs[0].italic = block.missing
        elif isinstance(block, Flow):
            _flow(file, block)
        else:
            _table(file, block)


def _flow(file: Any, flow: Flow) -> None:
    """A table without lines: its boxes have borders, and arrows stand in the cells between them."""
    file.add_paragraph(flow.caption, style="Caption")
    made = file.add_table(rows=0, cols=3)
    for at, step in enumerate(flow.steps):
        if at:
            _write(made.add_row().cells[0], "↓")
        box, arrow, beside = made.add_row().cells
        _write(box, step.label, f"{step.records:,}")
        _frame(box)
        if step.beside:
            _write(arrow, "→")
            _write(beside, *(f"{one.label}: {one.records:,}" for one in step.beside))
            _frame(beside)


def _write(cell: Any, *lines: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.add_run("\n".join(lines)).font.size = Pt(9)


def _frame(cell: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tcBorders")
    for side in ("top", "left", "bottom", "right"):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "single")
        line.set(qn("w:sz"), "4")
        borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)


def _table(file: Any, table: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    file.add_paragraph(table.caption, style="Caption")
    made = file.add_table(rows=0, cols=len(table.header))
    made.style = "Table Grid"
    for at, cells in enumerate([table.header, *table.rows]):
        row = made.add_row()
        for column, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(str(text))
            run.font.size = Pt(9)
            run.bold = at == 0
            if at and column >= table.numbers_from:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    file.add_paragraph()

"""A document as DOCX."""

import io
from typing import Any

from django.utils.translation import gettext as _

from coding_app.document import Document, Flow, Paragraph, Section, Table


def docx(document: Document) -> bytes:
    """The document as a DOCX file; a flow diagram becomes a table of its boxes."""
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
        else:
            _table(file, _as_table(block) if isinstance(block, Flow) else block)


def _as_table(flow: Flow) -> Table:
    rows = []
    for step in flow.steps:
        beside = "; ".join(f"{one.label}: {one.records:,}" for one in step.beside)
        rows.append([step.label, f"{step.records:,}", beside])
    return Table(flow.caption, [_("Step"), _("Records"), _("Of these")], rows, numbers_from=1)


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

"""The methods page: paragraphs and tables ready for a paper, on the page and as HTML and DOCX files."""

from dataclasses import dataclass, field

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.document import Block, Cell, Document, Flow, Number, Rows, Step, Table
from coding_app.models import Membership, Study
from coding_app.selectors import methods as selected
from coding_app.services import document_files
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.flow_diagram import Diagram, diagram

SEE = gettext_noop("see the methods")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell of a table, and where the rows behind it are listed, if anywhere."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A line of the table below a flow diagram."""

    label: str
    records: Shown
    beside: list[tuple[str, Shown]]


@dataclass(frozen=True, slots=True)
class Part:
    """A block and how the template shows it: a table's cells, or a diagram with the table of its steps."""

    block: Block
    kind: str
    cells: list[list[Shown]] = field(default_factory=list)
    drawing: Diagram | None = None
    steps: list[ShownStep] = field(default_factory=list)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """The page."""
    study = membership.study
    return study_page(request, membership, "methods/show.html", _context(selected.methods(study), study))


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def html(request: PageRequest, membership: Membership) -> HttpResponse:
    """The page as one file that needs no other."""
    context = {**_context(selected.methods(membership.study)), "language": translation.get_language()}
    page = render_to_string("methods/file.html", context)
    return _file(page, f"{membership.study.slug}-methods.html", "text/html; charset=utf-8")


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def docx(request: PageRequest, membership: Membership) -> HttpResponse:
    """The same as a file for word processors."""
    content = document_files.docx(selected.methods(membership.study))
    return _file(content, f"{membership.study.slug}-methods.docx", DOCX)


def _file(content: str | bytes, name: str, content_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _context(document: Document, study: Study | None = None) -> dict[str, object]:
    """What the templates show; with a study its numbers lead to their rows, which a file's cannot."""
    return {
        "document": document,
        "sections": [
            (f"s{number}", section.title, [_part(block, study) for block in section.blocks])
            for number, section in enumerate(document.sections, start=1)
        ],
        "words": _("Flow of records, as boxes from top to bottom; the numbers are in the table below"),
    }


def _part(block: Block, study: Study | None) -> Part:
    if isinstance(block, Flow):
        steps = [
            ShownStep(
                step.label,
                _step(step, study),
                [(one.label, _step(one, study)) for one in step.beside],
            )
            for step in block.steps
        ]
        return Part(block, "flow", drawing=diagram(block), steps=steps)
    if isinstance(block, Table):
        return Part(block, "table", cells=[[_cell(cell, study) for cell in row] for row in block.rows])
    return Part(block, "paragraph")


def _cell(cell: Cell, study: Study | None) -> Shown:
    if study is None or not isinstance(cell, Number):
        return Shown(str(cell))
    return Shown(cell.text, _address(cell.rows, study))


def _step(step: Step, study: Study | None) -> Shown:
    text = f"{step.records:,}"
    return Shown(text, _address(step.rows, study) if study and step.rows and step.records else "")


def _address(rows: Rows, study: Study) -> str:
    address = reverse(rows.page, args=[study.slug, *rows.args])
    return f"{address}?{urlencode(rows.query)}" if rows.query else address

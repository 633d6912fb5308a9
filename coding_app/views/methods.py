"""The methods page: paragraphs and tables ready for a paper, on the page and as HTML and DOCX files."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.document import Block, Document, Flow, Table
from coding_app.models import Membership
from coding_app.selectors import methods as selected
from coding_app.services import document_files
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.flow_diagram import Diagram, diagram

SEE = gettext_noop("see the methods")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Part:
    """A block and how the template shows it."""

    block: Block
    kind: str
    drawing: Diagram | None = None


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """The page."""
    return study_page(request, membership, "methods/show.html", _context(selected.methods(membership.study)))


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


def _context(document: Document) -> dict[str, object]:
    return {
        "document": document,
        "sections": [
            (f"s{number}", section.title, [_part(block) for block in section.blocks])
            for number, section in enumerate(document.sections, start=1)
        ],
        "words": _("Flow of records, as boxes from top to bottom; the numbers are in the table below"),
    }


def _part(block: Block) -> Part:
    if isinstance(block, Flow):
        return Part(block, "flow", diagram(block))
    return Part(block, "table" if isinstance(block, Table) else "paragraph")

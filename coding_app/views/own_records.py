"""What a blinded coder decided: the literals, their own code and note, and nothing else."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpResponse

from coding_app.models import Decision, Membership, Record
from coding_app.selectors import blinding
from coding_app.selectors import records as selected
from coding_app.views.access import PageRequest, study_page

A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A record, bare, with what one decided of it."""

    record: Record
    decision: Decision


def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """One's own standing decisions, newest first."""
    found = blinding.own_decisions(membership.study, request.user).filter(undone_at=None)
    page: Page[Decision] = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    rows = [Row(blinding.bare(one.record), one) for one in page.object_list]
    return study_page(request, membership, "records/own.html", {"page": page, "rows": rows})


def show(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """One record with one's own decisions."""
    record, decisions = blinding.own_record(membership.study, request.user, pk)
    context = {"record": record, "names": selected.literal_columns(record), "decisions": decisions}
    return study_page(request, membership, "records/own_record.html", context)

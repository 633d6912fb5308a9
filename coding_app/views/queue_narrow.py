"""What a coder narrows the queue to, and its order: kept with their session, said on the screen."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import QueueOrder, SuggestionSource
from coding_app.models import Membership
from coding_app.selectors import code_search, queue_filter
from coding_app.selectors.queue_filter import QueueFilter
from coding_app.services import review
from coding_app.views.access import PageRequest, member_view

CODE = gettext_noop("code records")
_KEPT = "queue"


def narrowed(request: PageRequest, membership: Membership) -> QueueFilter:
    """The coder's filter in this study; blinded coders have none: it would tell what is kept from them."""
    if membership.blinded:
        return QueueFilter()
    return QueueFilter.of(request.session.get(_KEPT, {}).get(str(membership.study_id), {}))


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE)
def narrow(request: PageRequest, membership: Membership) -> HttpResponse:
    """Take up a filter and an order, or with ``clear`` none; the record one held goes back to the queue."""
    study = membership.study
    wanted = QueueFilter() if "clear" in request.POST else QueueFilter.of(request.POST)
    if wanted.candidate and code_search.code_of(study, wanted.candidate) is None:
        text = _("There is no code %(code)s in this classification, so the filter was left as it was.")
        messages.error(request, text % {"code": wanted.candidate})
        return redirect("queue", study.slug)
    kept = request.session.setdefault(_KEPT, {})
    if wanted.is_usual:
        kept.pop(str(study.pk), None)
    else:
        kept[str(study.pk)] = wanted.stored()
    request.session.modified = True
    review.release(study=study, user=request.user)
    return redirect("queue", study.slug)


def narrowing(membership: Membership, wanted: QueueFilter) -> dict[str, object]:
    """What the form that narrows needs; it is no part of what changes from record to record."""
    return {
        "columns": queue_filter.columns(membership.study),
        "orders": QueueOrder.choices,
        "makers": SuggestionSource.choices,
        "conditions": in_words(wanted),
    }


def in_words(wanted: QueueFilter) -> list[str]:
    """The order, where it is not the usual one, and each condition."""
    said = []
    if wanted.order != QueueOrder.ARRIVAL:
        said.append(str(wanted.served.label))
    if wanted.by:
        maker = SuggestionSource(wanted.by).label
        said.append(_("first suggestion by: %(value)s") % {"value": maker})
    if wanted.candidate:
        said.append(_("candidate: %(value)s") % {"value": wanted.candidate})
    if wanted.column:
        sentence = _("%(column)s has “%(value)s” in it") if wanted.inside else _("%(column)s is “%(value)s”")
        said.append(sentence % {"column": wanted.column, "value": wanted.value})
    return said

"""What coders ask about records: the supervisor's list with its answers, and a coder's own."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Flag, Membership
from coding_app.selectors import flags as selected
from coding_app.services import flags
from coding_app.views.access import PageRequest, member_view, study_page

A_PAGE = 50
ANSWER = gettext_noop("answer flags")


@member_view("GET", "HEAD", open_to_blinded=True)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """Open and answered flags: everybody's for supervisors, one's own for coders."""
    return _page(request, membership)


@member_view("POST", roles=permissions.SUPERVISE, what=ANSWER)
def answer(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Answer one flag."""
    flag = selected.flag_of(membership.study, pk)
    text = request.POST.get("answer", "")
    try:
        flags.answer(flag=flag, user=request.user, text=text)
    except InvalidInput as error:
        return _page(request, membership, wrong=pk, error=str(error), text=text, status=422)
    except Conflict as error:
        return _page(request, membership, error=str(error), text=text, status=409)
    messages.success(request, _("Answered. The coder sees it at the record."))
    return redirect("flags", membership.study.slug)


def _page(
    request: PageRequest,
    membership: Membership,
    *,
    wrong: int = 0,
    error: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    study = membership.study
    may_answer = permissions.allows(membership.role, permissions.SUPERVISE)
    found = selected.of_study(study) if may_answer else selected.own(study, request.user)
    waiting: Page[Flag] = Paginator(found.filter(answered_at=None).order_by("pk"), A_PAGE).get_page(
        request.GET.get("waiting")
    )
    answered: Page[Flag] = Paginator(found.exclude(answered_at=None), A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "may_answer": may_answer,
        "waiting": waiting,
        "answered": answered,
        "wrong": wrong,
        "error": error,
        "text": text,
        "longest": flags.MAX_TEXT,
    }
    return study_page(request, membership, "flags/index.html", context, status=status)

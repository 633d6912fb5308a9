"""Coding all records of the same text at once: which they are, then the decision for all of them."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from coding_app import permissions
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.keys import key_of
from coding_app.models import Membership
from coding_app.selectors import queue as selected
from coding_app.services import same_text
from coding_app.views.access import PageRequest, member_view
from coding_app.views.queue_entered import (
    Entered,
    EnteredForm,
    Notice,
    chosen,
    opened_at,
    record_entered,
)
from coding_app.views.queue_screen import again, go_on, refused, screen

CODE = gettext_noop("code records")


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE)
def show_or_decide(request: PageRequest, membership: Membership) -> HttpResponse:
    """Show the other records with the text of the one on the screen; ``confirmed``, code them with it.

    ``same`` are the keys of those that were shown and are to be coded.
    """
    form = EnteredForm(request.POST)
    if not form.is_valid():
        return refused(request, membership, form)
    if "confirmed" not in request.POST:
        return screen(request, membership, entered=Entered.of(request.POST), preview=True)
    data = form.cleaned_data
    record = record_entered(membership, data["record"])
    keys = {key_of(text) for text in request.POST.getlist("same")} - {0, record.pk}
    try:
        code, suggestion = chosen(record, data["choice"], blinded=membership.blinded)
        made = same_text.decide_same_text(
            record=record,
            user=request.user,
            code=code,
            seen_version=data["version"],
            keys=keys,
            suggestion=suggestion,
            note=data["note"],
            opened_at=opened_at(record, data["opened"]),
            place=data["place"],
        )
    except InvalidInput as error:
        return again(request, membership, Notice(str(error), "error", "choice"), status=422, preview=True)
    except Conflict as error:
        stands = selected.standing_decision(record, request.user, data["version"])
        if stands is None or stands.code != code:
            return again(request, membership, Notice(str(error)), status=409)
        return go_on(request, membership, "")
    left = len(keys) + 1 - len(made)
    spoken = _("Coded %(code)s: %(n)s records. Next record.") % {"code": code.code, "n": len(made)}
    if not left:
        return go_on(request, membership, spoken, last=made[-1])
    text = ngettext(
        "%(n)s record was left out: it changed meanwhile, or another coder has it.",
        "%(n)s records were left out: they changed meanwhile, or another coder has them.",
        left,
    ) % {"n": left}
    return go_on(request, membership, f"{spoken} {text}", notice=Notice(f"{spoken} {text}"), last=made[-1])

"""The coder's screen: one record before one person. Every action is a form; HTMX only spares the page."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import CannotCodeReason, DecisionKind
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.keys import key_of
from coding_app.models import Code, Decision, Membership
from coding_app.selectors import queue as selected
from coding_app.selectors import records
from coding_app.selectors.flags import may_flag
from coding_app.selectors.rounds import feedback
from coding_app.services import flags, review
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.queue_entered import (
    Entered,
    EnteredForm,
    Notice,
    chosen,
    opened_at,
    record_entered,
)
from coding_app.views.queue_screen import again, go_on, hits, refused, screen

CODE = gettext_noop("code records")


@member_view("GET", open_to_blinded=True)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """The record one holds or the next free one.

    Without scripts also the search (``q``), the walk through the classification (``under``) and what was
    picked there (``pick``).
    """
    if request.htmx:
        return _awaited(request, membership)
    asked = request.GET
    return screen(
        request,
        membership,
        picked=asked.get("pick", ""),
        query=asked.get("q", "")[:200],
        under=asked.get("under"),
    )


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def decide(request: PageRequest, membership: Membership) -> HttpResponse:
    """Give the record the chosen code. ``choice`` is ``s`` and a suggestion's key, or ``c`` and a code."""
    form = EnteredForm(request.POST)
    if not form.is_valid():
        return refused(request, membership, form)
    data = form.cleaned_data
    record = record_entered(membership, data["record"])
    code: Code | None = None
    try:
        code, suggestion = chosen(record, data["choice"], blinded=membership.blinded)
        made = review.decide(
            record=record,
            user=request.user,
            code=code,
            seen_version=data["version"],
            suggestion=suggestion,
            note=data["note"],
            opened_at=opened_at(record, data["opened"]),
            place=data["place"],
        )
    except InvalidInput as error:
        return again(request, membership, Notice(str(error), "error", "choice"), status=422)
    except Conflict as error:
        stands = selected.standing_decision(record, request.user, data["version"])
        if stands is None or stands.code != (code or stands.code):
            return again(request, membership, Notice(str(error)), status=409)
        return go_on(request, membership, _spoken(stands))
    return go_on(request, membership, _spoken(made), last=made, notice=_told(made))


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def cannot_code(request: PageRequest, membership: Membership) -> HttpResponse:
    """Say why the record cannot be coded."""
    form = EnteredForm(request.POST)
    if not form.is_valid():
        return refused(request, membership, form)
    data = form.cleaned_data
    record = record_entered(membership, data["record"])
    if not data["reason"]:
        notice = Notice(_("Choose why the record cannot be coded."), "error", "reason")
        return again(request, membership, notice, status=422)
    reason = CannotCodeReason(data["reason"])
    try:
        made = review.cannot_code(
            record=record,
            user=request.user,
            reason=reason,
            seen_version=data["version"],
            note=data["note"],
            opened_at=opened_at(record, data["opened"]),
            place=data["place"],
        )
    except InvalidInput as error:
        return again(request, membership, Notice(str(error), "error", "reason"), status=422)
    except Conflict as error:
        stands = selected.standing_decision(record, request.user, data["version"])
        if stands is None or stands.reason != reason:
            return again(request, membership, Notice(str(error)), status=409)
        return go_on(request, membership, _spoken(stands))
    return go_on(request, membership, _spoken(made), last=made, notice=_told(made))


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def undo(request: PageRequest, membership: Membership) -> HttpResponse:
    """Take back the coder's last decision: the one the form names, so that sending it twice undoes once."""
    study = membership.study
    key = key_of(request.POST.get("decision", ""))
    last = selected.last_decision(study, request.user)
    if key and selected.was_undone(study, request.user, key):
        return go_on(request, membership, "")
    if last is not None and last.pk != key:
        text = _(
            "That is not your last decision any more, so nothing was undone: look at the last one again."
        )
        return screen(request, membership, notice=Notice(text), status=409)
    try:
        review.undo(study=study, user=request.user)
    except Conflict as error:
        return screen(request, membership, notice=Notice(str(error)), status=409)
    text = _taken_back(last) if last else ""
    if request.htmx:
        return screen(request, membership, notice=Notice(text, "success"))
    messages.success(request, text)
    return go_on(request, membership, text)


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def flag(request: PageRequest, membership: Membership) -> HttpResponse:
    """Ask a supervisor about the record on the screen, which stays there with all that was entered."""
    form = EnteredForm(request.POST)
    if not form.is_valid():
        return refused(request, membership, form)
    record = record_entered(membership, form.cleaned_data["record"])
    if not may_flag(record, membership):
        raise Http404(_("There is no such record in this study."))
    try:
        flags.raise_flag(record=record, user=request.user, note=form.cleaned_data["flag"])
    except InvalidInput as error:
        return again(request, membership, Notice(str(error), "error", "flag"), status=422)
    except Conflict as error:
        return again(request, membership, Notice(str(error)), status=409)
    entered = replace(Entered.of(request.POST), flag="")
    notice = Notice(_("Flagged: a supervisor will answer. The record is still yours to code."), "success")
    return screen(request, membership, notice=notice, entered=entered)


@member_view("GET", open_to_blinded=True)
def search(request: PageRequest, membership: Membership) -> HttpResponse:
    """What the search for ``q`` finds, or what lies ``under`` a code, as a list to pick from."""
    listed = hits(membership, request.GET.get("q", "")[:200], request.GET.get("under"))
    return study_page(request, membership, "queue/hits.html", {**listed, "live": True})


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def renew(request: PageRequest, membership: Membership) -> HttpResponse:
    """Keep the record on the screen for another while; says so when it is lost."""
    review.renew(study=membership.study, user=request.user)
    held = selected.holds(key_of(request.POST.get("record", "")), request.user)
    return study_page(request, membership, "queue/lease.html", {"held": held})


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def open_record(request: PageRequest, membership: Membership, record: int) -> HttpResponse:
    """Put one chosen record of the queue before the coder."""
    wanted = records.record_of(membership.study, record)
    try:
        review.open_record(record=wanted, user=request.user)
    except Conflict as error:
        messages.warning(request, str(error))
        return redirect("record", membership.study.slug, wanted.pk)
    return redirect("queue", membership.study.slug)


def _told(made: Decision) -> Notice | None:
    """What a coder is told in private at once: that a code known to be right is another one."""
    right = feedback(made)
    if right is None:
        return None
    text = _("Of record %(record)s the right code is known: %(right)s. You said %(said)s.") % {
        "record": made.record,
        "right": f"{right.code} {right.local_title}",
        "said": made.code.code if made.code else made.get_reason_display(),
    }
    return Notice(f"{_spoken(made)} {text}")


def _spoken(made: Decision) -> str:
    if made.kind == DecisionKind.CODE and made.code:
        return _("Coded %(code)s. Next record.") % {"code": made.code.code}
    return _("Set down as not codable. Next record.")


def _taken_back(made: Decision) -> str:
    """What was undone, in words: somebody who pressed the key by mistake must know what to repeat."""
    what = f"{made.code.code} {made.code.local_title}" if made.code else made.get_reason_display()
    return _("Taken back: %(record)s %(decision)s") % {"record": made.record, "decision": what}


def _awaited(request: PageRequest, membership: Membership) -> HttpResponse:
    """The screen for an empty queue that asks again; with the first record it says that one is there."""
    return screen(request, membership, arrived=_("A record has come."))

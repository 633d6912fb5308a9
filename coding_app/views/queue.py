"""The coder's screen: one record before one person. Every action is a form; HTMX only spares the page."""

from dataclasses import dataclass, replace
from datetime import datetime

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from coding_app import permissions
from coding_app.choices import CannotCodeReason, DecisionKind, JobKind
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Decision, Membership, QueueItem, Record, Study, Suggestion
from coding_app.selectors import code_search, highlight, jobs, records
from coding_app.selectors import queue as selected
from coding_app.services import review
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.candidates import Candidate, found, suggested
from coding_app.views.reasons import why_here

CODE = gettext_noop("code records")
_LARGEST = 2**31 - 1
_signer = signing.Signer(salt="coding_app.queue.opened")


class _NoteField(forms.CharField):
    """A text whose lines end as its length was counted in the browser."""

    def to_python(self, value: object) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class EnteredForm(forms.Form):
    """What a decision says of the record on the screen; the service checks what it means."""

    record = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    version = forms.IntegerField(min_value=0, max_value=_LARGEST)
    opened = forms.CharField(required=False, max_length=200)
    choice = forms.CharField(required=False, max_length=100)
    reason = forms.ChoiceField(required=False, choices=CannotCodeReason.choices)
    note = _NoteField(
        required=False,
        strip=False,
        max_length=review.MAX_NOTE,
        error_messages={
            "max_length": gettext_lazy(
                "The note has %(show_value)d characters; %(limit_value)d are the most."
            )
        },
    )


@dataclass(frozen=True, slots=True)
class _Entered:
    """What somebody had put into the screen, kept when their record comes before them again."""

    record: int = 0
    choice: str = ""
    reason: str = ""
    note: str = ""
    opened: str = ""


@dataclass(frozen=True, slots=True)
class _Notice:
    """Something to be said at the top of the screen; ``field`` names what on it is at fault."""

    text: str
    level: str = "warning"
    field: str = ""


@member_view("GET", open_to_blinded=True)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """The record one holds or the next free one; without scripts also the search (``q``, ``pick``)."""
    picked = request.GET.get("pick", "")
    if request.htmx:
        return _awaited(request, membership)
    return _screen(request, membership, picked=picked, query=request.GET.get("q", "")[:200])


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def decide(request: PageRequest, membership: Membership) -> HttpResponse:
    """Give the record the chosen code. ``choice`` is ``s`` and a suggestion's key, or ``c`` and a code."""
    form = EnteredForm(request.POST)
    if not form.is_valid():
        return _refused(request, membership, form)
    data = form.cleaned_data
    record = records.record_of(membership.study, data["record"])
    code: Code | None = None
    try:
        code, suggestion = _chosen(record, data["choice"], blinded=membership.blinded)
        made = review.decide(
            record=record,
            user=request.user,
            code=code,
            seen_version=data["version"],
            suggestion=suggestion,
            note=data["note"],
            opened_at=_opened_at(record, data["opened"]),
        )
    except InvalidInput as error:
        return _again(request, membership, _Notice(str(error), "error", "choice"), status=422)
    except Conflict as error:
        stands = selected.standing_decision(record, request.user, data["version"])
        if stands is None or stands.code != (code or stands.code):
            return _again(request, membership, _Notice(str(error)), status=409)
        made = stands
    return _on(request, membership, _spoken(made))


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def cannot_code(request: PageRequest, membership: Membership) -> HttpResponse:
    """Say why the record cannot be coded."""
    form = EnteredForm(request.POST)
    if not form.is_valid():
        return _refused(request, membership, form)
    data = form.cleaned_data
    record = records.record_of(membership.study, data["record"])
    if not data["reason"]:
        notice = _Notice(_("Choose why the record cannot be coded."), "error", "reason")
        return _again(request, membership, notice, status=422)
    reason = CannotCodeReason(data["reason"])
    try:
        made = review.cannot_code(
            record=record,
            user=request.user,
            reason=reason,
            seen_version=data["version"],
            note=data["note"],
            opened_at=_opened_at(record, data["opened"]),
        )
    except InvalidInput as error:
        return _again(request, membership, _Notice(str(error), "error", "reason"), status=422)
    except Conflict as error:
        stands = selected.standing_decision(record, request.user, data["version"])
        if stands is None or stands.reason != reason:
            return _again(request, membership, _Notice(str(error)), status=409)
        made = stands
    return _on(request, membership, _spoken(made))


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def undo(request: PageRequest, membership: Membership) -> HttpResponse:
    """Take back the coder's last decision: the one the form names, so that sending it twice undoes once."""
    study = membership.study
    asked = request.POST.get("decision", "")
    key = int(asked) if asked.isdecimal() and len(asked) < 19 else 0
    last = selected.last_decision(study, request.user)
    if key and selected.was_undone(study, request.user, key):
        return _on(request, membership, "")
    if last is not None and last.pk != key:
        text = _(
            "That is not your last decision any more, so nothing was undone: look at the last one again."
        )
        return _screen(request, membership, notice=_Notice(text), status=409)
    try:
        review.undo(study=study, user=request.user)
    except Conflict as error:
        return _screen(request, membership, notice=_Notice(str(error)), status=409)
    text = _taken_back(last) if last else ""
    if request.htmx:
        return _screen(request, membership, notice=_Notice(text, "success"))
    messages.success(request, text)
    return _on(request, membership, text)


@member_view("GET", open_to_blinded=True)
def search(request: PageRequest, membership: Membership) -> HttpResponse:
    """What the search finds, as a list to pick from."""
    query = request.GET.get("q", "")[:200]
    return study_page(request, membership, "queue/hits.html", {**_hits(membership, query), "live": True})


@member_view("POST", roles=permissions.CODE_RECORDS, what=CODE, open_to_blinded=True)
def renew(request: PageRequest, membership: Membership) -> HttpResponse:
    """Keep the record on the screen for another while; says so when it is lost."""
    review.renew(study=membership.study, user=request.user)
    asked = request.POST.get("record", "")
    held = asked.isdecimal() and len(asked) < 19 and selected.holds(int(asked), request.user)
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


def _chosen(record: Record, choice: str, *, blinded: bool) -> tuple[Code, Suggestion | None]:
    kind, value = choice[:1], choice[1:]
    if kind == "s" and record.suggestion_set is not None and not blinded:
        for suggestion in record.suggestion_set.suggestions.all():
            if str(suggestion.pk) == value:
                return suggestion.code, suggestion
        raise Conflict(_(review.STALE))
    code = code_search.code_of(record.study, value) if kind == "c" else None
    if code is None:
        raise InvalidInput(_("Choose a code first: one of the candidates, or one found by the search."))
    return code, None


def _opened_at(record: Record, text: str) -> datetime | None:
    """When the record was put before the coder; ``None`` when the form does not say so in our own hand."""
    try:
        key, _between, moment = _signer.unsign(text).partition(" ")
    except signing.BadSignature:
        return None
    return datetime.fromisoformat(moment) if key == str(record.pk) else None


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
    return _screen(request, membership, arrived=_("A record has come."))


def _on(request: PageRequest, membership: Membership, spoken: str) -> HttpResponse:
    """What comes next: for HTMX at once, else by a redirect, so that loading again sends nothing twice."""
    if request.htmx:
        return _screen(request, membership, spoken=spoken)
    return redirect("queue", membership.study.slug)


def _refused(request: PageRequest, membership: Membership, form: EnteredForm) -> HttpResponse:
    """The form does not even say which record, or has something in it that cannot be kept."""
    name, errors = next(iter(form.errors.items()))
    if name in {"record", "version"}:
        text = _("The form came incomplete, so nothing was saved. This is the record as it is now.")
        return _again(request, membership, _Notice(text, "error"), status=422)
    return _again(request, membership, _Notice(str(errors[0]), "error", name), status=422)


def _again(request: PageRequest, membership: Membership, notice: _Notice, *, status: int) -> HttpResponse:
    """The screen as it is now, with what had been entered where that still belongs to the record."""
    sent = request.POST
    key = sent.get("record", "")
    entered = _Entered(
        record=int(key) if key.isdecimal() and len(key) < 19 else 0,
        choice=sent.get("choice", ""),
        reason=sent.get("reason", ""),
        note=sent.get("note", ""),
        opened=sent.get("opened", ""),
    )
    return _screen(request, membership, notice=notice, entered=entered, status=status)


def _screen(
    request: PageRequest,
    membership: Membership,
    *,
    notice: _Notice | None = None,
    entered: _Entered | None = None,
    picked: str = "",
    query: str = "",
    spoken: str = "",
    arrived: str = "",
    status: int = 200,
) -> HttpResponse:
    """The queue's screen, whole or for HTMX the part that changes; ``arrived`` is said with a record only."""
    study, user = membership.study, request.user
    item = review.open_next(study=study, user=user)
    context: dict[str, object] = {
        "counts": selected.queue_counts(study, user, blinded=membership.blinded),
        "last": selected.last_decision(study, user),
        "notice": notice,
        "spoken": notice.text if notice else spoken,
        "lease_seconds": settings.LEASE_SECONDS,
        "reasons": CannotCodeReason.choices,
    }
    if item is None:
        context |= {
            "lost_note": entered.note if entered else "",
        }
        if not membership.blinded:
            context |= _behind(study)
    else:
        context["spoken"] = context["spoken"] or arrived
        context |= _record(item, membership, entered or _Entered(), picked)
        context |= _hits(membership, query)
    template = "queue/screen.html" if request.htmx else "queue/show.html"
    response = study_page(request, membership, template, context, status=status)
    add_never_cache_headers(response)
    return response


def _behind(study: Study) -> dict[str, object]:
    """Why the queue may be empty: where the records are, and whether some are on their way to it."""
    return {
        "statuses": selected.status_counts(study),
        # An import that is coded when it is in counts as well: the coding comes after it.
        "coding": any(job.kind == JobKind.CODE or job.follow_up for job in jobs.open_jobs(study)),
    }


def _record(item: QueueItem, membership: Membership, entered: _Entered, picked: str) -> dict[str, object]:
    opened = selected.open_record(item)
    record = opened.record
    lost_note, moved = "", entered.record not in {0, record.pk}
    if entered.record != record.pk:
        lost_note, entered = entered.note.strip(), _Entered()
        undone = selected.taken_back(record, membership.user)
        if undone is not None:
            entered = _as_decided(undone, opened.suggestions)
    candidates = suggested(opened.suggestions)
    choice = f"c{picked}" if picked else entered.choice
    extra: Candidate | None = None
    if choice.startswith("c"):
        known = next((one for one in candidates if one.code.code == choice[1:]), None)
        code = None if known else code_search.code_of(membership.study, choice[1:])
        if code is not None and code.codable:
            extra = found(code)
        choice = known.choice if known else choice
    return {
        "item": item,
        "record": record,
        "others": opened.others,
        "names": records.literal_columns(record),
        "pieces": highlight.pieces(record, opened.suggestions),
        "candidates": candidates,
        "extra": extra,
        "entered": replace(entered, choice=choice),
        "lost_note": lost_note,
        "moved": moved,
        "why": "" if membership.blinded else why_here(record, opened.suggestions),
        "opened": _opened(record, entered.opened),
    }


def _as_decided(undone: Decision, suggestions: list[Suggestion]) -> _Entered:
    """What the coder had chosen and noted before they took it back."""
    choice = f"c{undone.code.code}" if undone.code else ""
    if undone.suggestion_id in {one.pk for one in suggestions}:
        choice = f"s{undone.suggestion_id}"
    return _Entered(choice=choice, reason=undone.reason, note=undone.note)


def _opened(record: Record, before: str) -> str:
    if before and _opened_at(record, before):
        return before
    return _signer.sign(f"{record.pk} {timezone.now().isoformat()}")


def _hits(membership: Membership, query: str) -> dict[str, object]:
    hits = code_search.search(membership.study, query, with_dictionary=not membership.blinded)
    return {
        "query": query,
        "hits": [found(hit.code, phrase=hit.phrase) for hit in hits],
        "limit": code_search.LIMIT,
    }


__all__ = ["cannot_code", "decide", "open_record", "renew", "search", "show", "undo"]

"""The adjudicator's screen: one disputed record, the codes it was given, and nobody's name."""

from dataclasses import dataclass, replace
from datetime import datetime

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext

from coding_app import permissions
from coding_app.choices import CannotCodeReason, Side
from coding_app.exceptions import Conflict, InvalidInput, NotAllowed
from coding_app.keys import key_of
from coding_app.models import Adjudication, Code, CodeLabel, Membership
from coding_app.selectors import adjudication as selected
from coding_app.selectors import code_search
from coding_app.selectors.records import lineage
from coding_app.services import adjudicate as service
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.candidates import found, text_of
from coding_app.views.queue_entered import NoteField, Notice
from coding_app.views.queue_screen import hits

SETTLE = gettext_noop("settle disputed records")
MAX_TEXT = 2000
_signer = signing.Signer(salt="coding_app.adjudication.opened")


def _text_field() -> NoteField:
    return NoteField(
        required=False,
        max_length=MAX_TEXT,
        error_messages={
            "max_length": gettext_lazy(
                "The text has %(show_value)d characters; %(limit_value)d are the most."
            )
        },
    )


class EnteredForm(forms.Form):
    """What an adjudicator says of the record on the screen; the service checks what it means."""

    adjudication = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    opened = forms.CharField(required=False, max_length=200)
    choice = forms.CharField(required=False, max_length=100)
    cannot = forms.ChoiceField(required=False, choices=CannotCodeReason.choices)
    reason = _text_field()
    question = _text_field()


@dataclass(frozen=True, slots=True)
class Entered:
    """What was put into the screen, kept when the same record comes before them again."""

    adjudication: int = 0
    choice: str = ""
    cannot: str = ""
    note: str = ""
    question: str = ""
    opened: str = ""

    @classmethod
    def of(cls, sent: QueryDict) -> "Entered":
        """What a form said, whatever it said."""
        return cls(
            adjudication=key_of(sent.get("adjudication", "")),
            choice=sent.get("choice", ""),
            cannot=sent.get("cannot", ""),
            note=sent.get("reason", ""),
            question=sent.get("question", ""),
            opened=sent.get("opened", ""),
        )

    @classmethod
    def as_settled(cls, undone: selected.Answer, options: list[selected.Option]) -> "Entered":
        """What the adjudicator had chosen, and why, before they took it back."""
        choice = next((one.label for one in options if one.side == undone.side), "")
        if not choice and undone.code:
            choice = f"c{undone.code}"
        return cls(choice=choice, cannot=undone.cannot_reason if not choice else "", note=undone.reason)


@dataclass(frozen=True, slots=True)
class OptionRow:
    """A code to choose, or that it cannot be coded; ``choice`` is its letter, which tells nobody's part."""

    choice: str
    code: Code | None
    reason: str
    label: CodeLabel | None
    above: tuple[Code, ...]


@member_view("GET", open_to_blinded=True)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """The record one holds or the next disputed one; without scripts also the search (``q``, ``pick``)."""
    query = request.GET.get("q", "")[:200]
    return _screen(request, membership, picked=request.GET.get("pick", ""), query=query)


@member_view("POST", what=SETTLE, open_to_blinded=True)
def settle(request: PageRequest, membership: Membership) -> HttpResponse:
    """Settle the record. ``choice`` is the letter of a code on the screen, or ``c`` and another code."""
    form, wanted, refused = _sent(request, membership)
    if wanted is None:
        return refused
    data = form.cleaned_data
    try:
        side, code = _chosen(wanted, membership, data["choice"])
        made = service.settle(
            adjudication=wanted,
            user=request.user,
            side=side,
            code=code,
            reason=data["reason"],
            opened_at=_opened_at(wanted, data["opened"]),
        )
    except InvalidInput as error:
        return _again(request, membership, Notice(str(error), "error", "choice"), status=422)
    except (Conflict, NotAllowed) as error:
        return _again(request, membership, Notice(str(error)), status=409)
    return _on(request, membership, _settled(made))


@member_view("POST", what=SETTLE, open_to_blinded=True)
def cannot_code(request: PageRequest, membership: Membership) -> HttpResponse:
    """Settle that the record cannot be coded."""
    form, wanted, refused = _sent(request, membership)
    if wanted is None:
        return refused
    data = form.cleaned_data
    if not data["cannot"]:
        notice = Notice(_("Choose why the record cannot be coded."), "error", "cannot")
        return _again(request, membership, notice, status=422)
    try:
        made = service.settle(
            adjudication=wanted,
            user=request.user,
            side=Side.OTHER,
            cannot_reason=data["cannot"],
            reason=data["reason"],
            opened_at=_opened_at(wanted, data["opened"]),
        )
    except InvalidInput as error:
        return _again(request, membership, Notice(str(error), "error", "cannot"), status=422)
    except (Conflict, NotAllowed) as error:
        return _again(request, membership, Notice(str(error)), status=409)
    return _on(request, membership, _settled(made))


@member_view("POST", what=SETTLE, open_to_blinded=True)
def send_back(request: PageRequest, membership: Membership) -> HttpResponse:
    """Give the record back to its coders with a question."""
    form, wanted, refused = _sent(request, membership)
    if wanted is None:
        return refused
    question = form.cleaned_data["question"]
    try:
        service.send_back(adjudication=wanted, user=request.user, question=question)
    except InvalidInput as error:
        return _again(request, membership, Notice(str(error), "error", "question"), status=422)
    except (Conflict, NotAllowed) as error:
        return _again(request, membership, Notice(str(error)), status=409)
    return _on(request, membership, _("Sent back with your question. Next record."))


@member_view("POST", what=SETTLE, open_to_blinded=True)
def undo(request: PageRequest, membership: Membership) -> HttpResponse:
    """Take back what one settled last: the one the form names, so that sending it twice undoes once."""
    study = membership.study
    last = selected.last_settled(study, request.user)
    if last is None or last.pk != key_of(request.POST.get("adjudication", "")):
        text = _(
            "That is not what you settled last any more, so nothing was undone: look at the last one again."
        )
        return _screen(request, membership, notice=Notice(text), status=409)
    try:
        service.undo(study=study, user=request.user)
    except Conflict as error:
        return _screen(request, membership, notice=Notice(str(error)), status=409)
    text = _("Undone: the record is before you again.")
    if request.htmx:
        return _screen(request, membership, notice=Notice(text, "success"))
    messages.success(request, text)
    return redirect("adjudication", study.slug)


@member_view("POST", what=SETTLE, open_to_blinded=True)
def renew(request: PageRequest, membership: Membership) -> HttpResponse:
    """Keep the record on the screen for another while; says so when it is lost."""
    _require(membership)
    study = membership.study
    service.renew(study=study, user=request.user)
    held = selected.holds(key_of(request.POST.get("adjudication", "")), request.user)
    return study_page(request, membership, "adjudication/lease.html", {"held": held})


@member_view("POST", roles=permissions.SUPERVISE, what=SETTLE)
def open_one(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Put one chosen disputed record before the adjudicator."""
    wanted = selected.adjudication_of(membership.study, request.user, pk)
    try:
        service.open_one(adjudication=wanted, user=request.user)
    except (Conflict, NotAllowed) as error:
        messages.warning(request, str(error))
    return redirect("adjudication", membership.study.slug)


def _require(membership: Membership) -> None:
    """Refuse coders to whom nothing was ever exchanged."""
    if not selected.may_adjudicate(membership):
        raise NotAllowed(_("There is nothing here for you to settle."))


def _sent(
    request: PageRequest, membership: Membership
) -> tuple[EnteredForm, Adjudication | None, HttpResponse]:
    """The checked form with what it is about; where there is none, the answer that says so."""
    _require(membership)
    form = EnteredForm(request.POST)
    if form.is_valid():
        wanted = selected.adjudication_of(membership.study, request.user, form.cleaned_data["adjudication"])
        return form, wanted, HttpResponse()
    name, errors = next(iter(form.errors.items()))
    notice = Notice(str(errors[0]), "error", name)
    if name == "adjudication":
        text = _("The form came incomplete, so nothing was saved. This is the record as it is now.")
        notice = Notice(text, "error")
    return form, None, _again(request, membership, notice, status=422)


def _chosen(wanted: Adjudication, membership: Membership, choice: str) -> tuple[Side, Code | None]:
    """What is meant by a letter, or by ``c`` and a code that was found by the search.

    Raises:
        InvalidInput: when nothing was chosen.
    """
    options = selected.before(wanted, membership.user).options
    for option in options:
        if option.label == choice:
            return option.side, option.code
    code = code_search.code_of(membership.study, choice[1:]) if choice.startswith("c") else None
    if code is None:
        raise InvalidInput(_("Choose a code first: one of those shown, or one found by the search."))
    return Side.OTHER, code


def _settled(made: Adjudication) -> str:
    if made.code is None:
        return _("Cannot be coded. Next record.")
    return _("Settled as %(code)s. Next record.") % {"code": made.code.code}


def _opened_at(wanted: Adjudication, text: str) -> datetime | None:
    try:
        key, _between, moment = _signer.unsign(text).partition(" ")
    except signing.BadSignature:
        return None
    return datetime.fromisoformat(moment) if key == str(wanted.pk) else None


def _on(request: PageRequest, membership: Membership, spoken: str) -> HttpResponse:
    """The next record: for HTMX at once, else by a redirect, so that loading again sends nothing twice."""
    if request.htmx:
        return _screen(request, membership, spoken=spoken)
    return redirect("adjudication", membership.study.slug)


def _again(request: PageRequest, membership: Membership, notice: Notice, *, status: int) -> HttpResponse:
    return _screen(request, membership, notice=notice, entered=Entered.of(request.POST), status=status)


def _screen(
    request: PageRequest,
    membership: Membership,
    *,
    notice: Notice | None = None,
    entered: Entered | None = None,
    picked: str = "",
    query: str = "",
    spoken: str = "",
    status: int = 200,
) -> HttpResponse:
    """The screen, whole or for HTMX the part that changes."""
    _require(membership)
    study, user = membership.study, request.user
    opened = service.open_next(study=study, user=user)
    last = selected.last_settled(study, user)
    context: dict[str, object] = {
        "counts": selected.counts(study, user),
        "last": last,
        "last_reason": _reason(last.cannot_reason) if last and last.cannot_reason else "",
        "notice": notice,
        "spoken": notice.text if notice else spoken,
        "lease_seconds": settings.LEASE_SECONDS,
        "reasons": [(value, _reason(value)) for value in CannotCodeReason.values],
        "pick_at": "adjudication",
    }
    if opened is not None:
        context |= _before(opened, membership, entered or Entered(), picked) | hits(membership, query)
    elif entered is not None:
        context["lost_note"] = entered.note or entered.question
    template = "adjudication/screen.html" if request.htmx else "adjudication/show.html"
    response = study_page(request, membership, template, context, status=status)
    add_never_cache_headers(response)
    return response


def _reason(value: str) -> str:
    """Why a record cannot be coded: there is no note on this screen that "Other (see note)" could mean."""
    if value == CannotCodeReason.OTHER:
        return pgettext("why a record cannot be coded", "Other")
    return str(CannotCodeReason(value).label)


def _before(opened: Adjudication, membership: Membership, entered: Entered, picked: str) -> dict[str, object]:
    disputed = selected.before(opened, membership.user)
    lost_note, moved = "", entered.adjudication not in {0, opened.pk}
    if moved or not entered.adjudication:
        lost_note, entered = (entered.note or entered.question).strip(), Entered()
        undone = selected.taken_back(opened, membership.user)
        if undone is not None:
            entered = Entered.as_settled(undone, disputed.options)
    options = [
        OptionRow(
            choice=one.label,
            code=one.code,
            reason=_reason(one.cannot_reason) if one.cannot_reason else "",
            label=text_of(one.code) if one.code else None,
            above=tuple(lineage(one.code)[:-1]) if one.code else (),
        )
        for one in disputed.options
    ]
    choice, extra = f"c{picked}" if picked else entered.choice, None
    if choice.startswith("c"):
        same = next((row for row in options if row.code and row.code.code == choice[1:]), None)
        code = None if same else code_search.code_of(membership.study, choice[1:])
        if code is not None and code.codable:
            extra = found(code)
        choice = same.choice if same else choice
    token = entered.opened if _opened_at(opened, entered.opened) else ""
    return {
        "disputed": disputed,
        "record": disputed.record,
        "literals": disputed.literals,
        "options": options,
        "extra": extra,
        "entered": replace(entered, choice=choice),
        "lost_note": lost_note,
        "moved": moved,
        "opened": token or _signer.sign(f"{opened.pk} {timezone.now().isoformat()}"),
    }


__all__ = ["cannot_code", "open_one", "renew", "send_back", "settle", "show", "undo"]

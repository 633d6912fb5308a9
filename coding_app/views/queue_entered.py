"""What a coder enters on the screen of the queue, and what it means."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.core import signing
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coding_app.choices import CannotCodeReason
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.keys import key_of
from coding_app.models import Code, Decision, Membership, Record, Suggestion
from coding_app.selectors import code_search
from coding_app.selectors.code_book import code_book
from coding_app.services import review

_LARGEST = 2**31 - 1
_signer = signing.Signer(salt="coding_app.queue.opened")


class NoteField(forms.CharField):
    """A text whose lines end as its length was counted in the browser."""

    def to_python(self, value: object) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class EnteredForm(forms.Form):
    """What a decision says of the record on the screen; the service checks what it means."""

    record = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    version = forms.IntegerField(min_value=0, max_value=_LARGEST)
    place = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    opened = forms.CharField(required=False, max_length=200)
    choice = forms.CharField(required=False, max_length=100)
    reason = forms.ChoiceField(required=False, choices=CannotCodeReason.choices)
    flag = forms.CharField(required=False, strip=False)
    note = NoteField(
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
class Entered:
    """What somebody had put into the screen, kept when their record comes before them again."""

    record: int = 0
    choice: str = ""
    reason: str = ""
    note: str = ""
    opened: str = ""
    flag: str = ""

    @classmethod
    def of(cls, sent: QueryDict) -> "Entered":
        """What a form said, whatever it said."""
        return cls(
            record=key_of(sent.get("record", "")),
            choice=sent.get("choice", ""),
            reason=sent.get("reason", ""),
            note=sent.get("note", ""),
            opened=sent.get("opened", ""),
            flag=sent.get("flag", ""),
        )

    @classmethod
    def as_decided(cls, undone: Decision, suggestions: list[Suggestion]) -> "Entered":
        """What the coder had chosen and noted before they took it back."""
        choice = f"c{undone.code.code}" if undone.code else ""
        if undone.suggestion_id in {one.pk for one in suggestions}:
            choice = f"s{undone.suggestion_id}"
        return cls(choice=choice, reason=undone.reason, note=undone.note)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be said at the top of the screen; ``field`` names what on it is at fault."""

    text: str
    level: str = "warning"
    field: str = ""


def record_entered(membership: Membership, key: int) -> Record:
    """The record that a form is about, without what only its page needs.

    Raises:
        Http404: when the study has none with this key.
    """
    record = Record.objects.filter(study=membership.study, pk=key).defer("values").first()
    if record is None:
        raise Http404(_("There is no such record in this study."))
    record.study = membership.study
    return record


def chosen(record: Record, choice: str, *, blinded: bool) -> tuple[Code, Suggestion | None]:
    """The code that is meant: ``s`` and a suggestion's key, or ``c`` and a code.

    Raises:
        InvalidInput: when nothing was chosen.
        Conflict: when the suggestion is none of the record's any more.
    """
    kind, value = choice[:1], choice[1:]
    if kind == "s" and record.suggestion_set_id is not None and not blinded:
        suggestions = Suggestion.objects.filter(suggestion_set=record.suggestion_set_id, pk=key_of(value))
        suggestion = suggestions.first()
        if suggestion is None:
            raise Conflict(_(review.STALE))
        suggestion.code = code_book(record.study.classification).by_key[suggestion.code_id]
        return suggestion.code, suggestion
    code = code_search.code_of(record.study, value) if kind == "c" else None
    if code is None:
        raise InvalidInput(_("Choose a code first: one of the candidates, or one found by the search."))
    return code, None


def opened_at(record: Record, text: str) -> datetime | None:
    """When the record was put before the coder; ``None`` when the form does not say so in our own hand."""
    try:
        key, _between, moment = _signer.unsign(text).partition(" ")
    except signing.BadSignature:
        return None
    return datetime.fromisoformat(moment) if key == str(record.pk) else None


def opened_token(record: Record, before: str) -> str:
    """Says in our own hand that the record is put before the coder now, or was ``before``."""
    if before and opened_at(record, before):
        return before
    return _signer.sign(f"{record.pk} {timezone.now().isoformat()}")

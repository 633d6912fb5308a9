"""Questions that coders ask a supervisor about a record, and the answers."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding_app.choices import Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Flag, Record
from coding_app.services import events

MAX_TEXT = 2000


def raise_flag(*, record: Record, user: User, note: str) -> Flag:
    """Ask a supervisor about a record. The record itself stays where it is.

    Raises:
        InvalidInput: when the note is blank or too long.
        Conflict: when a flag of this coder at this record waits for its answer already.
    """
    note = _text(note, _("Say in the note what the supervisor should look at."))
    try:
        with transaction.atomic():
            flag = Flag.objects.create(record=record, raised_by=user, note=note, raised_at=timezone.now())
            _tell(Verb.RECORD_FLAGGED, flag, user)
    except IntegrityError as error:
        if not Flag.objects.filter(record=record, raised_by=user, answered_at=None).exists():
            raise
        raise Conflict(_("Your flag at this record waits for its answer already.")) from error
    return flag


@transaction.atomic
def answer(*, flag: Flag, user: User, text: str) -> Flag:
    """Answer a flag; whoever raised it sees the answer at the record.

    Raises:
        InvalidInput: when the answer is blank or too long.
        Conflict: when somebody answered it meanwhile.
    """
    text = _text(text, _("Write an answer."))
    waiting = Flag.objects.filter(pk=flag.pk, answered_at=None)
    if not waiting.update(answer=text, answered_by=user, answered_at=timezone.now()):
        raise Conflict(_("Somebody answered this flag meanwhile: here is what they said."))
    _tell(Verb.FLAG_ANSWERED, flag, user)
    flag.refresh_from_db()
    return flag


def _text(text: str, missing: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput(missing)
    if len(text) > MAX_TEXT:
        raise InvalidInput(
            _("The text has %(show_value)d characters; %(limit_value)d are the most.")
            % {"show_value": len(text), "limit_value": MAX_TEXT}
        )
    if "\0" in text:
        raise InvalidInput(_("The text has a NUL character in it: take it out."))
    return text


def _tell(verb: Verb, flag: Flag, user: User) -> None:
    record = Record.objects.select_related("study", "final_code").get(pk=flag.record_id)
    events.write(
        study=record.study,
        verb=verb,
        actor=user,
        record=record,
        before=record.status,
        after=record.status,
        data={
            "flag": flag.pk,
            "code": record.final_code.code if record.final_code else None,
            "route": record.route,
        },
    )

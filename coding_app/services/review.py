"""The queue at work: open a record, decide it, or undo the last decision."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from coding_app.choices import CannotCodeReason, DecisionKind, QueueOrder, QueueState
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Decision, QueueItem, Record, Study, Suggestion
from coding_app.selectors import queue
from coding_app.services import deciding, leasing, serving, taking_back
from coding_app.services.settling import Gesture

STALE = deciding.STALE
MAX_NOTE = 2000


@transaction.atomic
def open_next(
    *, study: Study, user: User, order: QueueOrder = QueueOrder.ARRIVAL, only: Q | None = None
) -> QueueItem | None:
    """The record this coder holds, or else the next free one, leased to them; ``None`` when none is free.

    Records of rounds come before the study's own queue.

    Args:
        order: of the study's own queue.
        only: a condition on places (``record__...``) that the study's own queue is narrowed to.
    """
    leasing.one_at_a_time(study, user)
    place = serving.next_place(study, user, order=order, only=only)
    if place is not None:
        place.study = study
    return place


@transaction.atomic
def open_record(*, record: Record, user: User) -> QueueItem:
    """Lease one chosen record of the queue.

    Raises:
        Conflict: when it is not in the queue, or another coder has it.
    """
    places = serving.allowed(QueueItem.objects.filter(record=record), record.study, user)
    if not places.exists():
        raise Conflict(_("This record is not in the queue."))
    place = deciding.place_of(record, user, None)
    taken = QueueItem.objects.filter(pk=place.pk, state=QueueState.OPEN).filter(leasing.free_for(user))
    if not taken.update(holder=user, leased_until=leasing.until()):
        raise Conflict(_(deciding.TAKEN))
    # One record a coder: what they held before is free for others again.
    held = QueueItem.objects.filter(study=record.study_id, holder=user, state=QueueState.OPEN)
    held.exclude(pk=place.pk).update(holder=None, leased_until=None)
    place.refresh_from_db()
    return place


def release(*, study: Study, user: User) -> None:
    """Give back what the coder holds, undecided."""
    QueueItem.objects.filter(study=study, holder=user, state=QueueState.OPEN).update(
        holder=None, leased_until=None
    )


def renew(*, study: Study, user: User) -> bool:
    """Keep what the coder holds for another while; whether they still hold anything."""
    held = QueueItem.objects.filter(study=study, holder=user, state=QueueState.OPEN)
    return bool(held.update(leased_until=leasing.until()))


def decide(
    *,
    record: Record,
    user: User,
    code: Code,
    seen_version: int,
    suggestion: Suggestion | None = None,
    note: str = "",
    opened_at: datetime | None = None,
    place: int | None = None,
) -> Decision:
    """Say what a record is: its final code in the study's own queue, one coder's code within a round.

    Args:
        seen_version: the version of the record that was on the coder's screen.
        suggestion: the candidate that was picked; ``None`` when the code was found by search.
        place: the key of the place on the coder's screen; see :func:`services.deciding.place_of`.

    Raises:
        InvalidInput: when the code is of another classification, or not one that records may have.
        Conflict: when the record changed meanwhile, or another coder has it.
    """
    require_choice(record, code, suggestion)
    made = Decision(
        kind=DecisionKind.CODE, code=code, suggestion=suggestion, note=clean_note(note), opened_at=opened_at
    )
    return _write(made, record, user, seen_version, place)


def cannot_code(
    *,
    record: Record,
    user: User,
    reason: CannotCodeReason,
    seen_version: int,
    note: str = "",
    opened_at: datetime | None = None,
    place: int | None = None,
) -> Decision:
    """Say why a record cannot be coded.

    Raises:
        InvalidInput: when the reason is 'other' and no note says which.
        Conflict: when the record changed meanwhile, or another coder has it.
    """
    if reason == CannotCodeReason.OTHER and not note.strip():
        raise InvalidInput(_("Say in the note why the record cannot be coded."))
    made = Decision(kind=DecisionKind.CANNOT_CODE, reason=reason, note=clean_note(note), opened_at=opened_at)
    return _write(made, record, user, seen_version, place)


@transaction.atomic
def _write(decision: Decision, record: Record, user: User, seen_version: int, place: int | None) -> Decision:
    return deciding.write(
        decision,
        record=record,
        place=deciding.place_of(record, user, place),
        user=user,
        seen_version=seen_version,
        gesture=Gesture(user),
    )


def require_choice(record: Record, code: Code, suggestion: Suggestion | None) -> None:
    """Make sure that the record may have the code, and had the suggestion.

    Raises:
        InvalidInput: when the code is of another classification, or not one that records may have.
        Conflict: when the suggestion is another answer's, or of another code.
    """
    if code.classification_id != record.study.classification_id or not code.codable:
        raise InvalidInput(
            _("%(code)s is no code that records of this study may have.") % {"code": code.code}
        )
    if suggestion is not None and (
        suggestion.suggestion_set_id != record.suggestion_set_id or suggestion.code_id != code.pk
    ):
        raise Conflict(_(STALE))


def clean_note(note: str) -> str:
    """A note without blanks around it.

    Raises:
        InvalidInput: when it is too long, or cannot be kept.
    """
    note = note.strip()
    if len(note) > MAX_NOTE:
        raise InvalidInput(
            _("The note has %(show_value)d characters; %(limit_value)d are the most.")
            % {"show_value": len(note), "limit_value": MAX_NOTE}
        )
    if "\0" in note:
        raise InvalidInput(_("The note has a NUL character in it: take it out."))
    return note


@transaction.atomic
def undo(*, study: Study, user: User) -> QueueItem:
    """Take back this coder's latest standing decision in the study; the record is theirs to decide again.

    What was decided together with others of the same text is taken back together.

    Raises:
        Conflict: when there is none, or the record went another way meanwhile.
    """
    latest = queue.last_decision(study, user)
    if latest is None:
        raise Conflict(_("There is no decision of yours to undo."))
    release(study=study, user=user)
    if latest.round_record_id is not None:
        return taking_back.in_a_round(study, user, latest, latest.round_record_id)
    return taking_back.in_the_queue(study, user, latest)

"""The queue at work: open a record, decide it, or undo the last decision."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app.choices import (
    CannotCodeReason,
    DecisionKind,
    QueueState,
    RecordStatus,
    Route,
    Verb,
)
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Decision, QueueItem, Record, Study, Suggestion
from coding_app.services import events

STALE = gettext_noop("The record changed since you opened it: here it is as it is now.")
MAX_NOTE = 2000


def open_next(*, study: Study, user: User) -> QueueItem | None:
    """The record this coder holds, or else the next free one, leased to them; ``None`` when none is free.

    Taken by compare-and-set, which is right on SQLite and PostgreSQL alike: two coders never hold one record.
    """
    while True:
        now = timezone.now()
        until = now + timedelta(seconds=settings.LEASE_SECONDS)
        waiting = QueueItem.objects.filter(study=study, state=QueueState.OPEN)
        mine = waiting.filter(holder=user, leased_until__gt=now)
        free = Q(holder__isnull=True) | Q(leased_until__lte=now)
        item = mine.order_by("record_id").first() or waiting.filter(free).order_by("record_id").first()
        if item is None:
            return None
        same = waiting.filter(pk=item.pk).filter(free | Q(holder=user))
        if same.update(holder=user, leased_until=until):
            item.refresh_from_db()
            return item


def open_record(*, record: Record, user: User) -> QueueItem:
    """Lease one chosen record of the queue.

    Raises:
        Conflict: when it is not in the queue, or another coder has it.
    """
    now = timezone.now()
    free = Q(holder__isnull=True) | Q(leased_until__lte=now) | Q(holder=user)
    place = QueueItem.objects.filter(record=record, state=QueueState.OPEN)
    if not place.filter(free).update(
        holder=user, leased_until=now + timedelta(seconds=settings.LEASE_SECONDS)
    ):
        if place.exists():
            raise Conflict(_("Another coder has this record open."))
        raise Conflict(_("This record is not in the queue."))
    # One record a coder: what they held before is free for others again.
    QueueItem.objects.filter(study=record.study_id, holder=user, state=QueueState.OPEN).exclude(
        record=record
    ).update(holder=None, leased_until=None)
    return place.get()


def release(*, study: Study, user: User) -> None:
    """Give back what the coder holds, undecided."""
    QueueItem.objects.filter(study=study, holder=user, state=QueueState.OPEN).update(
        holder=None, leased_until=None
    )


def renew(*, study: Study, user: User) -> bool:
    """Keep what the coder holds for another while; whether they still hold anything."""
    held = QueueItem.objects.filter(study=study, holder=user, state=QueueState.OPEN)
    until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
    return bool(held.update(leased_until=until))


def decide(
    *,
    record: Record,
    user: User,
    code: Code,
    seen_version: int,
    suggestion: Suggestion | None = None,
    note: str = "",
    opened_at: datetime | None = None,
) -> Decision:
    """Give a waiting record its final code.

    Args:
        seen_version: the version of the record that was on the coder's screen.
        suggestion: the candidate that was picked; ``None`` when the code was found by search.

    Raises:
        InvalidInput: when the code is of another classification, or not one that records may have.
        Conflict: when the record changed meanwhile, or another coder has it.
    """
    if code.classification_id != record.study.classification_id or not code.codable:
        raise InvalidInput(
            _("%(code)s is no code that records of this study may have.") % {"code": code.code}
        )
    if suggestion is not None and (
        suggestion.suggestion_set_id != record.suggestion_set_id or suggestion.code_id != code.pk
    ):
        raise Conflict(_(STALE))
    return _settle(
        record,
        user,
        seen_version,
        Decision(
            kind=DecisionKind.CODE, code=code, suggestion=suggestion, note=_note(note), opened_at=opened_at
        ),
        status=RecordStatus.DECIDED,
    )


def cannot_code(
    *,
    record: Record,
    user: User,
    reason: CannotCodeReason,
    seen_version: int,
    note: str = "",
    opened_at: datetime | None = None,
) -> Decision:
    """Say why a waiting record cannot be coded.

    Raises:
        InvalidInput: when the reason is 'other' and no note says which.
        Conflict: when the record changed meanwhile, or another coder has it.
    """
    if reason == CannotCodeReason.OTHER and not note.strip():
        raise InvalidInput(_("Say in the note why the record cannot be coded."))
    return _settle(
        record,
        user,
        seen_version,
        Decision(kind=DecisionKind.CANNOT_CODE, reason=reason, note=_note(note), opened_at=opened_at),
        status=RecordStatus.CANNOT_CODE,
    )


def _note(note: str) -> str:
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
def _settle(
    record: Record, user: User, seen_version: int, decision: Decision, *, status: RecordStatus
) -> Decision:
    now = timezone.now()
    free = Q(holder=user) | Q(holder__isnull=True) | Q(leased_until__lte=now)
    place = QueueItem.objects.filter(record=record, state=QueueState.OPEN)
    if not place.filter(free).update(state=QueueState.DONE, holder=user, leased_until=None):
        raise Conflict(_("Another coder has this record open.") if place.exists() else _(STALE))
    changed = Record.objects.filter(pk=record.pk, version=seen_version, status=RecordStatus.WAITING).update(
        status=status,
        final_code=decision.code,
        route=Route.PERSON,
        decided_by=user,
        decided_at=now,
        version=F("version") + 1,
    )
    if not changed:
        raise Conflict(_(STALE))
    decision.record = record
    decision.coder = user
    decision.record_version = seen_version
    decision.decided_at = now
    decision.save()
    events.write(
        study=record.study,
        verb=Verb.RECORD_DECIDED,
        actor=user,
        record=record,
        before=RecordStatus.WAITING,
        after=status,
        data={
            "decision": decision.pk,
            "code": decision.code.code if decision.code else None,
            "reason": decision.reason,
        },
    )
    record.refresh_from_db()
    return decision


@transaction.atomic
def undo(*, study: Study, user: User) -> QueueItem:
    """Take back this coder's latest standing decision in the study; the record is theirs to decide again.

    Raises:
        Conflict: when there is none, or the record went another way meanwhile.
    """
    latest = (
        Decision.objects.filter(record__study=study, coder=user, undone_at__isnull=True)
        .select_related("record")
        .order_by("-decided_at", "-pk")
        .first()
    )
    if latest is None:
        raise Conflict(_("There is no decision of yours to undo."))
    now = timezone.now()
    before = latest.record.status
    changed = Record.objects.filter(
        pk=latest.record_id,
        version=latest.record_version + 1,
        status__in=[RecordStatus.DECIDED, RecordStatus.CANNOT_CODE],
    ).update(
        status=RecordStatus.WAITING,
        final_code=None,
        route="",
        decided_by=None,
        decided_at=None,
        version=F("version") + 1,
    )
    if not changed or not Decision.objects.filter(pk=latest.pk, undone_at__isnull=True).update(undone_at=now):
        raise Conflict(_("The record changed since your decision; it can no longer be undone."))
    release(study=study, user=user)
    place = QueueItem.objects.create(
        study=study,
        record=latest.record,
        holder=user,
        leased_until=now + timedelta(seconds=settings.LEASE_SECONDS),
    )
    events.write(
        study=study,
        verb=Verb.DECISION_UNDONE,
        actor=user,
        record=latest.record,
        before=before,
        after=RecordStatus.WAITING,
        data={"decision": latest.pk},
    )
    return place

"""How a decision is written: in the study's own queue it changes the record, in a round the round weighs it.

Locks are taken in the same order everywhere: the round record, the record, its place.
"""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app.choices import QueueState, RecordStatus, RoundRecordState, RoundState, Route, Verb
from coding_app.exceptions import Conflict
from coding_app.models import Decision, Event, QueueItem, Record
from coding_app.services import events, leasing, serving, settling
from coding_app.services.settling import Gesture

STALE = gettext_noop("The record changed since you opened it: here it is as it is now.")
TAKEN = gettext_noop("Another coder has this record open.")


def place_of(record: Record, user: User, wanted: int | None) -> QueueItem:
    """The place that a decision on the record is for.

    Args:
        wanted: the key of the place on the coder's screen. Without it: the place of the record that they
            hold, else the one that a round gave them, else that of the study's own queue.

    Raises:
        Conflict: when there is none any more, or another coder has it.
    """
    places = QueueItem.objects.filter(record=record)
    if wanted is not None:
        places = places.filter(pk=wanted)
    found = serving.free(places, record.study, user)
    if not found:
        taken = serving.allowed(places, record.study, user).exists()
        raise Conflict(_(TAKEN) if taken else _(STALE))
    return min(found, key=lambda one: (one.holder_id != user.pk, one.assigned_id != user.pk, one.pk))


def write(
    decision: Decision, *, record: Record, place: QueueItem, user: User, seen_version: int, gesture: Gesture
) -> Decision:
    """Write a decision on a place of the user's.

    Raises:
        Conflict: when the record changed since it had that version, or another coder has the place by now.
    """
    decision.record = record
    decision.coder = user
    decision.record_version = seen_version
    decision.decided_at = gesture.at
    if place.round_record_id is None:
        _in_the_queue(decision, place, gesture)
    else:
        _in_a_round(decision, place, place.round_record_id, gesture)
        record.refresh_from_db()
    return decision


def status_of(decision: Decision) -> RecordStatus:
    """Where a decision puts a record."""
    return RecordStatus.DECIDED if decision.code_id else RecordStatus.CANNOT_CODE


def told(decision: Decision, gesture: Gesture) -> Event:
    """The event of a decision in the study's own queue."""
    code = decision.code.code if decision.code else None
    return events.make(
        study=decision.record.study,
        verb=Verb.RECORD_DECIDED,
        gesture=gesture.key,
        actor=decision.coder,
        record=decision.record,
        before=RecordStatus.WAITING,
        after=status_of(decision),
        data={
            "decision": decision.pk,
            "code": code,
            "route": Route.PERSON,
            "version": decision.record_version + 1,
            "reason": decision.reason,
        },
    )


def _in_the_queue(decision: Decision, place: QueueItem, gesture: Gesture) -> None:
    waiting = Record.objects.filter(
        pk=decision.record_id, version=decision.record_version, status=RecordStatus.WAITING
    )
    changed = {
        "status": status_of(decision),
        "final_code": decision.code,
        "route": Route.PERSON,
        "decided_by": decision.coder,
        "decided_at": gesture.at,
        "version": decision.record_version + 1,
    }
    if not waiting.update(**changed):
        raise Conflict(_(STALE))
    for name, value in changed.items():
        setattr(decision.record, name, value)
    _leave(place, decision.coder)
    decision.save()
    events.write_all([told(decision, gesture)])


def _in_a_round(decision: Decision, place: QueueItem, key: int, gesture: Gesture) -> None:
    """The record stays as it is until its coders have all decided.

    Its event has the record's status before and after, which are the same, and neither code nor route: coders
    read their own events, and those of the machine are not for them.
    """
    within = settling.locked(key)
    if (within.state, within.round.state) != (RoundRecordState.CODING, RoundState.CODING):
        raise Conflict(_(STALE))
    locked = Record.objects.select_for_update(of=("self",)).get(pk=decision.record_id)
    seen = within.round.blinded and decision.suggestion is not None
    if locked.version != decision.record_version or seen:
        raise Conflict(_(STALE))
    _leave(place, decision.coder)
    decision.round_record = within
    decision.blinded = within.round.blinded
    decision.save()
    said = {
        "decision": decision.pk,
        "round": within.round.number,
        "said": decision.code.code if decision.code else None,
        "reason": decision.reason,
    }
    made = events.make(
        study=decision.record.study,
        verb=Verb.RECORD_DECIDED,
        gesture=gesture.key,
        actor=decision.coder,
        record=locked,
        before=locked.status,
        after=locked.status,
        data=said,
    )
    events.write_all([made])
    settling.weigh(within, gesture)


def _leave(place: QueueItem, user: User) -> None:
    """The place is done, by compare-and-set; it keeps who had it."""
    still = QueueItem.objects.filter(pk=place.pk, state=QueueState.OPEN)
    if not still.filter(leasing.free_for(user)).update(state=QueueState.DONE, holder=user, leased_until=None):
        raise Conflict(_(TAKEN) if still.exists() else _(STALE))

"""Putting settled records before people again, and taking records out of a study and back: never for good.

Each gesture is one transaction over at most ``MOST`` records, in the order of import; what is left needs
another. Every record has its event, which holds what it takes to bring the record back to where it stood.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from coding_app.choices import RecordStatus, Rule, Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Decision, Event, Record, Routing, Study
from coding_app.selectors import reopening as selected
from coding_app.selectors.populations import held_keys
from coding_app.selectors.reopening import Chosen
from coding_app.services import events, placing

MOST: Final = 10_000
MAX_WHY: Final = 500
_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class Done:
    """What a gesture did: ``left`` records were meant too, and are as they were."""

    gesture: uuid.UUID
    records: int
    left: int


def reopen(*, study: Study, wanted: Chosen, user: User, why: str = "") -> Done:
    """Send settled records to a person: they wait in the queue, and the decisions on them are taken back.

    They are for people until a person decides them: neither a run nor a routing accepts them again. Records
    in open rounds are left alone. What was said within rounds that have ended stays: it is evidence.

    Raises:
        InvalidInput: when there is nothing to reopen, or ``why`` is too long.
    """
    return _gesture(study, selected.reopenable(study, wanted), user, Verb.RECORD_REOPENED, why, _reopened)


def remove(*, study: Study, wanted: Chosen, user: User, why: str = "") -> Done:
    """Take records out of the study: no list, queue, run, round or export has them until they are restored.

    Raises:
        InvalidInput: when there is nothing to remove, or ``why`` is too long.
    """
    return _gesture(study, selected.removable(study, wanted), user, Verb.RECORD_REMOVED, why, _removed)


def _gesture(
    study: Study,
    found: QuerySet[Record],
    user: User,
    verb: Verb,
    why: str,
    change: Callable[[Record], None],
) -> Done:
    why = why.strip()
    if len(why) > MAX_WHY or "\0" in why:
        raise InvalidInput(_("Say in at most %(most)s characters why.") % {"most": MAX_WHY})
    gesture = uuid.uuid4()
    done, after = 0, 0
    with transaction.atomic():
        while done < MOST:
            # Locked first and looked at then: a draw or a decision may have come between.
            waiting = found.filter(pk__gt=after).select_for_update(of=("self",))
            chunk = list(
                waiting.select_related("final_code", "decided_by", "routing")[: min(_CHUNK, MOST - done)]
            )
            if not chunk:
                break
            after = chunk[-1].pk
            held = held_keys(record.pk for record in chunk)
            free = [record for record in chunk if record.pk not in held]
            _write(study, free, user, verb, gesture, why, change)
            done += len(free)
        if not done:
            raise InvalidInput(
                _("There is nothing to change: no such record, or it is in an open round, or done already.")
            )
    return Done(gesture, done, found.count())


def _write(
    study: Study,
    records: list[Record],
    user: User,
    verb: Verb,
    gesture: uuid.UUID,
    why: str,
    change: Callable[[Record], None],
) -> None:
    standing = dict(
        Decision.objects.filter(record__in=records, round_record=None, undone_at=None).values_list(
            "record_id", "pk"
        )
    )
    journal = []
    for record in records:
        before, stood, ruled = record.status, _stand(record), (record.rule, record.routing)
        change(record)
        record.version += 1
        data = {"from": stood, "decision": standing.get(record.pk), "why": why, **_ruled(ruled, record)}
        journal.append(_event(study, record, verb, gesture, user, before, data))
    if verb == Verb.RECORD_REOPENED:
        Decision.objects.filter(pk__in=standing.values()).update(undone_at=timezone.now())
    placing.write(records)
    events.write_all(journal)


def _event(
    study: Study,
    record: Record,
    verb: Verb,
    gesture: uuid.UUID,
    user: User,
    before: str,
    data: dict[str, Any],
) -> Event:
    return events.make(
        study=study,
        verb=verb,
        gesture=gesture,
        actor=user,
        record=record,
        before=before,
        after=record.status,
        data={
            "code": record.final_code.code if record.final_code else None,
            "route": record.route,
            "version": record.version,
            **data,
        },
    )


def _stand(record: Record) -> dict[str, Any]:
    """Where a record stands, as an event keeps it."""
    return {
        "status": record.status,
        "code": record.final_code.code if record.final_code else None,
        "route": record.route,
        "decided_by": record.decided_by_id,
        "decided_at": record.decided_at.isoformat() if record.decided_at else None,
    }


def _ruled(before: tuple[str, Routing | None], record: Record) -> dict[str, Any]:
    """Which rule a record had, where it has another now. Coders are not told what these names hold."""
    rule, routing = before
    if rule == record.rule:
        return {}
    numbers = [one.number if one else None for one in (routing, record.routing)]
    return {
        "rule": {"from": rule, "to": record.rule},
        "routing": dict(zip(("from", "to"), numbers, strict=True)),
    }


def _reopened(record: Record) -> None:
    _settle(record, RecordStatus.WAITING)
    record.rule, record.routing = Rule.REOPENED, None


def _removed(record: Record) -> None:
    _settle(record, RecordStatus.REMOVED)


def _settle(
    record: Record,
    status: RecordStatus,
    code: Code | None = None,
    route: str = "",
    decided_by: int | None = None,
    decided_at: datetime | None = None,
) -> None:
    record.status, record.final_code, record.route = status, code, route
    record.decided_by_id, record.decided_at = decided_by, decided_at


def restore(*, study: Study, record: Record, user: User) -> Done:
    """Bring one removed record back to where it stood.

    Raises:
        Conflict: when it is not removed (any more).
    """
    latest = (
        Event.objects.filter(record=record, study=study, verb=Verb.RECORD_REMOVED).order_by("-pk").first()
    )
    done = _bring_back(study, [latest] if latest else [], user)
    if not done.records:
        raise Conflict(_("This record is not removed."))
    return done


def take_back(*, study: Study, gesture: uuid.UUID, user: User) -> Done:
    """Undo a whole reopening or removal; records that went another way meanwhile are left as they are.

    Raises:
        Conflict: when there is no such gesture, or none of its records is as it left them.
    """
    made = selected.made(study).filter(gesture=gesture)
    done = _bring_back(study, list(made.order_by("record_id")), user)
    if not done.records:
        raise Conflict(_("There is nothing to take back: the records went another way meanwhile."))
    return done


@transaction.atomic
def _bring_back(study: Study, made: list[Event], user: User) -> Done:
    gesture = uuid.uuid4()
    done = 0
    for start in range(0, len(made), _CHUNK):
        done += _restore(study, made[start : start + _CHUNK], gesture, user)
    return Done(gesture, done, len(made) - done)


def _restore(study: Study, made: Iterable[Event], gesture: uuid.UUID, user: User) -> int:
    """Records that nobody touched since, by their version, are what they were; how many."""
    left = {event.record_id: event for event in made if event.record_id is not None}
    found = Record.objects.filter(pk__in=left, study=study).select_related("routing").order_by("pk")
    locked = found.select_for_update(of=("self",))
    # A record in an open round is the round's, whatever its version says.
    held = held_keys(left)
    same = [
        record
        for record in locked
        if record.version == left[record.pk].data["version"] and record.pk not in held
    ]
    codes = _codes(study, (left[record.pk].data["from"]["code"] for record in same))
    routings = {one.number: one for one in Routing.objects.filter(study=study)}
    journal, decisions = [], []
    for record in same:
        event, before = left[record.pk], record.status
        stood = event.data["from"]
        _settle(
            record,
            RecordStatus(stood["status"]),
            codes.get(stood["code"]),
            stood["route"],
            stood["decided_by"],
            parse_datetime(stood["decided_at"]) if stood["decided_at"] else None,
        )
        ruled = record.rule, record.routing
        if "rule" in event.data:
            record.rule = event.data["rule"]["from"]
            record.routing = routings.get(event.data["routing"]["from"])
        record.version += 1
        if event.verb == Verb.RECORD_REOPENED and event.data["decision"]:
            decisions.append(event.data["decision"])
        data = {"gesture": str(event.gesture), "decision": event.data["decision"], **_ruled(ruled, record)}
        journal.append(_event(study, record, Verb.RECORD_RESTORED, gesture, user, before, data))
    Decision.objects.filter(pk__in=decisions).update(undone_at=None)
    placing.write(same)
    events.write_all(journal)
    return len(same)


def _codes(study: Study, codes: Iterable[str | None]) -> dict[str | None, Code]:
    found = Code.objects.filter(
        classification=study.classification_id, code__in={code for code in codes if code}
    )
    return {code.code: code for code in found}

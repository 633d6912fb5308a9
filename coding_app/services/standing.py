"""Records moved from where they stand, and brought back to it: locked ones, some at a time.

Each has its event, which holds what it takes to bring it back. Call these within a transaction.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from coding_app.choices import RecordStatus, Rule, Verb
from coding_app.models import Code, Decision, Event, Record, Routing, Study
from coding_app.selectors.populations import held_keys
from coding_app.services import events, placing


def locked(found: QuerySet[Record], *, after: int, most: int) -> tuple[list[Record], int | None]:
    """The next of these records by key, locked and in no open round, and the last key looked at.

    ``None`` where there are no more. Locked first and looked at then: a draw or a decision may have come
    between.
    """
    waiting = found.filter(pk__gt=after).select_related("final_code", "decided_by", "routing")
    chunk = list(waiting.order_by("pk").select_for_update(of=("self",))[:most])
    if not chunk:
        return [], None
    held = held_keys(record.pk for record in chunk)
    return [record for record in chunk if record.pk not in held], chunk[-1].pk


def move(
    study: Study, records: Sequence[Record], verb: Verb, *, gesture: uuid.UUID, user: User | None, why: str
) -> None:
    """Reopen or remove records, as ``verb`` says."""
    change = _CHANGES[verb]
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
    user: User | None,
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


_CHANGES: Final[dict[Verb, Callable[[Record], None]]] = {
    Verb.RECORD_REOPENED: _reopened,
    Verb.RECORD_REMOVED: _removed,
}


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


def bring_back(study: Study, made: Iterable[Event], *, gesture: uuid.UUID, user: User | None) -> int:
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

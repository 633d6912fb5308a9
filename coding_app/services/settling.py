"""What becomes of the records of a round: their coders agree, or an adjudicator is asked; and the ways back.

Whoever calls these is within a transaction and holds the locks of the round records; those of the records
are taken here, always after. Every change of a record goes together with its event.
"""

import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from coding_app.choices import (
    AdjudicationState,
    QueueState,
    RecordStatus,
    RoundKind,
    RoundRecordState,
    Route,
    Verb,
)
from coding_app.models import (
    Adjudication,
    Code,
    Decision,
    Event,
    QueueItem,
    Record,
    Round,
    RoundRecord,
    Study,
)
from coding_app.models.rounds import OPEN_RECORD_STATES
from coding_app.services import events

_RECORD_FIELDS: Final = ("status", "final_code", "route", "decided_by", "decided_at", "version")


@dataclass(frozen=True, slots=True)
class Gesture:
    """Who does something (``None``: the machine), when, and what groups all its events."""

    user: User | None
    key: uuid.UUID = field(default_factory=uuid.uuid4)
    at: datetime = field(default_factory=timezone.now)


class Stand(NamedTuple):
    """Where a record is to stand."""

    status: RecordStatus
    code: Code | None = None
    route: str = ""
    by: User | None = None
    at: datetime | None = None


class Move(NamedTuple):
    """A record of a round, where it is to stand (``None``: where it is), and what its event says."""

    within: RoundRecord
    to: Stand | None
    data: dict[str, Any]


class Difference(NamedTuple):
    """What an adjudicator is asked: two decisions, or one and the machine's code (``second`` is ``None``).

    ``assigned`` is the one user who may say; else any supervisor or manager who did not code the record.
    """

    within: RoundRecord
    first: Decision
    second: Decision | None = None
    assigned: int | None = None


def locked(key: int) -> RoundRecord:
    """A round record, locked, with its round: whatever changes it or its decisions waits here."""
    found = RoundRecord.objects.select_for_update(of=("self",))
    return found.select_related("round__study", "gold", "machine_code").get(pk=key)


def locked_with_round(key: int) -> RoundRecord:
    """The same with the round itself locked, and first: for what puts a settled record before people again.

    The end of a round goes by its unsettled records: one that became unsettled afterwards would be left.
    """
    Round.objects.select_for_update(of=("self",)).get(records=key)
    return locked(key)


def untouched(within: RoundRecord, record: Record) -> bool:
    """Whether nothing has come over a record, locked, since its round last had to do with it."""
    elsewhere = RoundRecord.objects.filter(record=record, state__in=OPEN_RECORD_STATES).exclude(pk=within.pk)
    if elsewhere.exists():
        return False
    if within.round.kind == RoundKind.GOLD:  # which has nothing to do with where the record stands
        return True
    told = Event.objects.filter(record=record, data__round=within.round.number, data__version__isnull=False)
    return bool(told.latest("pk").data["version"] == record.version)


def standing(within: RoundRecord) -> list[Decision]:
    """What its coders say of it, in the order they said it."""
    found = Decision.objects.filter(round_record=within, undone_at__isnull=True)
    return list(found.select_related("code", "coder").order_by("decided_at", "pk"))


def weigh(within: RoundRecord, gesture: Gesture) -> None:
    """After a decision: settle the record if all its coders have decided.

    An evaluation waits for :func:`services.rounds.go_on`, which weighs all its records at once. The events
    name nobody: to the last coder it must not show that there were others.
    """
    if within.round.kind == RoundKind.EVALUATION:
        return
    if QueueItem.objects.filter(round_record=within, state=QueueState.OPEN).exists():
        return
    made = standing(within)
    silent = Gesture(None, gesture.key, gesture.at)
    if within.round.kind == RoundKind.GOLD:
        _mark([within], RoundRecordState.AGREED, {within.pk: within.gold}, gesture.at)
    elif len({one.code_id for one in made}) == 1:
        agree([(within, made[-1])], silent)
    else:
        first, second = _two_answers(made)
        dispute([Difference(within, first, second)], silent)


def _two_answers(made: Sequence[Decision]) -> list[Decision]:
    """Decisions for the two answers that most coders gave, the earliest of each."""
    answers = [one.code_id for one in made]
    ranked = sorted(dict.fromkeys(answers), key=lambda code: -answers.count(code))
    return [made[answers.index(code)] for code in ranked[:2]]


def agree(agreed: Sequence[tuple[RoundRecord, Decision]], gesture: Gesture) -> None:
    """What the decision says is the result, and becomes final if the round settles."""
    _mark(
        [within for within, _ in agreed],
        RoundRecordState.AGREED,
        {within.pk: decision.code for within, decision in agreed},
        gesture.at,
    )
    _move(
        [
            Move(
                within,
                _final(within, decision.code, Route.PERSON, decision.coder, gesture.at),
                {"result": decision.code.code if decision.code else None},
            )
            for within, decision in agreed
        ],
        Verb.RECORD_AGREED,
        gesture,
    )


def dispute(differences: Sequence[Difference], gesture: Gesture) -> list[Adjudication]:
    """Put records before an adjudicator."""
    _mark([one.within for one in differences], RoundRecordState.DISPUTED)
    made = Adjudication.objects.bulk_create(
        Adjudication(
            study_id=one.within.round.study_id,
            record_id=one.within.record_id,
            round_record=one.within,
            first=one.first,
            second=one.second,
            # Which is shown as A tells nothing, not even to somebody who knows the round's seed.
            swapped=bool(secrets.randbelow(2)),
            assigned_id=one.assigned,
        )
        for one in differences
    )
    _move(
        [_disputed(one.within, adjudication) for one, adjudication in zip(differences, made, strict=True)],
        Verb.RECORD_DISPUTED,
        gesture,
    )
    return made


def adjudicated(within: RoundRecord, adjudication: Adjudication, gesture: Gesture) -> None:
    """An adjudicator has said what the record is."""
    code = adjudication.code
    _mark([within], RoundRecordState.ADJUDICATED, {within.pk: code}, gesture.at)
    data = {
        "adjudication": adjudication.pk,
        "side": adjudication.side,
        "cannot_reason": adjudication.cannot_reason,
        "reason": adjudication.reason,
        "result": code.code if code else None,
    }
    to = _final(within, code, Route.ADJUDICATED, gesture.user, gesture.at)
    _move([Move(within, to, data)], Verb.RECORD_ADJUDICATED, gesture)


def dispute_again(within: RoundRecord, adjudication: Adjudication, gesture: Gesture) -> None:
    """The adjudicator took back what they said."""
    _mark([within], RoundRecordState.DISPUTED)
    _move([_disputed(within, adjudication)], Verb.DECISION_UNDONE, gesture)


def reopen(within: RoundRecord, verb: Verb, gesture: Gesture, **data: Any) -> None:
    """Back to its coders: the record stands where it stood at the draw."""
    _mark([within], RoundRecordState.CODING)
    _move([_back(within, data)], verb, gesture)


def withdraw(records: Sequence[RoundRecord], gesture: Gesture) -> list[Record]:
    """Out of the round without a result; returns the records, which stand where they stood at the draw."""
    _mark(records, RoundRecordState.WITHDRAWN)
    QueueItem.objects.filter(round_record__in=records, state=QueueState.OPEN).update(
        state=QueueState.WITHDRAWN, holder=None, leased_until=None
    )
    Adjudication.objects.filter(round_record__in=records, state=AdjudicationState.OPEN).update(
        state=AdjudicationState.WITHDRAWN, holder=None, leased_until=None
    )
    return _move([_back(one, {}) for one in records], Verb.RECORD_WITHDRAWN, gesture)


def _mark(
    records: Sequence[RoundRecord],
    state: RoundRecordState,
    results: dict[int, Code | None] | None = None,
    settled_at: datetime | None = None,
) -> None:
    for one in records:
        one.state, one.settled_at = state, settled_at
        one.code = results[one.pk] if results else None
    if results:
        RoundRecord.objects.bulk_update(records, ["state", "code", "settled_at"], batch_size=500)
    else:
        same = RoundRecord.objects.filter(pk__in=[one.pk for one in records])
        same.update(state=state, code=None, settled_at=settled_at)


def _final(
    within: RoundRecord, code: Code | None, route: Route, by: User | None, at: datetime
) -> Stand | None:
    if not within.round.settles:
        return None
    return Stand(RecordStatus.DECIDED if code else RecordStatus.CANNOT_CODE, code, route, by, at)


def _disputed(within: RoundRecord, adjudication: Adjudication) -> Move:
    to = Stand(RecordStatus.DISPUTED) if within.round.settles else None
    return Move(within, to, {"adjudication": adjudication.pk})


def _back(within: RoundRecord, data: dict[str, Any]) -> Move:
    if within.round.kind == RoundKind.GOLD:  # which never moved it
        return Move(within, None, data)
    to = Stand(
        RecordStatus(within.status_before),
        within.code_before,
        within.route_before,
        within.decided_by_before,
        within.decided_at_before,
    )
    return Move(within, to, data)


def _move(moves: Iterable[Move], verb: Verb, gesture: Gesture) -> list[Record]:
    """Write where records stand, each with its event; a version grows with every change."""
    wanted = {move.within.record_id: move for move in moves}
    if not wanted:
        return []
    found = Record.objects.select_for_update(of=("self",)).select_related("final_code").order_by("pk")
    records = list(found.filter(pk__in=wanted).defer("values"))
    study = Study.objects.get(pk=records[0].study_id)
    changed: list[Record] = []
    touched: list[Record] = []
    journal = []
    for record in records:
        move = wanted[record.pk]
        before = record.status
        if move.to is not None:
            record.version += 1
            (touched if _stands(record, move.to) else changed).append(record)
            record.status, record.final_code, record.route, record.decided_by, record.decided_at = move.to
        journal.append(
            events.make(
                study=study,
                verb=verb,
                gesture=gesture.key,
                actor=gesture.user,
                record=record,
                before=before,
                after=record.status,
                data={
                    "round": move.within.round.number,
                    "code": record.final_code.code if record.final_code else None,
                    "route": record.route,
                    "version": record.version,
                    **move.data,
                },
            )
        )
    Record.objects.bulk_update(changed, _RECORD_FIELDS, batch_size=500)
    Record.objects.filter(pk__in=[one.pk for one in touched]).update(version=F("version") + 1)
    events.write_all(journal)
    return records


def _stands(record: Record, to: Stand) -> bool:
    """Whether a record stands there already: most records of a round that ends early do."""
    keys = (to.code.pk if to.code else None, to.route, to.by.pk if to.by else None, to.at)
    here = (record.final_code_id, record.route, record.decided_by_id, record.decided_at)
    return record.status == to.status and here == keys

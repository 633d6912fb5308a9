"""Where a coded record goes: accepted, set aside, or to a person; and its place in the queue."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from coding_app.choices import Outcome, QueueState, RecordStatus, Route, Rule
from coding_app.models import Code, QueueItem, Record, Routing, SuggestionSet
from coding_app.routing import Facts, Rules
from coding_app.selectors.routing import route_of
from coding_app.services import bulk, ordering

SET_ASIDE: Final = frozenset({Outcome.CHILD, Outcome.UNKNOWN})
_FIELDS: Final = ("status", "final_code", "route", "rule", "routing", "decided_by", "decided_at", "version")


class Placement(NamedTuple):
    """Where a record goes; ``code`` is its final code, ``None`` unless it is accepted."""

    status: RecordStatus
    code: str | None = None
    route: Route | None = None
    rule: Rule | None = None


FOR_PEOPLE: Final = Placement(RecordStatus.WAITING, rule=Rule.REOPENED)
"""Where a record that a person reopened is until a person decides it, whatever the machine makes of it."""


def placement(
    rules: Rules, facts: Facts, *, outcome: str, first_source: str, reopened: bool = False
) -> Placement:
    """Where the rules put a record.

    Args:
        first_source: what made its first suggestion; empty where there is none.
        reopened: a person put it before people again (``Rule.REOPENED``): the rules do not take it from them.
    """
    if reopened:
        return FOR_PEOPLE
    if outcome in SET_ASIDE:
        return Placement(RecordStatus.SET_ASIDE)
    accepted, rule = rules.apply(facts)
    if not accepted:
        return Placement(RecordStatus.WAITING, rule=rule)
    return Placement(RecordStatus.ACCEPTED, rules.taken(facts), route_of(rules.settings, first_source), rule)


def put(
    record: Record, at: Placement, codes: Mapping[str, Code], routing: Routing | None, now: datetime
) -> None:
    """Change a record accordingly; its version is left, and nothing is written."""
    record.status = at.status
    record.final_code = codes[at.code] if at.code else None
    record.route = at.route or ""
    record.rule = at.rule or ""
    record.routing = routing if at.rule and at.rule != Rule.REOPENED else None
    record.decided_by = None
    record.decided_at = now if at.code else None


def write(records: Sequence[Record], *, also: Sequence[str] = ()) -> None:
    """Write records that are there and locked, with their places in the queue; ``also``: further columns."""
    bulk.update(records, [*_FIELDS, *also])
    _keep_queue(records)


def _keep_queue(records: Iterable[Record]) -> None:
    """Open a place for every waiting record that has none; withdraw those of records no longer waiting.

    It is the study's own queue that is kept: places within rounds are the rounds'. A coder who holds one
    that is withdrawn is told so when they decide.
    """
    waiting: list[Record] = []
    settled: list[int] = []
    for record in records:
        if record.status == RecordStatus.WAITING:
            waiting.append(record)
        else:
            settled.append(record.pk)
    own = QueueItem.objects.filter(state=QueueState.OPEN, round_record__isnull=True)
    own.filter(record__in=settled).update(state=QueueState.WITHDRAWN, holder=None, leased_until=None)
    placed = set(own.filter(record__in=waiting).values_list("record_id", flat=True))
    open_places([record for record in waiting if record.pk not in placed])


def open_places(records: Sequence[Record]) -> None:
    """Give records of a study that have none a place in its own queue."""
    if not records:
        return
    sets = SuggestionSet.objects.filter(pk__in={one.suggestion_set_id for one in records})
    sure = dict(sets.values_list("pk", "probability"))
    same = ordering.frequencies(records[0].study_id, (one.text_key for one in records))
    bulk.insert(
        QueueItem(
            study_id=record.study_id,
            record=record,
            uncertainty=ordering.uncertainty(sure.get(record.suggestion_set_id or 0)),
            frequency=same.get(record.text_key, 1),
        )
        for record in records
    )

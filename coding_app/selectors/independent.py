"""The codes that coders gave independently within rounds: what agreement is measured on.

A coder's code of a record counts as it was when the coders of the record had all spoken: before anybody
adjudicated it or sent it back with a question. What a coder took back themself before that does not count.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Final

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from coding_app.choices import AdjudicationState, RoundRecordState, RoundState
from coding_app.models import Adjudication, Code, Decision, Import, Record, Round, RoundRecord, Study

CANNOT_CODE: Final = ""
"""The category of records that somebody said cannot be coded: a category of its own."""

DEFAULT_THRESHOLD: Final = 0.8
"""From which probability on the machine is sure, where the routing names none: K-JCM's."""

CHUNK: Final = 2000
"""Records whose codes are read together."""

_SETTLED = (RoundRecordState.AGREED, RoundRecordState.ADJUDICATED)
_SHOWN = (RoundState.CODING, RoundState.ADJUDICATION, RoundState.CLOSED)


@dataclass(frozen=True, slots=True)
class Subset:
    """Which codes are looked at; an empty field narrows nothing.

    ``round`` is the key of a round; ``column`` an original column that has to say ``value``; ``sure``:
    whether the machine's first suggestion was at least as probable as ``threshold``; ``since`` and ``until``
    are days on which the coders decided, both included.
    """

    round: int | None = None
    column: str = ""
    value: str = ""
    sure: bool | None = None
    threshold: float = DEFAULT_THRESHOLD
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A code that a coder gave independently; ``code`` is ``CANNOT_CODE`` where they said so."""

    code: str
    at: datetime
    blinded: bool


@dataclass(frozen=True, slots=True)
class Rated:
    """A record in a round, with the code of each coder by the coder's key.

    ``machine`` is its first suggestion at the draw, ``gold`` the code known to be right, ``final`` what the
    round came to (``CANNOT_CODE`` included); each is ``None`` where there is none.
    """

    key: int
    round: int
    kind: str
    stratum: str
    machine: str | None
    probability: float | None
    gold: str | None
    final: str | None
    adjudicated: bool
    by: dict[int, Given] = field(default_factory=dict)


def rounds(study: Study) -> QuerySet[Round]:
    """The rounds that have codes to compare, newest first: drawn, and not cancelled."""
    return Round.objects.filter(study=study, state__in=_SHOWN)


def rated(study: Study, subset: Subset | None = None) -> list[Rated]:
    """Every record of the rounds that a coder has coded, in order of round and draw, narrowed."""
    return list(each_rated(study, subset))


def in_several_rounds(study: Study) -> set[int]:
    """Keys of the records that more than one of the rounds has."""
    drawn = _drawn(study).values_list("record_id").annotate(n=Count("pk")).filter(n__gt=1).order_by()
    return {key for key, _n in drawn.iterator(CHUNK)}


def _drawn(study: Study) -> QuerySet[RoundRecord]:
    return RoundRecord.objects.filter(round__in=rounds(study)).exclude(state=RoundRecordState.WITHDRAWN)


def each_rated(study: Study, subset: Subset | None = None) -> Iterator[Rated]:
    """The same one by one: never more than a few thousand are in memory."""
    subset = subset or Subset()
    found = _drawn(study)
    if subset.round is not None:
        found = found.filter(round=subset.round)
    if subset.sure is not None:
        sure = found.filter(machine_probability__gte=subset.threshold)
        found = sure if subset.sure else found.exclude(pk__in=sure.values("pk"))
    if subset.column:
        found = found.filter(record__in=_with_value(study, found, subset.column, subset.value))
    codes = dict(Code.objects.filter(classification=study.classification_id).values_list("pk", "code"))
    read = found.order_by("round_id", "position").values_list(
        "pk", "record_id", "round_id", "round__kind", "stratum", "machine_code_id", "machine_probability",
        "gold_id", "code_id", "state",
    )  # fmt: skip
    rows = read.iterator(CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        given = _given([row[0] for row in chunk], codes, subset)
        for pk, record, round_, kind, stratum, machine, probability, gold, code, state in chunk:
            if pk not in given:
                continue
            yield Rated(
                key=record,
                round=round_,
                kind=kind,
                stratum=stratum,
                machine=codes.get(machine),
                probability=probability,
                gold=codes.get(gold),
                final=codes.get(code, CANNOT_CODE) if state in _SETTLED else None,
                adjudicated=state == RoundRecordState.ADJUDICATED,
                by=given[pk],
            )


def _given(found: list[int], codes: dict[int, str], subset: Subset) -> dict[int, dict[int, Given]]:
    """By round record and coder: what stood when the first adjudication was opened, or stands now."""
    opened = Adjudication.objects.exclude(state=AdjudicationState.WITHDRAWN).filter(round_record__in=found)
    spoken = dict(opened.values_list("round_record_id").annotate(at=Min("created_at")).order_by())
    made = Decision.objects.filter(round_record__in=found).order_by("pk")
    given: dict[int, dict[int, Given]] = defaultdict(dict)
    for round_record, coder, code, at, undone, blinded in made.values_list(
        "round_record_id", "coder_id", "code_id", "decided_at", "undone_at", "blinded"
    ):
        end = spoken.get(round_record)
        stood = undone is None if end is None else at <= end and (undone is None or undone > end)
        if stood and _within(at, subset):
            given[round_record][coder] = Given(codes[code] if code else CANNOT_CODE, at, blinded)
    return dict(given)


def _within(at: datetime, subset: Subset) -> bool:
    if subset.since is None and subset.until is None:
        return True
    day = timezone.localdate(at)
    return (subset.since is None or day >= subset.since) and (subset.until is None or day <= subset.until)


def _with_value(study: Study, found: QuerySet[RoundRecord], column: str, value: str) -> list[int]:
    """Keys of the records whose original column says ``value``."""
    return [
        key
        for key, says in values_of(study, found.values_list("record", flat=True), column).items()
        if says == value
    ]


def values_of(study: Study, records: QuerySet[RoundRecord, int], column: str) -> dict[int, str]:
    """What an original column says, without blanks around it, of the records that have it."""
    places = {
        pk: header.index(column)
        for pk, header in Import.objects.filter(study=study).values_list("pk", "header")
        if column in header
    }
    rows = Record.objects.filter(study=study, pk__in=records, source__in=places)
    return {
        pk: str(values[places[source]] or "").strip()
        for pk, source, values in rows.values_list("pk", "source_id", "values").iterator(5000)
    }

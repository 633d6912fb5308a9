"""What people said of the records of an export: adjudication, and a group of columns a decision."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Max, Q

from coding_app.choices import AdjudicationState, RoundRecordState
from coding_app.models import Adjudication, Decision, RoundRecord, Study
from coding_app.models.rounds import OPEN_RECORD_STATES
from coding_app.selectors import people

SETTLED = (
    "round", "adjudicated", "adjudicated_by", "adjudicated_at", "adjudicated_choice", "adjudication_reason",
    "decisions",
)  # fmt: skip
OF_ONE = ("coder", "code", "at", "seconds", "blinded", "reason", "comment", "round")
"""Columns of each decision, with ``decision_1_`` and so on before their names."""

_RESULTS = (RoundRecordState.AGREED, RoundRecordState.ADJUDICATED)
Cells = tuple[str | None, ...]

UNSETTLED = Q(round_record__state__in=OPEN_RECORD_STATES)
"""Decisions and adjudications within a round that has not settled the record yet.

A file goes to everybody who supervises, adjudicators among them: none of these is in it.
"""


class Extent(NamedTuple):
    """Which decisions an export holds: those up to the key ``last``, ``most`` a record."""

    most: int
    last: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        each = (f"decision_{number}_{name}" for number in range(1, self.most + 1) for name in OF_ONE)
        return (*SETTLED, *each)


def extent(study: Study) -> Extent:
    """How many settled decisions stand of a record at most, and the newest; one has columns always."""
    made = Decision.objects.filter(record__study=study).exclude(UNSETTLED)
    last = made.aggregate(last=Max("pk"))["last"] or 0
    standing = made.filter(undone_at__isnull=True, pk__lte=last).order_by()
    most = standing.values("record").annotate(n=Count("pk")).aggregate(most=Max("n"))["most"]
    return Extent(max(1, most or 0), last)


class Pseudonyms(dict[int, str]):
    """Pseudonyms by user key; somebody who decides while an export is written is looked up then."""

    def __init__(self, study: Study) -> None:
        super().__init__(people.pseudonyms(study))
        self._study = study

    def __missing__(self, key: int) -> str:
        self.update(people.pseudonyms(self._study))
        return self.setdefault(key, "person")


class Told(NamedTuple):
    """Of one record: why it cannot be coded, or what was noted; and the cells of this module's columns."""

    reason: str | None
    note: str | None
    cells: Cells


def told(
    study: Study, keys: tuple[int, int], held: Extent, codes: dict[int, tuple[str, str]], hidden: Pseudonyms
) -> dict[int, Told]:
    """What people said of the study's records from one key to another; one nobody spoke of is not there.

    What a round has not settled yet nobody said so far.
    """
    within = {"record__gte": keys[0], "record__lte": keys[1]}
    rounds = dict(
        RoundRecord.objects.filter(round__study=study, **within, state__in=_RESULTS)
        .order_by("settled_at", "pk")
        .values_list("record_id", "round__number")
    )
    settled = {
        row[0]: row[1:]
        for row in Adjudication.objects.filter(study=study, **within, state=AdjudicationState.SETTLED)
        .order_by("decided_at", "pk")
        .values_list("record_id", "decided_by_id", "decided_at", "side", "cannot_reason", "reason")
    }
    said: dict[int, list[_Said]] = {}
    for row in (
        Decision.objects.filter(
            record__study=study, **within, undone_at__isnull=True, pk__lte=held.last
        )
        .exclude(UNSETTLED)
        .order_by("record_id", "pk")
        .values_list(
            "record_id", "coder_id", "code_id", "decided_at", "opened_at", "blinded", "reason", "note",
            "round_record__round__number",
        )
    ):  # fmt: skip
        one = _Said(*row)
        said.setdefault(one.record, []).append(one)
    found, width = {}, len(held.names)
    for record in said.keys() | settled.keys():
        made = said.get(record, [])[: held.most]
        by, at, side, cannot, why = settled.get(record, (None, None, None, "", ""))
        own = next((one for one in made if one.round is None), None)
        reason, note = (own.reason, own.note) if own else (cannot, why)
        number = rounds.get(record)
        cells = [
            None if number is None else str(number),
            "yes" if by else "no",
            hidden[by] if by else None,
            at.isoformat() if at else None,
            side or None,
            why or None,
            str(len(made)),
            *(cell for one in made for cell in one.cells(codes, hidden)),
        ]
        cells += [None] * (width - len(cells))
        found[record] = Told(reason or None, note or None, tuple(cells))
    return found


class _Said(NamedTuple):
    record: int
    coder: int
    code: int | None
    at: datetime
    opened: datetime | None
    blinded: bool
    reason: str
    note: str
    round: int | None

    def cells(self, codes: dict[int, tuple[str, str]], hidden: Pseudonyms) -> Iterator[str | None]:
        """In the order of ``OF_ONE``."""
        yield hidden[self.coder]
        yield codes[self.code][0] if self.code else None
        yield self.at.isoformat()
        yield seconds(self.opened, self.at)
        yield "yes" if self.blinded else "no"
        yield self.reason or None
        yield self.note or None
        yield None if self.round is None else str(self.round)


def seconds(opened: datetime | None, decided: datetime) -> str | None:
    """From a record's being opened to the decision, in seconds with one decimal."""
    return None if opened is None else f"{(decided - opened).total_seconds():.1f}"

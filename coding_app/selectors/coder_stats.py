"""Each coder of a study: how much, how fast and how well, whether that changes, and how the machine leads."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Final

from django.utils import timezone

from coding_app import agreement
from coding_app.agreement import Estimate
from coding_app.choices import DecisionKind, RoundKind
from coding_app.models import Decision, Study
from coding_app.selectors import people
from coding_app.selectors.independent import Rated

LONGEST: Final = 600
"""Seconds: whoever leaves a record open for longer has gone for coffee, and counts this much."""
PARTS: Final = 10
FEWEST_IN_A_PART: Final = 5


class By(StrEnum):
    """How a coder's work is cut into parts to see drift."""

    PARTS = "parts"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Scored:
    """A coder's independent code of a record against what the round came to."""

    key: int
    at: datetime
    right: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive codes of a coder, numbered from 1 (in weeks: with its Monday), and how many were right."""

    number: int
    monday: date | None
    agreed: Estimate
    records: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What a coder decided, as it stands; ``seconds`` of each time a record was put before them.

    Records decided at once with others of the same text took one look. ``assisted`` and ``blinded`` hold, for
    each decision where the machine had a first suggestion, the record's key and whether that code was given.
    """

    decisions: list[int] = field(default_factory=list)
    cannot_code: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    assisted: list[tuple[int, bool]] = field(default_factory=list)
    blinded: list[tuple[int, bool]] = field(default_factory=list)

    @property
    def median_seconds(self) -> float | None:
        """From the record's being opened to the decision."""
        return median(self.seconds) if self.seconds else None

    @property
    def per_hour(self) -> float | None:
        """Decisions in an hour of coding; pauses with a record open count as ``LONGEST`` at most."""
        spent = math.fsum(min(one, LONGEST) for one in self.seconds)
        return 3600 * len(self.seconds) / spent if spent else None

    @property
    def gave_assisted(self) -> list[int]:
        """Records whose code is the machine's first suggestion, where the coder saw it."""
        return [key for key, same in self.assisted if same]

    @property
    def gave_blinded(self) -> list[int]:
        """Records whose code is the machine's first suggestion, where the coder did not see it."""
        return [key for key, same in self.blinded if same]

    @property
    def accepted_assisted(self) -> Estimate:
        """How often the code is the machine's first suggestion, where the coder saw it."""
        return agreement.share(len(self.gave_assisted), len(self.assisted))

    @property
    def accepted_blinded(self) -> Estimate:
        """How often it is, where the coder did not see it."""
        return agreement.share(len(self.gave_blinded), len(self.blinded))

    @property
    def bias(self) -> Estimate:
        """Acceptance bias: how much more often it is where the coder saw it."""
        return agreement.difference(self.accepted_assisted, self.accepted_blinded)


@dataclass(frozen=True, slots=True)
class CoderRow:
    """A coder with all figures.

    ``final`` and ``gold``: how often their independent code was the round's result, or the code known to be
    right; ``drift``: by how much the later half of their codes is better than the earlier.
    """

    user: int
    name: str
    pseudonym: str
    work: Work
    final: Estimate
    wrong: tuple[int, ...]
    gold: Estimate
    gold_wrong: tuple[int, ...]
    parts: tuple[Part, ...]
    drift: Estimate


def coders(
    study: Study, found: Sequence[Rated], *, by: By = By.PARTS, against_gold: bool = False
) -> list[CoderRow]:
    """Everybody who decided a record of the study, by pseudonym.

    ``found`` is what ``independent.rated`` gives. ``against_gold``: parts and drift are of agreement with
    gold codes, in place of that with the results.
    """
    hidden, names = people.pseudonyms(study), people.names(study)
    done = work(study)
    rows = []
    for user, pseudonym in hidden.items():
        if user not in done:
            continue
        final = scored(found, user)
        gold = scored(found, user, gold=True)
        judged = gold if against_gold else final
        half = len(judged) // 2
        parts = _by_week(judged) if by == By.WEEK else _in_parts(judged)
        rows.append(
            CoderRow(
                user=user,
                name=names[user],
                pseudonym=pseudonym,
                work=done[user],
                final=_share(final),
                wrong=_wrong(final),
                gold=_share(gold),
                gold_wrong=_wrong(gold),
                parts=parts,
                drift=agreement.difference(_share(judged[half:]), _share(judged[:half])),
            )
        )
    return rows


def scored(found: Iterable[Rated], user: int, *, gold: bool = False) -> list[Scored]:
    """A coder's codes against the result of each round (or against gold codes), oldest first.

    A result that came about by the coder's decision alone, in a round with one coder a record and nobody to
    adjudicate, says nothing and is left out.
    """
    rows = []
    for one in found:
        said = one.by.get(user)
        right = one.gold if gold else one.final
        judged = gold or len(one.by) > 1 or one.adjudicated or one.kind == RoundKind.EVALUATION
        if said is not None and right is not None and judged:
            rows.append(Scored(one.key, said.at, said.code == right))
    return sorted(rows, key=lambda row: (row.at, row.key))


def work(study: Study) -> dict[int, Work]:
    """What each coder decided and has not taken back, by the coder's key."""
    rows = Decision.objects.filter(record__study=study, undone_at__isnull=True).order_by("coder_id", "pk")
    done: dict[int, Work] = {}
    gestures: set[object] = set()
    for coder, record, kind, code, blinded, gesture, opened, decided, round_record, at_draw, rank, best in (
        rows.values_list(
            "coder_id", "record_id", "kind", "code_id", "blinded", "gesture", "opened_at", "decided_at",
            "round_record_id", "round_record__machine_code_id", "suggestion__rank",
            "record__suggestion_set__best_id",
        ).iterator(chunk_size=5000)
    ):  # fmt: skip
        one = done.setdefault(coder, Work())
        one.decisions.append(record)
        if kind == DecisionKind.CANNOT_CODE:
            one.cannot_code.append(record)
        if opened is not None and (gesture is None or gesture not in gestures):
            one.seconds.append((decided - opened).total_seconds())
        gestures.add(gesture)
        first = best if round_record is None else at_draw
        if first is not None:
            same = rank == 1 or (rank is None and code == first)
            (one.blinded if blinded else one.assisted).append((record, same))
    return done


def _share(rows: Sequence[Scored]) -> Estimate:
    return agreement.share(sum(one.right for one in rows), len(rows))


def _wrong(rows: Iterable[Scored]) -> tuple[int, ...]:
    return tuple(one.key for one in rows if not one.right)


def _in_parts(rows: Sequence[Scored]) -> tuple[Part, ...]:
    """Tenths of a coder's codes, or fewer parts where a tenth would be a handful."""
    count = min(PARTS, len(rows) // FEWEST_IN_A_PART)
    cuts = [len(rows) * at // count for at in range(count + 1)] if count else []
    return tuple(
        _part(number, None, rows[start:end]) for number, (start, end) in enumerate(pairwise(cuts), start=1)
    )


def _by_week(rows: Sequence[Scored]) -> tuple[Part, ...]:
    weeks: dict[date, list[Scored]] = {}
    for one in rows:
        day = timezone.localdate(one.at)
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append(one)
    return tuple(_part(number, monday, weeks[monday]) for number, monday in enumerate(sorted(weeks), start=1))


def _part(number: int, monday: date | None, rows: Sequence[Scored]) -> Part:
    return Part(number, monday, _share(rows), tuple(one.key for one in rows))

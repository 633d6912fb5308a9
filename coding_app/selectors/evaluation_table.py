"""The table of an evaluation (Ossiander & Milham, Table 1): machine and coders, by type of record.

Before adjudication the machine's codes and the coders' are held against each other, which says how often
they agree. After it a code is correct when it is the result: what both said, or what the adjudicator chose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from coding_app import agreement
from coding_app.agreement import Estimate
from coding_app.choices import RoundRecordState
from coding_app.models import Round, RoundRecord
from coding_app.selectors.agreement import Levels
from coding_app.selectors.independent import CANNOT_CODE, Rated, Subset, rated, values_of


class Stage(StrEnum):
    """Against what codes are held."""

    BEFORE = "before"
    AFTER = "after"


MACHINE: Final = "machine"
PEOPLE: Final = "people"
"""All coders of the round together."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: a type of record (``None``: all of them) and how many were coded correctly.

    ``records``, ``right`` and ``wrong`` are keys of records, one for each code.
    """

    stratum: str | None
    records: tuple[int, ...]
    right: tuple[int, ...]
    wrong: tuple[int, ...]

    @property
    def correct(self) -> Estimate:
        """The share that is correct, with Wilson's interval."""
        return agreement.share(self.count, len(self.records))

    @property
    def count(self) -> int:
        """How many are correct."""
        return len(self.right)


@dataclass(frozen=True, slots=True)
class Block:
    """The table of one rater (``MACHINE``, ``PEOPLE``, a coder's key) at one stage; the total comes last."""

    rater: str | int
    stage: Stage
    lines: tuple[Line, ...]

    @property
    def total(self) -> Line:
        """All types of record together."""
        return self.lines[-1]


@dataclass(frozen=True, slots=True)
class Table:
    """All blocks. Of ``drawn`` records, ``coded`` have a coder's code, and ``open`` of them no result yet."""

    blocks: tuple[Block, ...]
    drawn: int
    coded: int
    open: int
    cannot_code: int
    by: str


@dataclass(frozen=True, slots=True)
class _Code:
    key: int
    stratum: str
    correct: bool


def table(round_: Round, levels: Levels, level: int, *, column: str = "") -> Table:
    """The table of a round, at a level of the classification.

    ``column`` tells the types of record apart; without it those of the draw do.
    """
    found = rated(round_.study, Subset(round=round_.pk))
    drawn = RoundRecord.objects.filter(round=round_).exclude(state=RoundRecordState.WITHDRAWN)
    kinds = {one.key: one.stratum for one in found}
    if column and column != round_.stratum_column:
        kinds = values_of(round_.study, drawn.values_list("record_id", flat=True), column)
    raters: list[str | int] = [MACHINE, PEOPLE, *sorted({who for one in found for who in one.by})]
    blocks = []
    for stage in Stage:
        for rater in raters:
            codes = list(_codes(found, kinds, levels, level, rater, stage))
            if codes:
                blocks.append(Block(rater, stage, tuple(_lines(codes))))
    return Table(
        blocks=tuple(blocks),
        drawn=drawn.count(),
        coded=len(found),
        open=sum(one.final is None for one in found),
        cannot_code=sum(one.final == CANNOT_CODE for one in found),
        by=column or round_.stratum_column,
    )


def _codes(
    found: Sequence[Rated],
    kinds: dict[int, str],
    levels: Levels,
    level: int,
    rater: str | int,
    stage: Stage,
) -> Iterable[_Code]:
    for one in found:
        said = [given.code for who, given in sorted(one.by.items()) if rater in (MACHINE, PEOPLE, who)]
        if one.machine is None:
            continue
        if stage == Stage.BEFORE:
            sides = [(code, one.machine) for code in said]
        elif one.final is None:
            sides = []
        elif rater == MACHINE:
            sides = [(one.machine, one.final)]
        else:
            sides = [(code, one.final) for code in said]
        for code, right in sides:
            same = levels.at(code, level) == levels.at(right, level)
            yield _Code(one.key, kinds.get(one.key, ""), same)


def _lines(codes: Sequence[_Code]) -> Iterable[Line]:
    strata = sorted({one.stratum for one in codes})
    if len(strata) > 1:
        for stratum in strata:
            yield _line(stratum, [one for one in codes if one.stratum == stratum])
    yield _line(None, codes)


def _line(stratum: str | None, codes: Sequence[_Code]) -> Line:
    keys = {kind: tuple(one.key for one in codes if one.correct is kind) for kind in (True, False)}
    return Line(stratum, tuple(one.key for one in codes), keys[True], keys[False])

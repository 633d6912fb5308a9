"""How well a dictionary codes records whose codes are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dictionary.coder import Coder
from dictionary.records import Record, Status
from dictionary.statistics import wilson


@dataclass(frozen=True, slots=True)
class Confusion:
    """The coder gave `given` where people gave `reference`, in `records` records, `example` being one."""

    reference: str
    given: str
    records: int
    example: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Counts over coded records; shares are between 0 and 1, intervals are Wilson's at 95 %.

    `statuses` has every status. `offered` counts the records that were a tie or not matched whose reference
    code is among the candidates. `confusions` are the commonest first.
    """

    records: int
    statuses: dict[Status, int]
    correct: int
    offered: int
    confusions: tuple[Confusion, ...]

    @property
    def coded(self) -> int:
        return self.statuses[Status.CODED]

    @property
    def set_aside(self) -> int:
        return self.statuses[Status.CHILD] + self.statuses[Status.UNKNOWN]

    @property
    def coding_rate(self) -> float | None:
        """Coded records of all; None when there are no records."""
        return _share(self.coded, self.records)

    @property
    def coding_rate_with_set_aside(self) -> float | None:
        """The same with children and unknowns counted as coded, as the paper's 96-97 % counts them."""
        return _share(self.coded + self.set_aside, self.records)

    @property
    def accuracy(self) -> float | None:
        """Of the coded records, those with the reference code; None when none was coded."""
        return _share(self.correct, self.coded)

    @property
    def coding_rate_interval(self) -> tuple[float, float]:
        return wilson(self.coded, self.records)

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        return wilson(self.correct, self.coded)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "records": self.records,
            "statuses": {status.value: count for status, count in self.statuses.items()},
            "coded": self.coded,
            "coding_rate": self.coding_rate,
            "coding_rate_interval": list(self.coding_rate_interval),
            "coding_rate_with_set_aside": self.coding_rate_with_set_aside,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "offered": self.offered,
            "confusions": [
                {
                    "reference": confusion.reference,
                    "given": confusion.given,
                    "records": confusion.records,
                    "example": confusion.example,
                }
                for confusion in self.confusions
            ],
        }


def evaluate(
    coded_records: Iterable[tuple[Record, str]], coder: Coder, *, confusions: int = 20
) -> Evaluation:
    """Code every record and compare with its reference code, compared as text.

    `confusions` says how many of the commonest are kept. Raises ValueError for a blank reference code: what
    has no code cannot tell right from wrong, and belongs out of the comparison.
    """
    statuses: Counter[Status] = Counter()
    confused: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    correct = offered = 0
    for record, reference in coded_records:
        if not reference.strip():
            raise ValueError(f"record {record.id!r} has no reference code; leave it out")
        result = coder.code(record)
        statuses[result.status] += 1
        if result.code is not None:
            if result.code == reference:
                correct += 1
            else:
                pair = (reference, result.code)
                confused[pair] += 1
                examples.setdefault(pair, " / ".join(filter(None, (record.occupation, record.industry))))
        elif result.status in (Status.TIE, Status.NO_MATCH):
            offered += any(candidate.code == reference for candidate in result.candidates)
    common = sorted(confused.items(), key=lambda item: (-item[1], item[0]))[:confusions]
    return Evaluation(
        records=statuses.total(),
        statuses={status: statuses[status] for status in Status},
        correct=correct,
        offered=offered,
        confusions=tuple(Confusion(*pair, count, examples[pair]) for pair, count in common),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

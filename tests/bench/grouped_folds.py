"""Real coded records in folds: the same text is never on both sides of a split."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from dictionary.learn import CodedRecord
from dictionary.normalise import split_words

MARRIAGE = "data/uk_marriage_hisco_dev/uk_marriage_dev.csv"
FOLDS = 5

Split = tuple[list[CodedRecord], list[CodedRecord]]


def read_marriage(path: Path) -> list[CodedRecord]:
    """The occupations of English marriage certificates with their HISCO codes."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            CodedRecord(line, row["occupation"], "", row["hisco"])
            for line, row in enumerate(csv.DictReader(stream), start=2)
        ]


def normalised(record: CodedRecord) -> str:
    """What groups records here: their words, without case and punctuation."""
    return " ".join(split_words(record.occupation))


def as_written(record: CodedRecord) -> str:
    """The looser grouping: `soldier (deceased)` and `soldier, deceased` may be on different sides."""
    return record.occupation


def folds(
    records: list[CodedRecord], *, group: Callable[[CodedRecord], str] = normalised, seed: int = 0
) -> Iterator[Split]:
    """Yield (learn from, measure on) for each fold; `seed` gives another division into folds."""
    places = [_place(f"{seed}:{group(record)}") for record in records]
    for fold in range(FOLDS):
        yield (
            [record for record, place in zip(records, places, strict=True) if place != fold],
            [record for record, place in zip(records, places, strict=True) if place == fold],
        )


def _place(key: str) -> int:
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS

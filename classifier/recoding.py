"""Codes of one edition of a classification to those of another (Kim et al. 2024, "Data preprocessing").

A code with exactly one counterpart is converted by table. The others go to a person who reads the text and
chooses; what cannot be resolved is dropped, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from classifier.errors import ClassifierError, Fault
from classifier.tables import open_table
from classifier.text import is_blank

TABLE: Final = "table"
PERSON: Final = "person"
OPEN: Final = "open"
DROPPED: Final = "dropped"
NO_CODE: Final = "no code"


class Crosswalk:
    """Which new codes stand for which old ones."""

    def __init__(self, pairs: Mapping[str, Collection[str]]) -> None:
        self._pairs = {old: tuple(dict.fromkeys(new)) for old, new in pairs.items()}
        self.targets = frozenset(code for new in self._pairs.values() for code in new)
        """Every new code."""

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """From (old, new) pairs, in any order; a pair with a blank old code is passed over, one with a blank
        new code says that the old code has no counterpart. Raises ClassifierError without any pair.
        """
        found: dict[str, list[str]] = {}
        for old, new in pairs:
            if not is_blank(old):
                found.setdefault(old.strip(), []).extend([] if is_blank(new) else [new.strip()])
        if not any(found.values()):
            raise ClassifierError("the crosswalk has no pair of an old and a new code")
        return cls(found)

    @classmethod
    def read(cls, path: Path, *, old: str = "old", new: str = "new") -> Self:
        """A CSV file with a column of old and one of new codes; see `of`."""
        with open_table(path) as table:
            first = table.require(old, wanted_for="old codes")
            second = table.require(new, wanted_for="new codes")
            return cls.of((cells[first], cells[second]) for _, cells in table.rows())

    def candidates(self, code: str) -> tuple[str, ...]:
        """The new codes of an old one, in the order of the pairs; none for one that is not in the table."""
        return self._pairs.get(code, ())


@dataclass(frozen=True, slots=True)
class Recoding:
    """For each record its new code (None where there is none) and how it came about.

    `how` is 'table', 'person', 'open' (a person has to choose), 'dropped' (a person could not), or 'no code'.
    """

    codes: tuple[str | None, ...]
    how: tuple[str, ...]

    def count(self) -> dict[str, int]:
        """Records by how they came about."""
        return dict(Counter(self.how))


def recode(
    codes: Sequence[str],
    crosswalk: Crosswalk,
    *,
    by_person: Mapping[int, str] | None = None,
    allowed: Collection[str] | None = None,
) -> Recoding:
    """New codes for old ones.

    `by_person` maps places in `codes` to what a person chose, or to '' where they could not; it goes before
    the table. `allowed` are the codes a person may choose, those of the crosswalk where it is None. Raises
    ClassifierError, with a fault for each, for choices that are not allowed.
    """
    chosen = {place: code.strip() for place, code in (by_person or {}).items()}
    known = crosswalk.targets if allowed is None else allowed
    faults = [
        Fault("record", place + 1, f"{code!r} is no code of the new classification")
        for place, code in sorted(chosen.items())
        if not is_blank(code) and code not in known
    ]
    if faults:
        raise ClassifierError(f"{len(faults)} codes that a person gave are not known", faults)
    found = [_one(place, code.strip(), crosswalk, chosen) for place, code in enumerate(codes)]
    return Recoding(tuple(code for code, _ in found), tuple(how for _, how in found))


def _one(place: int, code: str, crosswalk: Crosswalk, chosen: Mapping[int, str]) -> tuple[str | None, str]:
    if place in chosen:
        return (None, DROPPED) if is_blank(chosen[place]) else (chosen[place], PERSON)
    if is_blank(code):
        return None, NO_CODE
    candidates = crosswalk.candidates(code)
    return (candidates[0], TABLE) if len(candidates) == 1 else (None, OPEN)

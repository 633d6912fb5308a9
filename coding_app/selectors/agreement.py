"""Agreement in a study: of coders with each other, the machine, gold codes and results, at every level."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from coding_app import agreement
from coding_app.agreement import Estimate
from coding_app.models import Code, Study
from coding_app.selectors.independent import CANNOT_CODE, Rated

MOST_PAIRS: Final = 50
"""Pairs of codes that are listed."""
MOST_IN_A_MATRIX: Final = 16
"""Categories that a cross table can show."""


Subject = tuple[int, list[str]]
"""A record's key, and the codes of it that are compared."""


class Between(StrEnum):
    """Whose codes are compared with each other."""

    CODERS = "coders"
    MACHINE = "machine"
    GOLD = "gold"
    FINAL = "final"


class Levels:
    """A classification's levels: which code a code belongs to at each of them, and how many there are."""

    def __init__(self, study: Study) -> None:
        rows = Code.objects.filter(classification=study.classification_id).order_by("position")
        self._up: dict[str, dict[int, str]] = {}
        self._order: dict[str, int] = {CANNOT_CODE: -1}
        self._choices: dict[int, set[str]] = {}
        self._at: dict[int, dict[str, str]] = {}
        found = list(rows.values_list("code", "parent__code", "level", "codable"))
        above = {code: (parent, level) for code, parent, level, _codable in found}
        self.all = tuple(sorted({level for _parent, level in above.values()}))
        for at, (code, _parent, _level, codable) in enumerate(found):
            self._order[code] = at
            self._up[code] = dict(self._lineage(code, above))
            if codable:
                for level in self.all:
                    self._choices.setdefault(level, set()).add(self._above(code, self._up[code], level))

    @staticmethod
    def _lineage(code: str, above: Mapping[str, tuple[str | None, int]]) -> Iterator[tuple[int, str]]:
        here: str | None = code
        while here is not None:
            parent, level = above[here]
            yield level, here
            here = parent

    @property
    def deepest(self) -> int:
        """The level of the most detailed codes; 1 where there are no codes."""
        return self.all[-1] if self.all else 1

    def at(self, code: str, level: int) -> str:
        """The code at ``level`` that ``code`` is or lies below; a code that ends above it is itself."""
        if level not in self._at:
            found = {one: self._above(one, lineage, level) for one, lineage in self._up.items()}
            self._at[level] = found | {CANNOT_CODE: CANNOT_CODE}
        return self._at[level][code]

    @staticmethod
    def _above(code: str, lineage: Mapping[int, str], level: int) -> str:
        return lineage.get(level) or (lineage[max(lineage)] if max(lineage) < level else code)

    def categories(self, level: int) -> int:
        """How many there are to choose from: the codes records may have, and 'cannot code'."""
        return len(self._choices.get(level, ())) + 1

    def order(self, code: str) -> int:
        """Its place in the classification; 'cannot code' comes first."""
        return self._order[code]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two categories of one record: two people's, or a person's and what it is compared with."""

    key: int
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Coefficients:
    """How far codes agree at one level. ``records`` with ``differing`` codes among them.

    ``cohen`` is there where two fixed raters are compared, ``fleiss`` where more than two people are.
    """

    level: int
    percent: Estimate
    cohen: Estimate | None
    gwet: Estimate
    fleiss: Estimate | None
    records: int
    differing: int


@dataclass(frozen=True, slots=True)
class OfTwo:
    """How far two coders agree on the records that both coded."""

    first: int
    second: int
    figures: Coefficients


@dataclass(frozen=True, slots=True)
class Confused:
    """Two codes that the same records got, and how many records."""

    first: str
    second: str
    records: int


def compared(
    found: Sequence[Rated], between: Between, *, coders: frozenset[int] = frozenset()
) -> list[Subject]:
    """Key and codes of each subject that was rated twice.

    Among coders a subject is a record with the codes of its coders, in the order of their keys; otherwise it
    is a coder's code of a record followed by the machine's, the known or the final one. ``coders`` limits
    whose codes are looked at.
    """
    subjects: list[Subject] = []
    for one in found:
        given = _given(one, between, coders)
        if between == Between.CODERS:
            subjects += [(one.key, list(given.values()))] if given else []
        else:
            other = _other(one, between)
            subjects += [(one.key, [code, other]) for code in given.values() if other is not None]
    return subjects


def raters(found: Sequence[Rated], between: Between, coders: frozenset[int] = frozenset()) -> list[int]:
    """Keys of the coders whose codes :func:`compared` gives."""
    return sorted({who for one in found for who in _given(one, between, coders)})


def _given(one: Rated, between: Between, coders: frozenset[int]) -> dict[int, str]:
    """The codes of a record that can be compared, by coder."""
    given = {who: said.code for who, said in sorted(one.by.items()) if not coders or who in coders}
    comparable = len(given) > 1 if between == Between.CODERS else _other(one, between) is not None
    return given if comparable else {}


def _other(one: Rated, between: Between) -> str | None:
    """What the coders' codes of a record are compared with."""
    if between == Between.MACHINE:
        return one.machine
    return one.gold if between == Between.GOLD else one.final


class Tally:
    """Codes that were compared, those of records with the same codes together: of these there are many."""

    def __init__(self, subjects: Iterable[Subject] = ()) -> None:
        self._records: Counter[tuple[tuple[str, ...], ...]] = Counter()
        of_record: dict[int, list[Subject]] = {}
        for one in subjects:
            of_record.setdefault(one[0], []).append(one)
        for together in of_record.values():
            self.add(together)

    def add(self, of_record: Iterable[Subject]) -> None:
        """Add a record with all its subjects, if it has any."""
        if codes := tuple(tuple(given) for _key, given in of_record):
            self._records[codes] += 1

    def coefficients(self, levels: Levels, level: int, *, two: bool) -> Coefficients:
        """How far they agree at a level; ``two``: they are of two fixed raters, always in the same order."""
        given: Counter[tuple[str, ...]] = Counter()
        differing = 0
        for subjects, records in self._records.items():
            mapped = [tuple(levels.at(code, level) for code in codes) for codes in subjects]
            for codes in mapped:
                given[codes] += records
            if any(len(set(codes)) > 1 for codes in mapped):
                differing += records
        return Coefficients(
            level=level,
            percent=agreement.percent(given),
            cohen=agreement.cohen(given) if two else None,
            gwet=agreement.gwet(given, categories=levels.categories(level)),
            fleiss=None if two else agreement.fleiss(given),
            records=self._records.total(),
            differing=differing,
        )


def coefficients(
    found: Sequence[Rated],
    between: Between,
    levels: Levels,
    level: int,
    *,
    coders: frozenset[int] = frozenset(),
) -> Coefficients:
    """How far the codes agree at a level."""
    two = between != Between.CODERS or len(raters(found, between, coders)) == 2
    return Tally(compared(found, between, coders=coders)).coefficients(levels, level, two=two)


def subjects_by_pair(found: Sequence[Rated]) -> dict[tuple[int, int], list[Subject]]:
    """What every two coders gave the same records, by the keys of the two in ascending order."""
    met: dict[tuple[int, int], list[Subject]] = {}
    for one in found:
        for first, second in combinations(sorted(one.by), 2):
            codes = [one.by[first].code, one.by[second].code]
            met.setdefault((first, second), []).append((one.key, codes))
    return met


def by_pair(found: Sequence[Rated], levels: Levels, level: int) -> list[OfTwo]:
    """Every two coders who coded the same records."""
    return [
        OfTwo(*two, Tally(subjects).coefficients(levels, level, two=True))
        for two, subjects in sorted(subjects_by_pair(found).items())
    ]


def pairs(
    found: Sequence[Rated],
    between: Between,
    levels: Levels,
    level: int,
    *,
    coders: frozenset[int] = frozenset(),
) -> Iterator[Pair]:
    """Every two categories of a record; those of two coders are in the classification's order."""
    for key, codes in compared(found, between, coders=coders):
        mapped = [levels.at(code, level) for code in codes]
        for two in combinations(mapped, 2):
            first, second = sorted(two, key=levels.order) if between == Between.CODERS else two
            yield Pair(key, first, second)


def confused(made: Iterable[Pair]) -> list[Confused]:
    """The pairs of different codes, those of most records first."""
    keys: dict[tuple[str, str], set[int]] = {}
    for one in made:
        if one.first != one.second:
            keys.setdefault((one.first, one.second), set()).add(one.key)
    ordered = sorted(keys.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Confused(*two, len(records)) for two, records in ordered]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A cross table: how often each two categories met, by row and column in ``categories``' order."""

    categories: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def matrix(made: Iterable[Pair], levels: Levels) -> Matrix | None:
    """The cross table; ``None`` without a pair, or where there are too many categories to show."""
    cells = Counter((one.first, one.second) for one in made)
    met = sorted({code for two in cells for code in two}, key=levels.order)
    if not met or len(met) > MOST_IN_A_MATRIX:
        return None
    return Matrix(tuple(met), tuple(tuple(cells[row, column] for column in met) for row in met))


def keys(
    found: Sequence[Rated],
    between: Between,
    levels: Levels,
    level: int,
    *,
    coders: frozenset[int] = frozenset(),
    agreeing: bool | None = None,
    codes: tuple[str, str] | None = None,
) -> list[int]:
    """The records behind a number, by key: all compared, those agreeing or not, or with these two codes."""
    subjects = compared(found, between, coders=coders)
    if codes is not None:
        made = pairs(found, between, levels, level, coders=coders)
        return sorted({one.key for one in made if (one.first, one.second) == codes})
    alike: dict[int, bool] = {}
    for key, given in subjects:
        same = len({levels.at(code, level) for code in given}) == 1
        alike[key] = alike.get(key, True) and same
    return sorted(key for key, same in alike.items() if agreeing is None or same == agreeing)

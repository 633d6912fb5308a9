"""The tree of a classification: which codes there are, what they are called and what they lie below."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from classifier.errors import ClassifierError, Fault
from classifier.tables import open_table
from classifier.text import plain


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A classification by code: `titles`, `parents` ('' at the top) and `levels` (1 at the top)."""

    titles: Mapping[str, str]
    parents: Mapping[str, str]
    levels: Mapping[str, int]
    name: str = ""
    _paths: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls, rows: Iterable[tuple[str, str | None, str | None, int | str | None]], *, name: str = ""
    ) -> Self:
        """From (code, title, parent, level) rows, where None is blank; see `read` for what is refused."""
        cells = [
            (place, *(plain(value) for value in (code, parent, level, title)))
            for place, (code, title, parent, level) in enumerate(rows, 1)
        ]
        return cls._checked(cells, source=name or "the classification", name=name)

    @classmethod
    def read(cls, path: str | Path, *, title: str = "title") -> Self:
        """The classification in a CSV file (UTF-8) with the columns code, title, parent and level.

        `title` names the column the titles come from. Without parents, or where they are blank, codes stand
        at the top; a blank level follows from the parents. Codes are text: '01' is not '1'. Raises
        ClassifierError, with every fault of the file, for missing columns, blank or repeated codes, parents
        that are absent or go round in a circle, and levels that are not one below the parent's.
        """
        path = Path(path)
        with open_table(path) as table:
            places = [
                table.require(name, wanted_for=f"{name}s of the classification")
                if name in ("code", title) or name in table.header
                else None
                for name in ("code", "parent", "level", title)
            ]
            rows = [
                (line, *("" if place is None else plain(cells[place]) for place in places))
                for line, cells in table.rows()
            ]
        return cls._checked(rows, source=path.name, name=path.stem)

    @classmethod
    def _checked(cls, rows: Iterable[tuple[Any, ...]], *, source: str, name: str) -> Self:
        """From (line, code, parent, level, title), all but the line text."""
        faults: list[Fault] = []
        titles: dict[str, str] = {}
        parents: dict[str, str] = {}
        given: dict[str, str] = {}
        places: dict[str, int] = {}
        for line, code, parent, level, title in rows:
            if not code or code in titles:
                reason = f"the code {code!r} is here twice" if code else "a row without a code"
                faults.append(Fault(source, line, reason))
            else:
                titles[code], parents[code], given[code], places[code] = title, parent, level, line
        levels: dict[str, int] = {}
        for code, parent in parents.items():
            line, depth = places[code], depth_of(code, parents)
            if parent and parent not in titles:
                faults.append(Fault(source, line, f"the parent of {code}, {parent!r}, is not there"))
            elif depth is None:
                faults.append(Fault(source, line, f"the parents of {code} go round in a circle"))
            elif given[code] not in ("", str(depth)):
                wrong = f"the level of {code} is {given[code]!r}; by its parents it is {depth}; blank will do"
                faults.append(Fault(source, line, wrong))
            else:
                levels[code] = depth
        if faults:
            raise ClassifierError(f"{source} has {len(faults)} faults", faults)
        if not titles:
            raise ClassifierError(f"{source} has no codes")
        return cls(titles, parents, levels, name)

    @property
    def depth(self) -> int:
        """The deepest level."""
        return max(self.levels.values())

    def title(self, code: str) -> str:
        """The title of a code, '' for one that is not in the classification."""
        return self.titles.get(code, "")

    def at(self, code: str, level: int) -> str | None:
        """The code at `level` that `code` is or lies below; None for an unknown code or one above `level`."""
        path = self._path(code)
        return path[level - 1] if 1 <= level <= len(path) else None

    def at_level(self, level: int) -> list[str]:
        """All codes of a level, in the order of the classification."""
        return [code for code, own in self.levels.items() if own == level]

    def level_of(self, codes: Collection[str]) -> int | None:
        """The deepest level among `codes`; None where none of them is in the classification."""
        return max((self.levels[code] for code in codes if code in self.levels), default=None)

    def _path(self, code: str) -> tuple[str, ...]:
        if code not in self.titles:
            return ()
        if code not in self._paths:
            parent = self.parents[code]
            self._paths[code] = (*(self._path(parent) if parent else ()), code)
        return self._paths[code]


def depth_of(code: str, parents: Mapping[str, str]) -> int | None:
    """At which level a code stands by its parents, 1 at the top; None where they go round in a circle."""
    seen = {code}
    while code := parents.get(code, ""):
        if code in seen:
            return None
        seen.add(code)
    return len(seen)

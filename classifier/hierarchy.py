"""The tree of a classification: which codes there are, what they are called and what they lie below."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from classifier.errors import ClassifierError, Fault
from classifier.tables import open_table

_COLUMNS = ("code", "title", "parent", "level")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A classification by code: `titles`, `parents` ('' at the top) and `levels` (1 at the top)."""

    titles: Mapping[str, str]
    parents: Mapping[str, str]
    levels: Mapping[str, int]
    name: str = ""
    _paths: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, path: str | Path, *, title: str = "title") -> Self:
        """The classification in a CSV file (UTF-8) with the columns code, title, parent and level.

        `title` names the column the titles come from. Codes are text: '01' is not '1'. Raises
        ClassifierError, with every fault of the file, for missing columns, blank or repeated codes, levels
        that are no number, parents that are absent or not one level up.
        """
        path = Path(path)
        with open_table(path) as table:
            wanted = [
                table.require(name, wanted_for=f"{name}s of the classification")
                for name in (*_COLUMNS, title)
            ]
            lines = [(line, [cells[place].strip() for place in wanted]) for line, cells in table.rows()]
        faults: list[Fault] = []
        titles: dict[str, str] = {}
        parents: dict[str, str] = {}
        levels: dict[str, int] = {}
        places: dict[str, int] = {}
        for line, (code, _, parent, level, name) in lines:
            if not code or code in titles:
                reason = f"the code {code!r} is here twice" if code else "a row without a code"
                faults.append(Fault(path.name, line, reason))
            elif not (level.isascii() and level.isdigit() and int(level) >= 1):
                faults.append(Fault(path.name, line, f"the level of {code} is {level!r}; write 1, 2, 3, ..."))
            else:
                titles[code], parents[code], levels[code], places[code] = name, parent, int(level), line
        faults += [
            Fault(
                path.name, places[code], f"the parent of {code} is {parent!r}, which is no code one level up"
            )
            for code, parent in parents.items()
            if (levels.get(parent) != levels[code] - 1 if parent else levels[code] != 1)
        ]
        if faults:
            raise ClassifierError(f"the classification {path} has {len(faults)} faults", faults)
        if not titles:
            raise ClassifierError(f"the classification {path} has no codes")
        return cls(titles, parents, levels, path.stem)

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

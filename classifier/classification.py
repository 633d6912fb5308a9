"""The codes of a classification with their words: which codes may be given, and what describes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from classifier.errors import ClassifierError, Fault
from classifier.examples import Examples
from classifier.hierarchy import depth_of
from classifier.tables import open_table
from classifier.text import is_blank, plain

Row = tuple[str, str | None, str | None, str | None, str | int | None]
"""(code, title, description, parent, level); all but the code may be blank."""

_COLUMNS: Final = ("title", "description", "parent", "level")


@dataclass(frozen=True, slots=True)
class Classification:
    """Codes with `titles` ('' where there is none), `descriptions` (likewise), and `levels`.

    A level is whatever tells codes of one depth from others. `levels` is empty where nothing is known of
    them: then codes of the same length count as of one level.
    """

    titles: Mapping[str, str]
    source: str = "the classification"
    descriptions: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row], *, source: str = "the classification") -> Self:
        """From (code, title, description, parent, level) rows; a blank level follows from the parents.

        Raises ClassifierError for a code that is there twice, and without any code.
        """
        return cls._collect(enumerate(rows, 1), source)

    @classmethod
    def read(cls, path: Path) -> Self:
        """A CSV file with the column `code`, and title, description, parent, level where there are such.

        Rows without a code are passed over. Raises ClassifierError as `of` does, with the lines.
        """
        with open_table(path) as table:
            code = table.require("code", wanted_for="codes of the classification")
            places = [
                table.require(name, wanted_for=f"{name}s of the classification")
                if name in table.header
                else None
                for name in _COLUMNS
            ]
            rows: list[tuple[int, Row]] = []
            for line, cells in table.rows():
                title, description, parent, level = (
                    "" if place is None else cells[place] for place in places
                )
                rows.append((line, (cells[code], title, description, parent, level)))
        return cls._collect(rows, str(path))

    @classmethod
    def _collect(cls, rows: Iterable[tuple[int, Row]], source: str) -> Self:
        titles: dict[str, str] = {}
        descriptions: dict[str, str] = {}
        parents: dict[str, str] = {}
        given: dict[str, str] = {}
        faults: list[Fault] = []
        for line, (raw, *words) in rows:
            code = plain(raw)
            title, description, parent, level = map(plain, words)
            if not code:
                continue
            if code in titles:
                faults.append(Fault(source, line, f"the code {code!r} is here twice"))
                continue
            titles[code] = title
            if description:
                descriptions[code] = description
            if parent:
                parents[code] = parent
            if level:
                given[code] = level
        if faults:
            raise ClassifierError(f"{source} has codes more than once; leave one row for each", faults)
        if not titles:
            raise ClassifierError(f"{source} has no code in its column 'code'")
        levels = {code: given.get(code) or str(depth_of(code, parents)) for code in titles}
        return cls(titles, source, descriptions, levels if parents or given else {})

    def check(self, examples: Examples, *, where: str) -> None:
        """Raise ClassifierError with a fault for every code of `examples` that is not in it."""
        first: dict[str, int] = {}
        count = Counter(code for code in examples.codes if code not in self.titles)
        for line, code in zip(examples.lines, examples.codes, strict=True):
            if code in count:
                first.setdefault(code, line)
        if not count:
            return
        faults = [
            Fault(
                where,
                first[code],
                f"code {code!r} ({rows} {'row' if rows == 1 else 'rows'}) is not in {self.source}",
            )
            for code, rows in sorted(count.items())
        ]
        raise ClassifierError(
            f"{where}: {count.total()} rows have codes that are not in {self.source}; correct them, or name "
            "another classification (codes are text: 0110 is not 110)",
            faults,
        )

    def beside(self, codes: Collection[str]) -> list[str]:
        """The codes of the levels that `codes` are of, in the order of the classification."""
        level: Mapping[str, str | int] = self.levels or {code: len(code) for code in self.titles}
        wanted = {level[code] for code in codes if code in level}
        return [code for code in self.titles if level[code] in wanted]

    def phrases(self, codes: Collection[str] | None = None) -> Examples:
        """Title and description of `codes` (None: of all) as texts with their code, a text each."""
        return Examples.of(
            (text, code)
            for code in (self.titles if codes is None else codes)
            for text in (self.titles.get(code, ""), self.descriptions.get(code, ""))
            if not is_blank(text)
        )

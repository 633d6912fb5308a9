"""A document of sections, as plain data: what a page, an HTML file and a DOCX file are all made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rows:
    """Which list of a study's pages holds the rows behind a number.

    ``page`` is the name of its address, ``args`` what stands in the address after the study, ``query`` what
    narrows it.
    """

    page: str
    args: tuple[int, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is shown, and the rows behind it; files show the text alone."""

    text: str
    rows: Rows

    def __str__(self) -> str:
        return self.text


Cell = str | Number


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``missing`` marks what only the authors can write."""

    text: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; columns from ``numbers_from`` on (counted from 0) hold figures."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers_from: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One box of a flow diagram: what, how many records, and boxes of those that leave the way beside it.

    ``rows``: the list of these records, where there is one.
    """

    label: str
    records: int
    beside: tuple["Step", ...] = ()
    rows: Rows | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow diagram from top to bottom."""

    caption: str
    steps: tuple[Step, ...]


Block = Paragraph | Table | Flow


@dataclass(slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """The whole."""

    title: str
    subtitle: str
    sections: Sequence[Section]

"""From the fields of a record to the text a model reads, and to the key that says two texts are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from classifier.errors import ClassifierError

LONGEST: Final = 5_000
"""Characters of a text that a model reads; occupations are described in a few hundred."""

_MISSING: Final = frozenset({"nan", "NaN"})
"""What spreadsheets and data frames write for a cell without a value."""

_UNREAD: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of signs that are no text: controls, formats, halves of signs, unassigned ones, line ends."""

_PIECE: Final = re.compile(r"\{([^{}]*)\}")
_OTHER: Final = re.compile(r"[\W_]+")


def is_blank(value: str) -> bool:
    """Whether a cell holds nothing: white space only, or a written-out NaN."""
    stripped = value.strip()
    return not stripped or stripped in _MISSING


def plain(value: object) -> str:
    """A cell as stripped text, empty for None and for what `is_blank`."""
    text = "" if value is None else str(value).strip()
    return "" if is_blank(text) else text


def clean(text: str) -> str:
    """`text` as models read it: composed (NFC), without control characters, single-spaced, at most LONGEST.

    Two texts that are the same after this are coded once.
    """
    # Four times as much is looked at, for there may be much white space; more would only cost time.
    text = unicodedata.normalize("NFC", text[: 4 * LONGEST])
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(sign) in _UNREAD else sign for sign in text)
    return " ".join(text.split())[:LONGEST].rstrip()


def normalise(text: str) -> str:
    """The key under which two texts count as the same when data are grouped for a split.

    Compatibility forms are unified (NFKC), case is folded, and all but letters and digits is left out, so
    that 'Truck-driver ' and 'truck driver' are one text.
    """
    return _OTHER.sub(" ", unicodedata.normalize("NFKC", clean(text)).casefold()).strip()


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A run of the template without white space: fields, each with the signs that stand and fall with it."""

    lead: str
    fields: tuple[tuple[str, str], ...]

    def render(self, row: Mapping[str, str]) -> str:
        parts = [f"{row[name].strip()}{tail}" for name, tail in self.fields if not is_blank(row[name])]
        if self.fields and not parts:
            return ""
        return self.lead + "".join(parts)


class Template:
    """How the fields of a record become one text: `{workplace}(에서) {position}(으로) {task}`.

    A name in braces stands for the value of that column. What is written right after a field, up to the next
    space or field, is its particle, and goes with it: without a position, `{position}(으로)` leaves nothing
    behind, not even a space. What is written right before the first field of a run goes when the whole run
    does. A record all of whose fields are blank has the empty text.

    Raises ClassifierError for a template without a field, or with braces that do not close.
    """

    def __init__(self, template: str) -> None:
        self.template = template
        self.columns: tuple[str, ...] = tuple(dict.fromkeys(_PIECE.findall(template)))
        """The columns it reads, each once, in order."""
        rest = _PIECE.sub("", template)
        if "{" in rest or "}" in rest:
            raise ClassifierError(
                f"the template {template!r} has a brace without its partner; write {{column}}"
            )
        if not self.columns:
            raise ClassifierError(
                f"the template {template!r} names no column; write one in braces: {{occupation}}"
            )
        if any(not name.strip() for name in self.columns):
            raise ClassifierError(f"the template {template!r} has braces without a column name between them")
        self._chunks = tuple(_chunks(template))

    def check(self, header: Sequence[str], *, where: str) -> None:
        """Raise ClassifierError, naming every column that the template reads and `header` lacks."""
        missing = [name for name in self.columns if name not in header]
        if missing:
            raise ClassifierError(
                f"the template {self.template!r} names {', '.join(map(repr, missing))}, not in {where}; "
                f"its columns are {', '.join(map(repr, header))}"
            )

    def render(self, row: Mapping[str, str]) -> str:
        """The text of a record, by column name; the empty text when every field is blank."""
        if all(is_blank(row[name]) for name in self.columns):
            return ""
        return clean(" ".join(part for chunk in self._chunks if (part := chunk.render(row))))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and other.template == self.template

    def __hash__(self) -> int:
        return hash(self.template)

    def __repr__(self) -> str:
        return f"Template({self.template!r})"


def _chunks(template: str) -> list[_Chunk]:
    """The runs between white space; white space inside braces belongs to a column's name."""
    found: list[_Chunk] = []
    for run in re.findall(r"(?:\{[^{}]*\}|\S)+", template):
        pieces = _PIECE.split(run)  # literal, name, literal, name, ..., literal
        fields = tuple(zip(pieces[1::2], pieces[2::2], strict=True))
        found.append(_Chunk(pieces[0], fields))
    return found

"""Training data: coded records and further phrases, checked before use."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from classifier.errors import ClassifierError
from classifier.tables import open_table
from classifier.text import Template, clean, is_blank


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts with codes, one place each: `texts[i]` (cleaned, never empty) has the code `codes[i]`.

    `lines` are the physical lines of the file they came from (or 1, 2, ... where they came from no file).
    `left_out` counts what could not be used, by reason.
    """

    texts: tuple[str, ...]
    codes: tuple[str, ...]
    lines: tuple[int, ...]
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, pairs: Iterable[tuple[object, object]]) -> Self:
        """From (text, code) pairs; None and NaN are blank; pairs with a blank are left out and counted."""
        return cls._collect(
            (place, clean(as_text(text)), as_text(code).strip())
            for place, (text, code) in enumerate(pairs, 1)
        )

    @classmethod
    def _collect(cls, rows: Iterable[tuple[int, str, str]]) -> Self:
        kept: list[tuple[int, str, str]] = []
        left_out: Counter[str] = Counter()
        for line, text, code in rows:
            if is_blank(code):
                left_out["no code"] += 1
            elif is_blank(text):
                left_out["no text"] += 1
            else:
                kept.append((line, text, code))
        return cls(
            texts=tuple(text for _, text, _ in kept),
            codes=tuple(code for _, _, code in kept),
            lines=tuple(line for line, _, _ in kept),
            left_out=dict(left_out),
        )

    def take(self, places: Iterable[int]) -> Examples:
        """Those at `places`, in that order; `left_out` is not carried along."""
        chosen = list(places)
        return Examples(
            tuple(self.texts[at] for at in chosen),
            tuple(self.codes[at] for at in chosen),
            tuple(self.lines[at] for at in chosen),
            {},
        )

    def plus(self, other: Examples) -> Examples:
        """These and then those; the counts of what was left out are added up."""
        return Examples(
            self.texts + other.texts,
            self.codes + other.codes,
            self.lines + other.lines,
            dict(Counter(self.left_out) + Counter(other.left_out)),
        )

    def fingerprint(self) -> str:
        """SHA-256 (hex) over texts and codes in order: the same data have the same."""
        digest = hashlib.sha256()
        for text, code in zip(self.texts, self.codes, strict=True):
            digest.update(f"{len(text)}:{text}{len(code)}:{code}".encode())
        return digest.hexdigest()


NOTHING = Examples((), (), (), {})


def read_examples(path: Path, template: Template, code_column: str) -> Examples:
    """The coded records of a CSV file.

    Rows with a blank code or text are left out and counted. Raises ClassifierError for missing columns, and
    for a file without a usable row.
    """
    with open_table(path) as table:
        table.require(code_column, wanted_for="codes")
        template.check(table.header, where=str(path))
        found = Examples._collect(
            (line, template.render(row), row[code_column].strip()) for line, row in table.records()
        )
    if not found.texts:
        raise ClassifierError(
            f"{path} has no row with both a text ({template.template}) and a code ({code_column})"
            + "".join(f"; {count} with {reason}" for reason, count in found.left_out.items())
        )
    return found


def read_phrases(path: Path) -> Examples:
    """Further training text: a CSV file with the columns `phrase` and `code`, blanks left out and counted."""
    with open_table(path) as table:
        phrase = table.require("phrase", wanted_for="phrases")
        code = table.require("code", wanted_for="codes of the phrases")
        return Examples._collect(
            (line, clean(cells[phrase]), cells[code].strip()) for line, cells in table.rows()
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which classes are learnt: `examples` and `extra` have their records and phrases alone.

    `too_small` are the classes that the filter left out, with their numbers of records.
    """

    examples: Examples
    extra: Examples
    classes: tuple[str, ...]
    too_small: dict[str, int]


def select_classes(
    examples: Examples,
    extra: Examples = NOTHING,
    *,
    min_class_size: int = 11,
    extra_adds_classes: bool = True,
) -> Selection:
    """Leave out classes of fewer than `min_class_size` records (the paper: 10 or fewer are left out, page 3).

    With `extra_adds_classes`, a class that has a further phrase stays however few its records are: this is
    how classes without records come in. Raises ClassifierError when fewer than two classes remain.
    """
    sizes = Counter(examples.codes)
    known: Collection[str] = set(extra.codes) if extra_adds_classes else ()
    kept = {code for code, size in sizes.items() if size >= min_class_size or code in known} | set(known)
    too_small = {code: size for code, size in sorted(sizes.items()) if code not in kept}
    if len(kept) < 2:
        raise ClassifierError(
            f"a model tells at least two codes apart, and {len(kept) or 'none'} "
            f"of {len(sizes)} has {min_class_size} records or more (--min-class-size); the largest: "
            + ", ".join(f"{code} ({size})" for code, size in sizes.most_common(3))
        )
    return Selection(
        examples.take(at for at, code in enumerate(examples.codes) if code in kept),
        extra.take(at for at, code in enumerate(extra.codes) if code in kept),
        tuple(sorted(kept)),
        too_small,
    )


def as_text(value: Any) -> str:
    """A cell of a data frame as text: None and NaN are blank; raises ClassifierError for what is no text."""
    if value is None or value != value:  # NaN alone is unlike itself
        return ""
    if not isinstance(value, str):
        raise ClassifierError(f"texts and codes are text; got {value!r}, a {type(value).__name__}")
    return value

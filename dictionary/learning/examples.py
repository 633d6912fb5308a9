"""The coded records that a dictionary is learned from, gathered by what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log
from typing import Final

from dictionary import splitters
from dictionary.normalise import split_words
from dictionary.standardise import Standardiser

Field = tuple[str, ...]
TextKey = tuple[Field, Field]

_MOSTLY: Final = 0.5


@dataclass(frozen=True, slots=True)
class CodedRecord:
    """One coded record: the physical line it starts on, its literals as written and its code."""

    line: int
    occupation: str
    industry: str
    code: str


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that nothing can be learned from, and why."""

    line: int
    occupation: str
    industry: str
    code: str
    reason: str


@dataclass(slots=True)
class Text:
    """One distinct text (normalised words of occupation and industry): its codes, and how it was written."""

    occupation: Field
    industry: Field
    codes: Counter[str] = field(default_factory=Counter)
    written: str = ""
    first_line: int = 0

    @property
    def records(self) -> int:
        return self.codes.total()


@dataclass(frozen=True, slots=True)
class Examples:
    """Distinct texts in the order of their words, and the rows left out."""

    texts: tuple[Text, ...]
    skipped: tuple[SkippedRow, ...]

    @property
    def records(self) -> int:
        return sum(text.records for text in self.texts)


def gather(records: Iterable[CodedRecord]) -> Examples:
    """Records with the same normalised words become one text; rows without words or code are listed."""
    texts: dict[TextKey, Text] = {}
    skipped: list[SkippedRow] = []
    for record in records:
        occupation, industry = split_words(record.occupation), split_words(record.industry)
        code = record.code.strip()
        reason = ""
        if not code:
            reason = "no code"
        elif not occupation and not industry:
            reason = "no words in the occupation or industry"
        if reason:
            skipped.append(SkippedRow(record.line, record.occupation, record.industry, record.code, reason))
            continue
        text = texts.get((occupation, industry))
        if text is None:
            written = " / ".join(
                part.strip() for part in (record.occupation, record.industry) if part.strip()
            )
            text = Text(occupation, industry, written=written, first_line=record.line)
            texts[(occupation, industry)] = text
        text.codes[code] += 1
    return Examples(tuple(texts[key] for key in sorted(texts)), tuple(skipped))


def mostly_hangul(examples: Examples) -> bool:
    """Whether more than half of the letters of all texts are Korean syllables."""
    letters = hangul = 0
    for text in examples.texts:
        for word in (*text.occupation, *text.industry):
            letters += sum(character.isalpha() for character in word)
            hangul += sum("가" <= character <= "힣" for character in word)
    return letters > 0 and hangul / letters > _MOSTLY


def choose_splitter(wanted: str, examples: Examples) -> str:
    """`wanted`, or for `auto` the splitter that fits the script most of the texts are in."""
    if wanted != "auto":
        return wanted
    return splitters.KOREAN if mostly_hangul(examples) else splitters.WORDS


@dataclass(frozen=True, slots=True)
class Bag:
    """What the coder sees of one or more texts with the same standard words.

    `words` are sorted, repetitions kept; `weights` gives each code its share of the bag's weight, which grows
    with the logarithm of the records, so that a common text speaks louder but not alone.
    """

    words: Field
    order: Field
    head: str
    industry: frozenset[str]
    codes: dict[str, int]
    weights: dict[str, float]
    weight: float


def bags(
    examples: Examples, standardise: Standardiser, *, left_out: frozenset[str] = frozenset()
) -> tuple[Bag, ...]:
    """The texts as standard words without those `left_out`; texts that fall together are made one.

    A text of which no word is left makes no bag.
    """
    codes: dict[tuple[Field, Field], Counter[str]] = {}
    orders: dict[tuple[Field, Field], tuple[Field, Field]] = {}
    for text in examples.texts:
        occupation = tuple(w for w in standardise(" ".join(text.occupation)) if w not in left_out)
        industry = tuple(w for w in standardise(" ".join(text.industry)) if w not in left_out)
        if not occupation and not industry:
            continue
        key = (tuple(sorted(occupation)), tuple(sorted(industry)))
        orders.setdefault(key, (occupation, industry))
        codes.setdefault(key, Counter()).update(text.codes)
    made: list[Bag] = []
    for key in sorted(codes):
        occupation, industry = orders[key]
        counts = codes[key]
        weight = 1 + log(counts.total())
        made.append(
            Bag(
                words=tuple(sorted(occupation + industry)),
                order=industry + occupation,
                head=(occupation or industry)[-1],
                industry=frozenset(industry) - frozenset(occupation),
                codes=dict(counts),
                weights={code: weight * count / counts.total() for code, count in sorted(counts.items())},
                weight=weight,
            )
        )
    return tuple(made)

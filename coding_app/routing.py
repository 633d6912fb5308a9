"""Which coded record is accepted from the machine, and which goes to a person: pure rules, no database."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple, Protocol, Self

from coding_app.choices import AcceptBy, Rule

ACCEPTING: Final = frozenset({Rule.DICTIONARY, Rule.THRESHOLD})
"""The rules that accept; every other one sends the record to a person."""

TEXT_COLUMNS: Final = ("occupation", "industry")
"""Where guard words are always looked for; the columns that a model reads come on top."""

# Letters of scripts in which words are written together, particles and all.
_JOINED: Final = "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
_JOINED_LETTER: Final = re.compile(f"[{_JOINED}]")
_LETTER: Final = rf"[^\W{_JOINED}]"
_BITS: Final = 64
_ALL: Final = 1 << _BITS


class Fault(NamedTuple):
    """Why settings cannot be used: the field, and what is wrong with it in words for the user."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Codes of ``group`` and below are accepted only when one of ``words`` stands in the text."""

    group: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stratum:
    """Records with one of ``values`` in an original column."""

    column: str
    values: tuple[str, ...]


class Stored(Protocol):
    """The row of a saved routing, as far as it is settings."""

    accept_by: Any
    threshold: Any
    min_margin: Any
    require_agreement: Any
    guarded: Any
    person_codes: Any
    person_strata: Any
    audit_share: Any
    audit_seed: Any


@dataclass(frozen=True, slots=True)
class Settings:
    """What a manager sets of a study's routing; as it is without any, the dictionary alone is believed.

    ``threshold``, ``min_margin`` and ``audit_share`` are shares from 0 to 1. The first two bind what is
    accepted by probability, the other fields whatever is accepted.
    """

    accept_by: AcceptBy = AcceptBy.DICTIONARY
    threshold: float = 0.8
    min_margin: float = 0.0
    require_agreement: bool = False
    guarded: tuple[Guard, ...] = ()
    person_codes: tuple[str, ...] = ()
    person_strata: tuple[Stratum, ...] = ()
    audit_share: float = 0.0
    audit_seed: int = 0

    @classmethod
    def of(cls, stored: Stored | None) -> Self:
        """The settings of a saved routing; the defaults where there is none."""
        if stored is None:
            return cls()
        return cls(
            accept_by=AcceptBy(stored.accept_by),
            threshold=stored.threshold,
            min_margin=stored.min_margin,
            require_agreement=stored.require_agreement,
            guarded=tuple(Guard(one["group"], tuple(one["words"])) for one in stored.guarded),
            person_codes=tuple(stored.person_codes),
            person_strata=tuple(Stratum(one["column"], tuple(one["values"])) for one in stored.person_strata),
            audit_share=stored.audit_share,
            audit_seed=stored.audit_seed,
        )

    def columns(self) -> dict[str, Any]:
        """The same as values of the row's columns, ready for JSON; :meth:`of` reads them back."""
        columns = asdict(self)
        columns["accept_by"] = self.accept_by.value
        columns["guarded"] = [{"group": one.group, "words": list(one.words)} for one in self.guarded]
        columns["person_codes"] = list(self.person_codes)
        columns["person_strata"] = [
            {"column": one.column, "values": list(one.values)} for one in self.person_strata
        ]
        return columns


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at.

    ``key`` is the record's; ``coded`` the code that the dictionary gave it; ``best`` the first suggestion,
    ``probability`` and ``margin`` its own and that above the second (``None`` without a model); ``model`` the
    model's own first code. ``row`` has the original columns and the literals by name; it may stay empty where
    :attr:`Rules.needs_rows` is false.
    """

    key: int
    coded: str | None
    best: str | None
    probability: float | None
    margin: float | None
    model: str | None
    row: Mapping[str, str]


class Rules:
    """Settings made ready to be asked of many records."""

    def __init__(
        self, settings: Settings, parents: Mapping[str, str | None], *, reads: Iterable[str] = ()
    ) -> None:
        self.settings = settings
        self._reads = tuple(dict.fromkeys((*TEXT_COLUMNS, *reads)))
        above = {code: _lineage(code, parents) for code in parents}
        people = set(settings.person_codes)
        self._people = frozenset(code for code, line in above.items() if people.intersection(line))
        self._guards = {
            code: guards
            for code, line in above.items()
            if (guards := [_pattern(one.words) for one in settings.guarded if one.group in line])
        }
        self._strata = [(one.column, frozenset(map(_same, one.values))) for one in settings.person_strata]

    @classmethod
    def of(cls, settings: Settings, parents: Mapping[str, str | None], *, reads: Iterable[str] = ()) -> Self:
        """Rules for a classification: ``parents`` maps each code to the one above it, ``None`` at the top.

        Args:
            reads: further columns in which guard words are looked for: those that the model reads.
        """
        return cls(settings, parents, reads=reads)

    @property
    def needs_rows(self) -> bool:
        """Whether the columns of a record make a difference."""
        return bool(self.settings.guarded or self._strata)

    def taken(self, facts: Facts) -> str | None:
        """The code that would be accepted, if the record is."""
        return facts.coded if self.settings.accept_by == AcceptBy.DICTIONARY else facts.best

    def apply(self, facts: Facts) -> tuple[bool, Rule]:
        """Whether the record is accepted, and the first rule that says so."""
        refused = self._refused(facts)
        if refused is not None:
            return False, refused
        if drawn(self.settings.audit_seed, facts.key, self.settings.audit_share):
            return False, Rule.AUDIT
        by_dictionary = self.settings.accept_by == AcceptBy.DICTIONARY
        return True, Rule.DICTIONARY if by_dictionary else Rule.THRESHOLD

    def _refused(self, facts: Facts) -> Rule | None:
        settings = self.settings
        by_probability = settings.accept_by == AcceptBy.PROBABILITY
        if facts.best is None:
            return Rule.NO_CODE
        if settings.accept_by == AcceptBy.NOBODY:
            return Rule.EVERYTHING
        taken = self.taken(facts)
        if taken is None or (by_probability and facts.probability is None):
            return Rule.NOT_CODED
        if taken in self._people:
            return Rule.PERSON_CODE
        if self._strata and any(_same(facts.row.get(name, "")) in values for name, values in self._strata):
            return Rule.PERSON_STRATUM
        if taken in self._guards and not self._said(taken, facts.row):
            return Rule.GUARDED
        if by_probability:
            if (facts.probability or 0.0) < settings.threshold:
                return Rule.BELOW
            if (facts.margin or 0.0) < settings.min_margin:
                return Rule.MARGIN
        if settings.require_agreement and not facts.coded == facts.model == taken:
            return Rule.DISAGREEMENT
        return None

    def _said(self, code: str, row: Mapping[str, str]) -> bool:
        text = _fold(" ".join(row.get(name, "") for name in self._reads))
        return all(pattern.search(text) is not None for pattern in self._guards[code])


def drawn(seed: int, key: int, share: float) -> bool:
    """Whether a record is in the audit: a share of all keys, the same ones whenever it is asked.

    A greater share draws the same records and others.
    """
    digest = hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=_BITS // 8).digest()
    return int.from_bytes(digest) < share * _ALL


def _lineage(code: str, parents: Mapping[str, str | None]) -> set[str]:
    line: set[str] = set()
    here: str | None = code
    while here is not None and here not in line:
        line.add(here)
        here = parents.get(here)
    return line


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """One that finds any of the words: whole ones, those in letters that are joined wherever they stand."""
    parts = []
    for word in map(_fold, words):
        escaped = re.escape(word)
        joined = _JOINED_LETTER.search(word)
        parts.append(escaped if joined else f"(?<!{_LETTER}){escaped}(?!{_LETTER})")
    return re.compile("|".join(parts) or r"(?!)")


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _same(text: str) -> str:
    return text.strip().casefold()

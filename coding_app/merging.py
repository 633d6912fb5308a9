"""Dictionary and model put together: for each record up to five codes, with probabilities and reasons."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import numpy as np

import classifier
import dictionary
from classifier.blend import SAID, Blend, Candidates
from coding_app.choices import SuggestionSource

SHOWN: Final = 5
"""Suggestions that a record gets at most."""
TAKEN: Final = 20
"""Codes of the model that are weighed against those of the dictionary."""
FOLDS: Final = 5

_WORDS: Final = {
    "match": SuggestionSource.MATCH,
    "spelling_guess": SuggestionSource.SPELLING_GUESS,
}
_SET_ASIDE: Final = frozenset({dictionary.Status.CHILD, dictionary.Status.UNKNOWN})

Scored = Sequence[tuple[str, float]]
"""The model's codes of a text with its probabilities, best first; empty for a blank text."""


class Ranked(NamedTuple):
    """One suggestion. ``priority`` is 0 and ``reason`` without phrases where the dictionary says nothing."""

    code: str
    source: SuggestionSource
    priority: int
    probability: float | None
    reason: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """The suggestions of a record, best first; ``model_code`` is the model's own first code."""

    suggestions: tuple[Ranked, ...]
    model_code: str | None = None

    @property
    def best(self) -> str | None:
        """The first suggestion."""
        return self.suggestions[0].code if self.suggestions else None

    @property
    def probability(self) -> float | None:
        """That of the first suggestion; ``None`` without a model."""
        return self.suggestions[0].probability if self.suggestions else None

    @property
    def margin(self) -> float | None:
        """How far the first probability is above the second, or above nothing where there is no second."""
        first = self.probability
        if first is None:
            return None
        second = self.suggestions[1].probability if len(self.suggestions) > 1 else None
        return first - (second or 0.0)


@dataclass(frozen=True, slots=True)
class Blends:
    """The weights for all records, and those for labelled ones: of each fold, fitted without it."""

    all: Blend
    folds: tuple[Blend, ...] = ()

    @classmethod
    def prior(cls) -> Self:
        """Nothing was fitted."""
        return cls(Blend.prior())

    def place(self, text: str, *, labelled: bool) -> int:
        """0 for the weights of all records, 1 and up for those of a fold."""
        return 1 + fold_of(text) if labelled and self.folds else 0

    def __getitem__(self, place: int) -> Blend:
        return self.folds[place - 1] if place else self.all


def fold_of(text: str) -> int:
    """The fold of a record by its text, so that the same text is in one fold only."""
    key = classifier.normalise(text) or text
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) % FOLDS


def is_set_aside(result: dictionary.Result) -> bool:
    """Whether nobody codes the record: a child, or a text that says nothing."""
    return result.status in _SET_ASIDE


def words_alone(result: dictionary.Result) -> Merged:
    """What the dictionary says, in its own order."""
    return Merged(
        tuple(
            [
                Ranked(one.code, _WORDS[one.source], one.priority, None, _reason(one))
                for one in result.candidates
            ]
        )
    )


def merge(
    results: Sequence[dictionary.Result],
    scores: Sequence[Scored],
    codable: AbstractSet[str],
    blend_of: Callable[[int], Blend],
) -> list[Merged]:
    """Suggestions of records by both, the most probable first; records set aside keep the dictionary's.

    Args:
        scores: of each record, the model's ``TAKEN`` first codes.
        codable: the codes that records may have; the model's others are not suggested.
        blend_of: the weights for the record at a place of ``results``.
    """
    pools = [
        None if is_set_aside(result) else pooled(result, scored, codable)
        for result, scored in zip(results, scores, strict=True)
    ]
    probable: dict[int, Sequence[float]] = {}
    by_blend: dict[int, tuple[Blend, list[int]]] = {}
    for place, pool in enumerate(pools):
        if pool is not None:
            blend = blend_of(place)
            by_blend.setdefault(id(blend), (blend, []))[1].append(place)
    for blend, places in by_blend.values():
        wanted = [pool for place in places if (pool := pools[place]) is not None]
        found = blend.probabilities(candidates(wanted))
        ends = np.cumsum([len(pool.codes) for pool in wanted])
        for place, part in zip(places, np.split(found, ends[:-1]), strict=True):
            probable[place] = part.tolist()
    return [
        words_alone(result) if pool is None else _ranked(pool, probable[place])
        for place, (result, pool) in enumerate(zip(results, pools, strict=True))
    ]


@dataclass(frozen=True, slots=True)
class Pool:
    """The codes that are weighed for one record, with what either witness says of each."""

    codes: list[str]
    model: dict[str, float]
    first: tuple[str, ...]
    words: Mapping[str, dictionary.Candidate]
    said: list[int]

    @property
    def rest(self) -> float:
        """What the model leaves for all other codes."""
        return max(0.0, 1.0 - sum(self.model.values()))


def pooled(result: dictionary.Result, scored: Scored, codable: AbstractSet[str]) -> Pool:
    """The model's first codes and the dictionary's candidates, each once."""
    model = {code: share for code, share in scored if code in codable}
    words = {one.code: one for one in result.candidates if one.code in codable}
    codes = [*model, *(code for code in words if code not in model)]
    tied: set[str] = set()
    if result.status is dictionary.Status.TIE:
        tied = {match.code for match in result.matches if match.priority == result.priority}
    said = [_said(words.get(code), result.code, tied) for code in codes]
    return Pool(codes, model, tuple(model)[:SHOWN], words, said)


def candidates(pools: Iterable[Pool]) -> Candidates:
    """The same in the arrays that a blend reads."""
    pools = list(pools)
    return Candidates(
        sizes=np.array([len(pool.codes) for pool in pools], dtype=np.int64),
        model=np.array([pool.model.get(code, 0.0) for pool in pools for code in pool.codes], dtype=float),
        rest=np.array([pool.rest for pool in pools], dtype=float),
        said=np.array([said for pool in pools for said in pool.said], dtype=np.int64),
        words=np.array(
            [_length(pool.words.get(code)) for pool in pools for code in pool.codes], dtype=np.int64
        ),
    )


def _said(words: dictionary.Candidate | None, coded: str | None, tied: AbstractSet[str]) -> int:
    if words is None:
        return SAID.index("")
    if words.source == "spelling_guess":
        return SAID.index("guess")
    if words.code == coded:
        return SAID.index("coded")
    return SAID.index("tied" if words.code in tied else "candidate")


def _length(words: dictionary.Candidate | None) -> int:
    return 0 if words is None else words.priority


def _ranked(pool: Pool, probabilities: Sequence[float]) -> Merged:
    order = sorted(
        range(len(pool.codes)),
        key=lambda at: (-probabilities[at], -pool.model.get(pool.codes[at], 0.0), pool.codes[at]),
    )
    return Merged(
        tuple([_suggestion(pool, pool.codes[at], probabilities[at]) for at in order[:SHOWN]]),
        pool.first[0] if pool.first else None,
    )


def _suggestion(pool: Pool, code: str, probability: float) -> Ranked:
    words = pool.words.get(code)
    if words is None:
        source = SuggestionSource.MODEL
    elif code in pool.first:
        source = SuggestionSource.BOTH
    else:
        source = _WORDS[words.source]
    reason = {**_reason(words), "model": pool.model.get(code)}
    # Rounding may carry a sum beyond 1.
    return Ranked(code, source, _length(words), min(1.0, probability), reason)


def _reason(words: dictionary.Candidate | None) -> dict[str, Any]:
    if words is None:
        return {"phrases": [], "guesses": [], "occupation_only": False}
    return {
        "phrases": list(words.phrases),
        "guesses": [list(guess) for guess in words.guesses],
        "occupation_only": words.occupation_only,
    }

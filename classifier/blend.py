"""One probability from two witnesses: a model's probabilities, and what a dictionary says of the same record.

Each record has some candidate codes, and the event that another code is right. Their probabilities are a
conditional logit (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974): the
exponential of a candidate's weighted features over the sum for all candidates of the record and 'some other
code'. What the features are is said beside the weights in `PRIOR`. 'Some other code' has the model's
probability of all codes that are no candidates, and a weight of its own.

The weights are fitted by maximum likelihood on records that the model did not learn from, with a ridge that
draws them towards `PRIOR`: few records move them little, many decide by themselves. Maximum likelihood makes
the result calibrated on records of the same kind.

The prior was fitted in the same way, and rounded, on the English demonstration: 2,051 made-up certificates
with 405 codes, of which the dictionary codes 96 %, 90 % of these rightly; instant baseline; five folds
grouped by text, seed 0. On records that neither the model nor the weights had seen, the first code is right
for 53.1 % by the model alone, for 87.8 % by the dictionary alone and for 88.2 % by both; the right one is
among the first five for 95.2 % (72.0 % by the model alone); the expected calibration error is 0.023. On the
Korean demonstration (219 records), which the prior was not fitted on, it gives 88.6 % (dictionary 86.3 %,
model 40.6 %) with an error of 0.075; fitted there by folds, the weights give 88.6 % with an error of 0.046. A
study whose dictionary is much better or worse needs labelled records of its own for its probabilities to mean
what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from classifier.errors import ClassifierError

PRIOR: Final[Mapping[str, float]] = MappingProxyType(
    {
        # Records for which the dictionary has no candidate: the model alone.
        "alone": 1.0,  # the logarithm of the model's probability
        "alone_other": 0.0,  # another code than the candidates
        # Records for which it has.
        "model": 0.3,  # the logarithm of the model's probability
        "coded": 4.4,  # the dictionary coded the record so
        "tied": 2.5,  # one of those that share the highest priority
        "candidate": 2.1,  # its phrase is in the text, but others have priority
        "guess": 3.2,  # its phrase is in the text if a word is read as a near one
        "words": 1.8,  # the logarithm of the number of words of its phrase
        "other": 0.8,  # another code than the candidates
    }
)
SAID: Final = ("", "coded", "tied", "candidate", "guess")
"""What a dictionary may make of a candidate: nothing, or the name of a weight."""
RIDGE: Final = 4.0
"""Half a square of the distance from the prior costs this much, in units of log-likelihood."""

_NAMES: Final = tuple(PRIOR)
_PLACE: Final = {name: place for place, name in enumerate(_NAMES)}
_SOFT: Final = 1e-3
"""Added to the model's probability where the dictionary has a say: a code that the model never met, or thinks
next to impossible, is not ruled out for that."""
_TINY: Final = 1e-12

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of n records, m rows in all, those of a record one after another.

    `sizes` (n,): how many candidates each record has, 0 allowed. `model` (m,) and `rest` (n,): the model's
    probability of each candidate, and of all other codes of the record together. `said` (m,): what the
    dictionary makes of a candidate, as a place in `SAID`. `words` (m,): of the longest phrase that speaks for
    it, 0 where none does.
    """

    sizes: Ints
    model: Floats
    rest: Floats
    said: Ints
    words: Ints

    def __post_init__(self) -> None:
        announced = int(self.sizes.sum())
        if {len(self.model), len(self.said), len(self.words)} != {announced}:
            raise ClassifierError(
                f"{announced} candidates were announced; there are {len(self.model)} probabilities, "
                f"{len(self.said)} words of a dictionary and {len(self.words)} lengths"
            )
        if len(self.rest) != len(self.sizes):
            raise ClassifierError(f"{len(self.sizes)} records have {len(self.rest)} remaining probabilities")

    @property
    def record(self) -> Ints:
        """(m,) the place of each candidate's record."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def _features(self) -> tuple[Floats, Floats]:
        """(m, w) of the candidates and (n, w) of the events that another code is right, w weights."""
        record = self.record
        spoken = np.bincount(record, weights=self.said > 0, minlength=len(self.sizes)) > 0
        rows = np.zeros((len(self.model), len(_NAMES)))
        beside = spoken[record]
        rows[:, _PLACE["model"]] = np.where(beside, np.log(self.model + _SOFT), 0)
        rows[:, _PLACE["alone"]] = np.where(beside, 0, np.log(np.maximum(self.model, _TINY)))
        for said, name in enumerate(SAID[1:], start=1):
            rows[:, _PLACE[name]] = self.said == said
        phrase = (self.said > 0) & (SAID.index("guess") != self.said)
        rows[:, _PLACE["words"]] = np.where(phrase, np.log(np.maximum(self.words, 1)), 0)
        others = np.zeros((len(self.sizes), len(_NAMES)))
        others[:, _PLACE["model"]] = np.where(spoken, np.log(self.rest + _SOFT), 0)
        others[:, _PLACE["other"]] = spoken
        others[:, _PLACE["alone"]] = np.where(spoken, 0, np.log(np.maximum(self.rest, _TINY)))
        others[:, _PLACE["alone_other"]] = ~spoken
        return rows, others


@dataclass(frozen=True, slots=True)
class Blend:
    """A weight for each name of `PRIOR`; raises ClassifierError for other names, or weights not finite."""

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        if set(self.weights) != set(_NAMES) or not np.isfinite(list(self.weights.values())).all():
            raise ClassifierError(f"a blend has a finite weight for each of {', '.join(_NAMES)}")

    def probabilities(self, candidates: Candidates) -> Floats:
        """(m,) each candidate's probability of being right; those of a record sum to at most 1.

        The order of a record's candidates makes no difference.
        """
        return _softmax(candidates, *candidates._features(), self._vector())[0]

    def to_dict(self) -> dict[str, float]:
        """For JSON; `Blend(...)` of it is this blend again."""
        return {name: float(self.weights[name]) for name in _NAMES}

    def _vector(self) -> Floats:
        return np.array([self.weights[name] for name in _NAMES])

    @classmethod
    def prior(cls) -> Self:
        """What is supposed of a study without labelled records."""
        return cls(PRIOR)

    @classmethod
    def fit(cls, candidates: Candidates, right: Bools, *, ridge: float = RIDGE) -> Self:
        """From labelled records that the model did not learn from.

        `right` (m,) marks the candidate that is the record's code; a record without a mark has another code.
        Deterministic. Raises ClassifierError when a record has two right candidates.
        """
        from scipy.optimize import minimize

        marks = np.bincount(candidates.record[right], minlength=len(candidates.sizes))
        if (marks > 1).any():
            raise ClassifierError("a record has two right candidates; mark its code once")
        rows, others = candidates._features()
        seen = rows[right].sum(axis=0) + others[marks == 0].sum(axis=0)
        prior = cls.prior()._vector()

        def loss(weights: Floats) -> tuple[float, Floats]:
            inside, outside, logs = _softmax(candidates, rows, others, weights)
            away = weights - prior
            value = logs.sum() - seen @ weights + ridge / 2 * away @ away
            return float(value), inside @ rows + outside @ others - seen + ridge * away

        found = minimize(loss, prior, jac=True, method="BFGS")
        return cls(dict(zip(_NAMES, map(float, found.x), strict=True)))


def _softmax(
    candidates: Candidates, rows: Floats, others: Floats, weights: npt.NDArray[Any]
) -> tuple[Floats, Floats, Floats]:
    """(m,) and (n,) probabilities, and (n,) logarithms of the sums that they were divided by."""
    record = candidates.record
    here, there = rows @ weights, others @ weights
    highest = there.copy()
    np.maximum.at(highest, record, here)
    grown, rest = np.exp(here - highest[record]), np.exp(there - highest)
    sums = rest + np.bincount(record, weights=grown, minlength=len(rest))
    return grown / sums[record], rest / sums, highest + np.log(sums)

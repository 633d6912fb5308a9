"""How far coders agree: shares, Cohen's kappa, Gwet's AC1 and Fleiss' kappa, each with its interval.

Plain Python: no Django, no models. What is compared are categories given to subjects (codes to records):

    agreed = cohen([("716", "716"), ("715", "716"), ("465", "465")])
    print(agreed.value, agreed.low, agreed.high, agreed.n)

Sources
    Wilson EB, 1927. Probable inference, the law of succession, and statistical inference. JASA 22:209-212.
    Newcombe RG, 1998. Interval estimation for the difference between independent proportions. Stat Med
    17:873-890 (method 10).
    Cohen J, 1960. A coefficient of agreement for nominal scales. Educ Psychol Meas 20:37-46.
    Fleiss JL, Cohen J, Everitt BS, 1969. Large sample standard errors of kappa. Psychol Bull 72:323-327.
    Fleiss JL, 1971. Measuring nominal scale agreement among many raters. Psychol Bull 76:378-382.
    Gwet KL, 2008. Computing inter-rater reliability and its variance in the presence of high agreement.
    Br J Math Stat Psychol 61:29-48.
    Gwet KL, 2014. Handbook of Inter-Rater Reliability, 4th ed. (subjects with missing ratings).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_NONE: Final = 1e-12
"""Below this a variance or a difference from 1 is rounding."""


class Problem(StrEnum):
    """Why an estimate lacks its value or its interval, or has an interval of another kind."""

    NOTHING = "nothing"
    """No subject was judged twice: there is neither value nor interval."""
    ONE_CATEGORY = "one_category"
    """All ratings are the same category, so that chance alone would agree always: no value."""
    ONE_SUBJECT = "one_subject"
    """One subject has no spread to take an interval from."""
    NO_SPREAD = "no_spread"
    """All subjects are alike (perfect agreement, say): the interval is of another kind, see ``Estimate``."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient of ``n`` subjects with its 95 % interval.

    Where no subject differs from another the usual variance is 0, and would give an interval without width.
    The interval is then Wilson's of the percent agreement, put into the coefficient with its chance
    agreement held fixed (``problem`` is ``NO_SPREAD``). ``low`` and ``high`` are both there or both ``None``.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    error: float | None = None
    """Standard error, where the interval is built on one."""
    problem: Problem | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, or ``None``."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def share(successes: float, trials: int) -> Estimate:
    """A share with Wilson's score interval (1927), both between 0 and 1.

    ``successes`` may be a sum of shares of subjects: their spread is never larger than that of yes and no,
    so that the interval is on the safe side.

    Raises:
        ValueError: when there are more successes than trials, or fewer than none.
    """
    if not 0 <= successes <= trials + _NONE:
        raise ValueError(f"{successes} successes in {trials} trials")
    if not trials:
        return Estimate(None, None, None, 0, problem=Problem.NOTHING)
    part = min(1.0, successes / trials)
    scale = 1 + _Z * _Z / trials
    centre = part + _Z * _Z / (2 * trials)
    spread = _Z * math.sqrt(part * (1 - part) / trials + _Z * _Z / (4 * trials * trials))
    low, high = max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
    # With none or all of them the end is exact; rounding may leave it a hair away.
    return Estimate(part, low if part > 0 else 0.0, high if part < 1 else 1.0, trials)


def difference(first: Estimate, second: Estimate) -> Estimate:
    """``first - second`` of two independent shares, with Newcombe's hybrid score interval (1998, method 10).

    ``n`` is the number of both together. Without one of the shares there is neither value nor interval.
    """
    n = first.n + second.n
    if first.value is None or second.value is None or first.interval is None or second.interval is None:
        return Estimate(None, None, None, n, problem=Problem.NOTHING)
    (low_1, high_1), (low_2, high_2) = first.interval, second.interval
    value = first.value - second.value
    below = math.hypot(first.value - low_1, high_2 - second.value)
    above = math.hypot(high_1 - first.value, second.value - low_2)
    return Estimate(value, max(-1.0, value - below), min(1.0, value + above), n)


Ratings = Iterable[Sequence[str]] | Mapping[tuple[str, ...], int]
"""For each subject the categories that its raters gave it, in any order, one or more of them; or how many
subjects got the same."""


def percent(ratings: Ratings) -> Estimate:
    """The share of agreeing pairs of raters, averaged over the subjects that two or more rated.

    With two raters this is the percent agreement; with more it is Fleiss' observed agreement (1971). The
    interval is Wilson's.
    """
    twice = [one for one in _patterns(ratings) if one.raters > 1]
    return share(math.fsum(one.subjects * one.agreed for one in twice), sum(one.subjects for one in twice))


def cohen(pairs: Ratings) -> Estimate:
    """Cohen's kappa (1960) of two fixed raters; interval by Fleiss, Cohen & Everitt (1969).

    Each subject has two categories: that of the first rater, then that of the second.
    """
    cells = {(first, second): count for (first, second), count in _counted(pairs).items()}
    n = sum(cells.values())
    if not n:
        return Estimate(None, None, None, 0, problem=Problem.NOTHING)
    rows, columns = Counter[str](), Counter[str]()
    for (first, second), count in cells.items():
        rows[first] += count
        columns[second] += count
    observed = sum(count for (a, b), count in cells.items() if a == b) / n
    chance = math.fsum(rows[one] * columns[one] for one in rows) / n**2
    if 1 - chance < _NONE:
        return Estimate(None, None, None, n, problem=Problem.ONE_CATEGORY)
    kappa = (observed - chance) / (1 - chance)
    agreeing = math.fsum(
        count / n * (1 - (rows[a] + columns[a]) / n * (1 - kappa)) ** 2
        for (a, b), count in cells.items()
        if a == b
    )
    differing = (1 - kappa) ** 2 * math.fsum(
        count / n * ((columns[a] + rows[b]) / n) ** 2 for (a, b), count in cells.items() if a != b
    )
    variance = (agreeing + differing - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    return _estimate(kappa, variance, n, observed=observed, chance=chance, quantile=_Z)


def gwet(ratings: Ratings, *, categories: int) -> Estimate:
    """Gwet's AC1 (2008), with its variance; raters may differ in number from subject to subject (2014).

    Args:
        categories: how many there were to choose from, whether given or not.

    Raises:
        ValueError: when more categories were given than there are.
    """
    found = _patterns(ratings)
    met = {category for one in found for category in one.counts}
    if len(met) > categories:
        raise ValueError(f"{len(met)} categories were given, of {categories} there are")
    if categories < 2:
        n = sum(one.subjects for one in found if one.raters > 1)
        problem = Problem.ONE_CATEGORY if n else Problem.NOTHING
        return Estimate(None, None, None, n, problem=problem)
    shares = _shares(found)
    chance = math.fsum(part * (1 - part) for part in shares.values()) / (categories - 1)
    by_pattern = [
        math.fsum(count * (1 - shares[category]) for category, count in one.counts.items())
        / (one.raters * (categories - 1))
        for one in found
    ]
    return _linearised(found, chance, by_pattern)


def fleiss(ratings: Ratings) -> Estimate:
    """Fleiss' kappa (1971) of interchangeable raters, two or more, of any number a subject.

    The variance is Gwet's (2014), by linearising: it holds for an interval whatever the agreement
    and for subjects with missing ratings. Fleiss' own of 1971 holds for raters who agree by chance only.
    """
    found = _patterns(ratings)
    shares = _shares(found)
    chance = math.fsum(part * part for part in shares.values())
    by_pattern = [
        math.fsum(count * shares[category] for category, count in one.counts.items()) / one.raters
        for one in found
    ]
    return _linearised(found, chance, by_pattern)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Ratings that ``subjects`` have in common: how often each category was given."""

    counts: dict[str, int]
    raters: int
    subjects: int

    @property
    def agreed(self) -> float:
        """The share of agreeing pairs among the raters, two or more."""
        alike = sum(count * (count - 1) for count in self.counts.values())
        return alike / (self.raters * (self.raters - 1))


def _counted(ratings: Ratings) -> Mapping[tuple[str, ...], int]:
    """How many subjects got the same ratings in the same order."""
    return ratings if isinstance(ratings, Mapping) else Counter(tuple(given) for given in ratings)


def _patterns(ratings: Ratings) -> list[_Pattern]:
    """The subjects that were rated at all; those with the same ratings together, for there are many."""
    same = Counter[tuple[str, ...]]()
    for given, subjects in _counted(ratings).items():
        if given:
            same[tuple(sorted(given))] += subjects
    return [_Pattern(dict(Counter(given)), len(given), subjects) for given, subjects in same.items()]


def _shares(found: Sequence[_Pattern]) -> dict[str, float]:
    """How likely each category is: the mean over the subjects of its share of their ratings."""
    subjects = sum(one.subjects for one in found)
    sums: dict[str, float] = {}
    for one in found:
        for category, count in one.counts.items():
            sums[category] = sums.get(category, 0.0) + one.subjects * count / one.raters
    return {category: part / subjects for category, part in sums.items()}


def _linearised(found: Sequence[_Pattern], chance: float, by_pattern: Iterable[float]) -> Estimate:
    """(observed - chance) / (1 - chance), and its variance from what each subject adds (Gwet 2014).

    ``by_pattern`` is what the categories of each pattern say of the chance agreement.
    """
    n = sum(one.subjects for one in found)
    n_twice = sum(one.subjects for one in found if one.raters > 1)
    if not n_twice:
        return Estimate(None, None, None, 0, problem=Problem.NOTHING)
    if 1 - chance < _NONE:
        return Estimate(None, None, None, n_twice, problem=Problem.ONE_CATEGORY)
    observed = math.fsum(one.subjects * one.agreed for one in found if one.raters > 1) / n_twice
    value = (observed - chance) / (1 - chance)
    if n < 2:
        return Estimate(value, None, None, n_twice, problem=Problem.ONE_SUBJECT)
    squares = []
    for one, by_chance in zip(found, by_pattern, strict=True):
        own = n / n_twice * (one.agreed - chance) / (1 - chance) if one.raters > 1 else 0.0
        added = own - 2 * (1 - value) * (by_chance - chance) / (1 - chance)
        squares.append(one.subjects * (added - value) ** 2)
    variance = math.fsum(squares) / (n * (n - 1))
    return _estimate(value, variance, n_twice, observed=observed, chance=chance, quantile=_student(n - 1))


def _student(freedom: int) -> float:
    # Here, not above: only pages that show such an interval need scipy.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def _estimate(
    value: float, variance: float, n: int, *, observed: float, chance: float, quantile: float
) -> Estimate:
    if variance > _NONE:
        error = math.sqrt(variance)
        low, high = value - quantile * error, value + quantile * error
        return Estimate(value, max(-1.0, low), min(1.0, high), n, error)
    around = share(observed * n, n)
    assert around.interval is not None
    low, high = ((end - chance) / (1 - chance) for end in around.interval)
    return Estimate(value, max(-1.0, low), min(1.0, high), n, problem=Problem.NO_SPREAD)

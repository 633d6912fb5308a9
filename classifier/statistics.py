"""Shares with their intervals, and the comparison of two coders on the same records."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from classifier.errors import ClassifierError
from classifier.intervals import wilson


@dataclass(frozen=True, slots=True)
class Rate:
    """`successes` of `trials`, as a share between 0 and 1 with Wilson's 95 % interval."""

    successes: int
    trials: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.trials:
            raise ClassifierError(f"{self.successes} successes of {self.trials} trials are no share")

    @property
    def value(self) -> float | None:
        """The share; None when nothing was tried."""
        return self.successes / self.trials if self.trials else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.successes, self.trials)

    def to_dict(self) -> dict[str, Any]:
        low, high = self.interval
        return {
            "value": self.value,
            "low": low,
            "high": high,
            "successes": self.successes,
            "trials": self.trials,
        }


@dataclass(frozen=True, slots=True)
class Paired:
    """Two coders on the same records: both right, only the first, only the second, neither."""

    both: int
    first_only: int
    second_only: int
    neither: int

    def __post_init__(self) -> None:
        if min(self.both, self.first_only, self.second_only, self.neither) < 0:
            raise ClassifierError(f"{self} has a negative count")

    @property
    def trials(self) -> int:
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def difference(self) -> float | None:
        """Accuracy of the second less that of the first; None without records."""
        return (self.second_only - self.first_only) / self.trials if self.trials else None

    def to_dict(self) -> dict[str, Any]:
        low, high = difference_interval(self)
        return {
            "both": self.both,
            "first_only": self.first_only,
            "second_only": self.second_only,
            "neither": self.neither,
            "difference": self.difference,
            "low": low,
            "high": high,
            "p": mcnemar(self),
        }


def mcnemar(table: Paired) -> float:
    """The exact two-sided p of McNemar's test: both coders are equally often the only one that is right.

    The binomial test of the records on which just one is right, at one half; 1 when there is none.
    """
    from scipy.stats import binomtest

    discordant = table.first_only + table.second_only
    if discordant == 0:
        return 1.0
    return float(binomtest(table.first_only, discordant, 0.5).pvalue)


def difference_interval(table: Paired, *, confidence: float = 0.95) -> tuple[float, float]:
    """An interval for `Paired.difference`; (-1, 1) without records.

    Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
    data", Statistics in Medicine 17 (1998) 2635-2650, method 10: Wilson's intervals of the two shares, put
    together with their correlation (continuity-corrected where it is positive).
    """
    n = table.trials
    if n == 0:
        return -1.0, 1.0
    first = table.both + table.first_only
    second = table.both + table.second_only
    low_1, high_1 = wilson(first, n, confidence=confidence)
    low_2, high_2 = wilson(second, n, confidence=confidence)
    share_1, share_2 = first / n, second / n
    phi = _phi(table, first, second)
    down_2, up_1 = share_2 - low_2, high_1 - share_1
    up_2, down_1 = high_2 - share_2, share_1 - low_1
    difference = share_2 - share_1
    # Rounding may leave a tiny negative number under the root.
    below = sqrt(max(0.0, down_2**2 - 2 * phi * down_2 * up_1 + up_1**2))
    above = sqrt(max(0.0, up_2**2 - 2 * phi * up_2 * down_1 + down_1**2))
    return max(-1.0, difference - below), min(1.0, difference + above)


def _phi(table: Paired, first: int, second: int) -> float:
    n = table.trials
    margins = first * (n - first) * second * (n - second)
    if margins == 0:
        return 0.0
    product = float(table.both * table.neither - table.first_only * table.second_only)
    if product > 0:
        product = max(product - n / 2, 0.0)
    return product / sqrt(margins)

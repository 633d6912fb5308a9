"""Intervals of shares: Wilson's for reporting, the exact binomial bound for guarantees."""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share, two-sided; (0, 1) when there are no trials."""
    if not trials:
        return (0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # Rounding may carry the ends beyond what a share can be.
    return (max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def exact_upper_bound(events: int, trials: int, *, confidence: float = 0.95) -> float:
    """The one-sided exact (Clopper-Pearson) upper bound of a rate; 1 when there are no trials.

    With at least the given confidence, the true rate is not above it.
    """
    if events >= trials:
        return 1.0
    # The quantile of a beta distribution; scipy.stats has it, too, but takes a second to import.
    from scipy.special import betaincinv

    return float(betaincinv(events + 1, trials - events, confidence))

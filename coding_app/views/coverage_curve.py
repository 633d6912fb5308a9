"""Coverage against accuracy as a curve with its interval: geometry for an inline SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from coding_app.selectors.explorer import Point

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 44
"""Margins of the plot, in the units of ``WIDTH`` and ``HEIGHT``: room for the scales."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of a scale: where it lies, and the share that is written there."""

    at: str
    share: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A threshold on the curve."""

    x: str
    y: str
    point: Point


@dataclass(frozen=True, slots=True)
class Curve:
    """What the template draws: ``band`` and ``line`` are points of a polygon and a polyline.

    ``goal`` is the height of the accuracy asked for, empty where it is below the scale; ``marks`` are the
    thresholds marked, by name.
    """

    band: str
    line: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    marks: tuple[tuple[str, Dot], ...]
    goal: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM
    middle: int = (LEFT + WIDTH - RIGHT) // 2


def curve(
    points: Sequence[Point], dots: Sequence[Point], marked: Sequence[tuple[str, Point]], *, max_error: float
) -> Curve | None:
    """The curve through ``points``, in whatever order; ``None`` when none of them accepts a record."""
    drawn = sorted({(one.accepted, one.wrong): one for one in points if one.accepted}.values(), key=_coverage)
    if not drawn:
        return None
    least = min(low for one in drawn for low, _high in [one.accuracy.interval or (0.0, 1.0)])
    # In tenths. The interval of a handful of records must not flatten the rest.
    bottom = min(0.9, max(0.0, math.floor(10 * max(least, _lowest(drawn) - 0.2)) / 10))

    def x(share: float) -> str:
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * share:.1f}"

    def y(share: float) -> str:
        part = (max(share, bottom) - bottom) / (1 - bottom)
        return f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part:.1f}"

    def dot(one: Point) -> Dot:
        return Dot(x(_coverage(one)), y(one.accuracy.value or 0.0), one)

    ends = [(x(_coverage(one)), *(one.accuracy.interval or (0.0, 1.0))) for one in drawn]
    upper = [f"{at},{y(high)}" for at, _low, high in ends]
    lower = [f"{at},{y(low)}" for at, low, _high in reversed(ends)]
    steps = round((1 - bottom) * 10)
    return Curve(
        band=" ".join([*upper, *lower]),
        line=" ".join(f"{x(_coverage(one))},{y(one.accuracy.value or 0.0)}" for one in drawn),
        across=tuple(Tick(x(part / 5), part / 5) for part in range(6)),
        up=tuple(Tick(y(bottom + part / 10), bottom + part / 10) for part in range(steps + 1)),
        dots=tuple(dot(one) for one in dots if one.accepted),
        marks=tuple((name, dot(one)) for name, one in marked if one.accepted),
        goal=y(1 - max_error) if 1 - max_error >= bottom else "",
    )


def _coverage(one: Point) -> float:
    return one.coverage.value or 0.0


def _lowest(drawn: Sequence[Point]) -> float:
    return min(one.accuracy.value or 0.0 for one in drawn)

"""Estimates with their intervals as a drawing: one row each, ready for an SVG without a line of script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from coding_app.agreement import Estimate

WIDTH: Final = 720
LEFT: Final = 190
RIGHT: Final = 20
ROW: Final = 24
TOP: Final = 8
AXIS: Final = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """One estimate: its label, its row's height, and where its ends and its middle are."""

    label: str
    y: int
    low: str
    middle: str
    high: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid and the value it stands for."""

    x: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything a template needs to draw it; lengths are in the units of its view box."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    height: int
    bottom: int
    width: int = WIDTH
    left: int = LEFT
    label: int = LEFT - 10


def chart(rows: Sequence[tuple[str, Estimate]]) -> Chart | None:
    """Estimates from top to bottom; those without a value are left out, and ``None`` where none has one.

    The scale begins at 0, or lower where an interval does, and ends at 1.
    """
    drawn = [(label, one) for label, one in rows if one.value is not None]
    if not drawn:
        return None
    ends = [one.low if one.low is not None else one.value for _label, one in drawn]
    least = min([0.0, *(end for end in ends if end is not None)])
    start = -1.0 if least < -0.5 else -0.5 if least < 0 else 0.0

    def x(value: float) -> str:
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * (value - start) / (1 - start):.1f}"

    bars = []
    for at, (label, one) in enumerate(drawn):
        assert one.value is not None
        low, high = one.interval or (one.value, one.value)
        bars.append(Bar(label, TOP + ROW * at + ROW // 2, x(low), x(one.value), x(high), one))
    bottom = TOP + ROW * len(drawn)
    steps = round((1 - start) / 0.25)
    ticks = tuple(Tick(x(start + 0.25 * step), start + 0.25 * step) for step in range(steps + 1))
    return Chart(tuple(bars), ticks, bottom + AXIS, bottom)

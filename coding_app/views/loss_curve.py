"""The loss of a training as a curve: geometry for an inline SVG, and the table it is drawn from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 36
"""Margins of the plot, in the units of ``WIDTH`` and ``HEIGHT``: room for the scales."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of a scale: where it lies, and what is written there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class LossCurve:
    """What the template draws: ``rows`` are share done (0 to 1) and loss, ``line`` a polyline's points."""

    line: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    rows: tuple[tuple[float, float], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM

    @property
    def first(self) -> float:
        """The first loss there is."""
        return self.rows[0][1]

    @property
    def last(self) -> float:
        """The latest loss there is."""
        return self.rows[-1][1]


def loss_curve(losses: Sequence[Sequence[float]]) -> LossCurve | None:
    """The curve through ``[share done, loss]`` pairs; ``None`` for fewer than two, which make no curve."""
    rows = tuple((float(share), float(loss)) for share, loss in losses)
    if len(rows) < 2:
        return None
    step, most = _scale(max(loss for _share, loss in rows))
    across = WIDTH - LEFT - RIGHT
    up = HEIGHT - TOP - BOTTOM

    def point(share: float, loss: float) -> str:
        return f"{LEFT + across * share:.1f},{HEIGHT - BOTTOM - up * loss / most:.1f}"

    return LossCurve(
        line=" ".join(point(share, max(loss, 0.0)) for share, loss in rows),
        across=tuple(Tick(LEFT + across * part / 4, f"{25 * part}\N{NO-BREAK SPACE}%") for part in range(5)),
        up=tuple(
            Tick(HEIGHT - BOTTOM - up * place * step / most, f"{place * step:g}")
            for place in range(round(most / step) + 1)
        ),
        rows=rows,
    )


def _scale(highest: float) -> tuple[float, float]:
    """The step between marks (1, 2 or 5 by a power of ten) and the end of a scale that holds ``highest``."""
    wanted = max(highest, 1e-6) / 4
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(power * part for part in (1, 2, 5, 10) if power * part >= wanted)
    return step, step * math.ceil(max(highest, 1e-6) / step)

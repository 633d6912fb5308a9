"""A flow of records as boxes and arrows: coordinates for an SVG."""

from dataclasses import dataclass
from typing import Final

from coding_app.document import Flow, Step

WIDTH: Final = 760
BOX: Final = 330
SIDE: Final = 300
HEIGHT: Final = 46
GAP: Final = 34
LINE: Final = 18


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and where its middle is."""

    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the diagram, and the lines of text in it."""

    x: int
    y: int
    width: int
    height: int
    lines: tuple[Line, ...]

    @property
    def middle(self) -> int:
        """Where its text is centred."""
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one point to another."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything a template needs to draw it."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    height: int
    width: int = WIDTH


def diagram(flow: Flow) -> Diagram:
    """The way from top to bottom, and to its right what leaves it at each step."""
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    y = 2
    for at, step in enumerate(flow.steps):
        tall = max(HEIGHT, 12 + LINE * len(step.beside))
        boxes.append(Box(2, y, BOX, tall, _two_lines(step, y + tall // 2)))
        if step.beside:
            x = WIDTH - SIDE - 2
            lines = tuple(
                Line(y + 6 + LINE * number + LINE // 2, f"{one.label}: {one.records:,}")
                for number, one in enumerate(step.beside)
            )
            side = 12 + LINE * len(step.beside)
            boxes.append(Box(x, y, SIDE, side, lines))
            arrows.append(Arrow(2 + BOX, y + min(side, tall) // 2, x, y + min(side, tall) // 2))
        if at + 1 < len(flow.steps):
            arrows.append(Arrow(2 + BOX // 2, y + tall, 2 + BOX // 2, y + tall + GAP))
        y += tall + GAP
    return Diagram(tuple(boxes), tuple(arrows), y - GAP + 2)


def _two_lines(step: Step, middle: int) -> tuple[Line, ...]:
    return (
        Line(middle - LINE // 2, step.label),
        Line(middle + LINE // 2, f"{step.records:,}"),
    )

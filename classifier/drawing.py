"""Figures as SVG that stands in a page: text kept as text, colours from the page, no ids shared between
figures.

Colours are names of the page's custom properties: matplotlib draws with stand-ins, which are put back as
`var(--...)`, so that one figure is readable in light and dark.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#010101"
MUTED: Final = "#020202"
GRID: Final = "#030303"
FIRST: Final = "#040404"
SECOND: Final = "#050505"
THIRD: Final = "#060606"
GROUND: Final = "#070707"

_NAMES: Final = {
    INK: "--text",
    MUTED: "--muted",
    GRID: "--line",
    FIRST: "--first",
    SECOND: "--second",
    THIRD: "--third",
    GROUND: "--surface",
}

_KOREAN: Final = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "AppleGothic",
    "UnDotum",
    "Baekmuk Dotum",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Droid Sans Fallback",
    "WenQuanYi Zen Hei",
)
"""Fonts with Hangul, the likeliest first. (The CJK fonts of Noto all have it, whatever their region.)"""


def fonts() -> list[str]:
    """Fonts to draw and measure with: one with Hangul where present, then the one matplotlib brings."""
    from matplotlib import font_manager

    present = {font.name for font in font_manager.fontManager.ttflist}
    return [*[name for name in _KOREAN if name in present][:1], "DejaVu Sans"]


@contextmanager
def canvas(width: float, height: float) -> Iterator[Figure]:
    """An empty figure of `width` by `height` inches, with the style of all figures."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(
        {
            "font.family": fonts(),
            "font.size": 10,
            "text.parse_math": False,  # a title may have a dollar sign
            "svg.fonttype": "none",
            "svg.hashsalt": "tiebreak",
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "axes.facecolor": "none",
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
        }
    ):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.patch.set_alpha(0)
        yield figure


def axes(figure: Figure, *, x: str = "", y: str = "") -> Axes:
    """The one plot of a figure, with its axis titles."""
    found = figure.add_subplot()
    found.set_xlabel(x)
    found.set_ylabel(y)
    return found


def percent(axis: Axes, *which: str) -> None:
    """Write the ticks of the axes 'x', 'y' as percentages, at round ones."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for name in which:
        own = axis.xaxis if name == "x" else axis.yaxis
        own.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10]))
        own.set_major_formatter(FuncFormatter(lambda share, _: f"{round(100 * share, 6):g}%"))


def plain_log(axis: Axes) -> None:
    """Write the ticks of a logarithmic x axis as whole numbers: 10, 100, 1,000."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else ""))
    axis.xaxis.set_minor_formatter(NullFormatter())


def to_svg(figure: Figure, *, name: str, title: str) -> str:
    """The `<svg>` element alone; `name` (letters and hyphens) sets its ids apart, `title` is read out."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    for stand_in, variable in _NAMES.items():
        svg = svg.replace(stand_in, f"var({variable})")
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    # The page's font comes first in the reader's browser, which need not have the one that was measured with.
    svg = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font: \1 var(--font)", svg)
    label = escape(title, quote=True)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return re.sub(r' xmlns(:xlink)?="[^"]+"', "", svg, count=2).strip()

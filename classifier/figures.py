"""The figures of a report, each drawn from values of metrics.json and given as one `<svg>` element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from classifier.drawing import (
    FIRST,
    GRID,
    GROUND,
    INK,
    MUTED,
    SECOND,
    axes,
    canvas,
    percent,
    plain_log,
    to_svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Json = dict[str, Any]
_LONGEST: Final = 34
_STEADY: Final = 20
_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")


def top_accuracy(levels: Sequence[Json], *, names: Sequence[str]) -> str:
    """Top-1 to top-5 at every level; `levels` have `top` (five rates), `names` say what they are."""
    with canvas(6.4, 3.6) as figure:
        plot = axes(figure, x="Codes offered", y="Records with the right code")
        for place, (level, name) in enumerate(zip(levels, names, strict=True)):
            rates = level["top"]
            color = (FIRST, SECOND, MUTED, INK)[(len(levels) - 1 - place) % 4]
            places = [k + (place - (len(levels) - 1) / 2) * 0.06 for k in range(1, 6)]
            plot.errorbar(
                places,
                [rate["value"] for rate in rates],
                yerr=_bars(rates),
                color=color,
                marker=_MARKERS[place % len(_MARKERS)],
                markersize=5,
                capsize=2,
                label=name,
            )
        plot.set_xticks(range(1, 6))
        percent(plot, "y")
        plot.grid(axis="x", visible=False)
        plot.legend(loc="lower right")
        return to_svg(figure, name="top", title="Top-1 to top-5 accuracy at every level")


def size_and_precision(data: Json) -> str:
    """Fig. 2 of the paper: training size (log axis) against precision, a point a class, and the line."""
    with canvas(6.4, 4.0) as figure:
        plot = axes(figure, x="Training records of the class (log scale)", y="Precision")
        sizes = [point["trained"] for point in data["points"]]
        plot.scatter(
            sizes,
            [point["precision"] for point in data["points"]],
            s=26,
            color=FIRST,
            alpha=0.65,
            linewidths=0,
        )
        if data["slope"] is not None:
            from math import log10

            ends = [min(sizes), max(sizes)]
            plot.plot(ends, [data["intercept"] + data["slope"] * log10(size) for size in ends], color=SECOND)
            plot.set_title(_fit_words(data), fontsize=10, loc="left")
        plain_log(plot)
        plot.set_ylim(-0.04, 1.04)
        return to_svg(figure, name="size", title="Training size of each class against its precision")


def _fit_words(data: Json) -> str:
    p = data["p"]
    return f"R² = {data['r_squared']:.2f}, " + ("p < 0.001" if p < 0.001 else f"p = {p:.3f}")


def precision_by_group(groups: Sequence[Json]) -> str:
    """Table 4 drawn: the precision of the classes of every major group, quartiles and single classes."""
    shown = [row for row in groups if row["precisions"]]
    with canvas(7.2, 0.9 + 0.42 * len(shown)) as figure:
        plot = axes(figure, x="Precision of the classes")
        labels = [_short(f"{row['group']} {row['title']}") for row in shown]
        _boxes(plot, [row["precisions"] for row in shown], labels)
        plot.set_xlim(-0.02, 1.02)
        return to_svg(figure, name="groups", title="Precision of the classes of every major group")


def under_and_over(rows: Sequence[Json]) -> str:
    """Supplementary Fig. 1: training sizes of classes under and over the cut, by model."""
    shown = [row for row in rows if row["sizes"]]
    with canvas(7.2, 0.9 + 0.5 * len(shown)) as figure:
        plot = axes(figure, x="Training records of the class (log scale)")
        sides = {"under": "precision < ", "over": "precision ≥ "}
        labels = [f"{row['model']}: {sides[row['side']]}{row['cut']:g}" for row in shown]
        # A class without training records has no place on a log axis.
        _boxes(plot, [[size for size in row["sizes"] if size] for row in shown], labels)
        plain_log(plot)
        return to_svg(figure, name="under-over", title="Training sizes of classes under and over the cut")


def _boxes(plot: Axes, values: Sequence[Sequence[float]], labels: Sequence[str]) -> None:
    """Horizontal boxes (quartiles, whiskers to the ends) with every single value, the first on top."""
    places = list(range(len(values), 0, -1))
    line = {"color": INK, "linewidth": 1.2}
    plot.boxplot(
        values,
        positions=places,
        orientation="horizontal",
        widths=0.55,
        whis=(0, 100),
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": GRID, "edgecolor": INK, "linewidth": 1.2},
        medianprops={"color": SECOND, "linewidth": 2.2},
        whiskerprops=line,
        capprops=line,
    )
    for place, row in zip(places, values, strict=True):
        plot.plot(row, [place] * len(row), "o", color=FIRST, alpha=0.5, markersize=4, markeredgewidth=0)
    plot.set_yticks(places, labels)
    plot.grid(axis="y", visible=False)


def models(rows: Sequence[Json]) -> str:
    """Supplementary Table 3 drawn: accuracy of each model on its own classes and on all records."""
    with canvas(7.2, 1.2 + 0.45 * len(rows)) as figure:
        plot = axes(figure, x="Accuracy")
        for side, color, marker, shift in (("own", FIRST, "o", 0.12), ("all", SECOND, "s", -0.12)):
            _dots(plot, [row[side]["accuracy"] for row in rows], color, marker, shift, _SIDES[side])
        plot.set_yticks(range(len(rows), 0, -1), [_short(row["model"]) for row in rows])
        plot.set_ylim(0.5, len(rows) + 0.5)
        percent(plot, "x")
        plot.grid(axis="y", visible=False)
        figure.legend(loc="outside upper left", ncols=2)
        return to_svg(figure, name="models", title="Accuracy of the models side by side")


_SIDES = {"own": "records of its own classes", "all": "all records"}


def reliability(before: Json | None, after: Json) -> str:
    """Stated probability against accuracy, by bins, before and after calibration, and where records lie."""
    with canvas(6.4, 5.0) as figure:
        plot, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        plot.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="as stated")
        pairs = ((before, "before calibration", SECOND, "s"), (after, "calibrated", FIRST, "o"))
        for data, label, color, marker in pairs:
            if data is None or data["ece"] is None:
                continue
            bins = [row for row in data["table"] if row["accuracy"]["trials"]]
            rates = [row["accuracy"] for row in bins]
            plot.errorbar(
                [row["confidence"] for row in bins],
                [rate["value"] for rate in rates],
                yerr=_bars(rates),
                color=color,
                marker=marker,
                markersize=5,
                capsize=2,
                label=f"{label}: ECE {data['ece']:.3f}",
            )
            counts = [row["accuracy"]["trials"] for row in data["table"]]
            edges = [row["low"] for row in data["table"]] + [1.0]
            below.stairs(counts, edges, color=color, linewidth=1.5)
        plot.set_ylabel("Right")
        plot.set_ylim(-0.02, 1.02)
        figure.legend(*plot.get_legend_handles_labels(), loc="outside upper left", ncols=3)
        below.set_ylabel("Records")
        below.set_xlabel("Stated probability of the first code")
        percent(plot, "y")
        percent(below, "x")
        return to_svg(figure, name="reliability", title="Reliability before and after calibration")


def coverage(curve: Sequence[Json], *, marks: Sequence[Json] = ()) -> str:
    """Coverage against accuracy among the accepted, with Wilson's band; `marks` are pointed out."""
    with canvas(6.4, 4.0) as figure:
        plot = axes(figure, x="Coverage: records accepted", y="Accuracy among the accepted")
        shares = [point["coverage"]["value"] for point in curve]
        rates = [point["accuracy"] for point in curve]
        plot.fill_between(
            shares,
            [rate["low"] for rate in rates],
            [rate["high"] for rate in rates],
            color=FIRST,
            alpha=0.2,
            lw=0,
        )
        plot.plot(shares, [rate["value"] for rate in rates], color=FIRST)
        # The first handful of records may all be wrong; they must not set the scale.
        bottom = min([rate["value"] for rate in rates if rate["trials"] >= _STEADY] or [0.0])
        for point in marks:
            if not point["accuracy"]["trials"]:
                continue
            at = (point["coverage"]["value"], point["accuracy"]["value"])
            plot.plot(*at, "o", color=SECOND, markersize=5.5, markeredgecolor=GROUND, markeredgewidth=1)
            plot.annotate(
                f"{point['threshold']:.2f}",
                at,
                xytext=(5, 6),
                textcoords="offset points",
                fontsize=9,
                color=INK,
            )
        plot.set_xlim(0, 1.02)
        plot.set_ylim(max(0.0, bottom - 0.08), 1.01)
        percent(plot, "x", "y")
        return to_svg(figure, name="coverage", title="Coverage against accuracy among the accepted")


def group_confusion(names: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Major groups against each other: share of the reference group's records given to each group."""
    size = len(names)
    with canvas(2.4 + 0.5 * size, 1.2 + 0.42 * size) as figure:
        plot = axes(figure, x="Given by the model", y="Reference")
        plot.grid(visible=False)
        for row, line in enumerate(counts):
            total = sum(line)
            for column, count in enumerate(line):
                share = count / total if total else 0.0
                plot.barh(
                    row,
                    1,
                    left=column - 0.5,
                    height=1,
                    color=FIRST,
                    alpha=0.85 * share,
                    edgecolor=GRID,
                    lw=0.5,
                )
                if count:
                    ink = GROUND if share > 0.55 else INK
                    plot.text(column, row, str(count), ha="center", va="center", fontsize=8, color=ink)
        plot.set_xticks(range(size), [name.split(" ")[0] for name in names])
        plot.set_yticks(range(size), [_short(name) for name in names])
        plot.set_xlim(-0.5, size - 0.5)
        plot.set_ylim(size - 0.5, -0.5)
        return to_svg(figure, name="confusion", title="Major groups given against the reference")


def side_by_side(rows: Sequence[Json], names: Sequence[str]) -> str:
    """Accuracies of models at every level of a comparison: `rows` have `label` and `accuracies` (a rate a
    model).
    """
    with canvas(7.2, 1.2 + (0.22 + 0.16 * len(names)) * len(rows)) as figure:
        plot = axes(figure, x="Accuracy")
        colors = (FIRST, SECOND, MUTED, INK)
        step = 0.7 / max(len(names), 1)
        for place, name in enumerate(names):
            shift = ((len(names) - 1) / 2 - place) * step
            rates = [row["accuracies"][place] for row in rows]
            _dots(plot, rates, colors[place % 4], _MARKERS[place % len(_MARKERS)], shift, _short(name))
        plot.set_yticks(range(len(rows), 0, -1), [_short(row["label"]) for row in rows])
        plot.set_ylim(0.5, len(rows) + 0.5)
        percent(plot, "x")
        plot.grid(axis="y", visible=False)
        figure.legend(loc="outside upper left", ncols=min(3, len(names)))
        return to_svg(figure, name="compared", title="Accuracy of the models at every level")


def _dots(plot: Axes, rates: Sequence[Json], color: str, marker: str, shift: float, label: str) -> None:
    """A dot with its interval for every rate, the first on top; rates of no records are left out."""
    places = [len(rates) - i + shift for i, rate in enumerate(rates) if rate["trials"]]
    shown = [rate for rate in rates if rate["trials"]]
    plot.errorbar(
        [rate["value"] for rate in shown],
        places,
        xerr=_bars(shown),
        fmt=marker,
        color=color,
        markersize=6,
        capsize=2.5,
        label=label,
    )


def _bars(rates: Sequence[Json]) -> list[list[float]]:
    # Rounding can put an end of Wilson's interval a hair inside the share itself (0 or n of n).
    return [
        [max(0.0, rate["value"] - rate["low"]) for rate in rates],
        [max(0.0, rate["high"] - rate["value"]) for rate in rates],
    ]


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"

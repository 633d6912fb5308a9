"""The sections of a report that follow the paper's post-hoc analyses."""

from __future__ import annotations

from html import escape
from typing import Any

from classifier import figures
from classifier.markup import Safe, code, facts, figure, folded, note, p_value, rate, table

Json = dict[str, Any]


def size(metrics: Json) -> Safe:
    data = metrics["size_and_precision"]
    if data is None or not data["points"]:
        return note("The model's card does not say how many records of each code it was trained on.")
    titles = {row["code"]: row["title"] for row in metrics["classes"]}
    rows = [
        [code(point["code"], titles.get(point["code"], "")), point["trained"], point["precision"]]
        for point in sorted(data["points"], key=lambda point: (-point["trained"], point["code"]))
    ]
    line = facts(
        [
            ("Classes", len(data["points"])),
            ("R-squared", data["r_squared"]),
            ("p of the slope", p_value(data["p"])),
            (
                "Precision for ten times the records",
                None if data["slope"] is None else f"{data['slope']:+.2f}",
            ),
        ]
    )
    caption = (
        "One point a class: training records against precision, with the least-squares line on the "
        "logarithm of the "
        "size (Fig. 2 of Kim et al. 2024). A class with records that was never given has precision 0."
    )
    left = data["left_out"]
    more = (
        folded(
            f"{len(left)} classes are left out, for want of training records or of a precision",
            table(["Code"], [[code(one, titles.get(one, ""))] for one in left]),
        )
        if left
        else Safe("")
    )
    drawn = table(["Code", "Training records", "Precision"], rows)
    return Safe(line + figure(figures.size_and_precision(data), caption, drawn) + more)


def groups(metrics: Json) -> Safe:
    groups = metrics["major_groups"]
    known = metrics["size_and_precision"] is not None
    rows = [
        [
            code(row["group"], row["title"]),
            row["classes"],
            row["trained"] if known else None,
            f"{row['mean_trained']:,.0f}" if known else None,
            _range(row["precision"], "min", "max"),
            _middle(row["precision"]),
        ]
        for row in groups
    ]
    header = [
        "Major group",
        "Classes (A)",
        "Training records (B)",
        "Mean (B/A)",
        "Precision, min–max",
        "Median (Q1–Q3)",
    ]
    drawn = table(header, rows)
    caption = (
        "Precision of the classes of every major group (Table 4 of Kim et al. 2024): a point a class, the "
        "box from the "
        "first to the third quartile, the line at the median, whiskers to the ends."
    )
    if not any(row["precisions"] for row in groups):
        return drawn
    return figure(figures.precision_by_group(groups), caption, drawn)


def under_and_over(metrics: Json) -> Safe:
    rows = metrics["under_and_over"]
    drawn = table(
        ["Model", "Precision", "Classes", "Min", "Q1", "Median", "Q3", "Max", "Mean"],
        [
            [
                row["model"],
                f"{'under' if row['side'] == 'under' else 'at least'} {row['cut']:g}",
                row["trained"]["n"],
                *[_whole(row["trained"][key]) for key in ("min", "q1", "median", "q3", "max", "mean")],
            ]
            for row in rows
        ],
        words=(0, 1),
    )
    caption = (
        "Training records of the classes with precision under one half and of the others (Supplementary "
        "Fig. 1 of "
        "Kim et al. 2024); where a half model was trained, for both."
    )
    if not any(size for row in rows for size in row["sizes"]):
        return drawn
    return figure(figures.under_and_over(rows), caption, drawn)


def models(metrics: Json) -> Safe:
    rows = [
        [
            _named(row) if side == "own" else Safe(""),
            side,
            row["classes"],
            row["trained"],
            row[side]["records"],
            rate(row[side]["accuracy"]),
            *[row[side]["weighted"][key] for key in ("precision", "recall", "f1")],
            row[side]["macro"]["f1"],
            rate(row[side]["top_5"]),
        ]
        for row in metrics["models"]
        for side in ("own", "all")
    ]
    header = [
        "Model",
        "Records",
        "Classes",
        "Training texts",
        "Judged",
        "Accuracy",
        "Precision",
        "Recall",
        "F1",
        "Macro F1",
        "Top-5",
    ]
    caption = (
        "The paper's variants (Supplementary Table 3), trained for this table with the paper's class filter "
        "and judged on the same held-out records, not calibrated. 'Own': only records "
        "whose code is "
        "a class of the model, as the paper does; 'all': every record, those of left-out classes counted "
        "as wrong."
    )
    drawn = figure(figures.models(metrics["models"]), caption, table(header, rows, words=(0, 1)))
    missing = [
        f"{row['model']} ({row['description']}) was not trained: {row['reason']}."
        for row in metrics["models_left_out"]
    ]
    return Safe(drawn + (note(*missing) if missing else ""))


def _named(row: Json) -> Safe:
    return Safe(f'{code(row["model"])} <span class="about">{escape(row["description"])}</span>')


def _whole(value: float | None) -> str | None:
    return None if value is None else f"{value:,.0f}"


def _range(data: Json, low: str, high: str) -> str | None:
    return None if data[low] is None else f"{data[low]:.2f}–{data[high]:.2f}"


def _middle(data: Json) -> str | None:
    return None if data["median"] is None else f"{data['median']:.2f} ({_range(data, 'q1', 'q3')})"

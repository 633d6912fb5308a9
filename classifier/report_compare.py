"""A comparison of models as a page."""

from __future__ import annotations

from html import escape
from typing import Any

from classifier import figures
from classifier.markup import (
    Safe,
    code,
    facts,
    figure,
    folded,
    note,
    p_value,
    page,
    percent,
    rate,
    signed,
    table,
)

Json = dict[str, Any]


def render(metrics: Json, *, title: str = "Comparison of models") -> str:
    """The page for what `classifier.comparison.compare` gave."""
    sections = [("accuracy", "Accuracy", _accuracy(metrics)), ("models", "The models", _models(metrics))]
    for place, pair in enumerate(metrics["pairs"], 1):
        sections.append((f"pair-{place}", f"{pair['second']} against {pair['first']}", _pair(pair)))
    about = [(f"Data: {key.replace('_', ' ')}", value) for key, value in metrics["data"].items()]
    lead = facts([*about, ("Records judged", metrics["records"])])
    return page(title, Safe(f"<section>{lead}</section>"), sections)


def _accuracy(metrics: Json) -> Safe:
    names = [model["name"] for model in metrics["models"]]
    levels = metrics["levels"]
    drawn = table(
        ["", "Records", *names],
        [[row["label"], row["records"], *[rate(cell) for cell in row["accuracies"]]] for row in levels],
    )
    if not metrics["records"]:
        return drawn
    caption = (
        "The same records for every model; 'first five' counts a record when its right code is among them."
    )
    return figure(figures.side_by_side(levels, names), caption, drawn)


def _models(metrics: Json) -> Safe:
    header = [
        "Model",
        "Classes",
        "Records of codes it lacks",
        "Weighted F1",
        "Macro F1",
        "ECE",
        "Log loss",
        "Coverage at 95 % accuracy",
    ]
    rows = []
    for model in metrics["models"]:
        target = next(row for row in model["targets"] if row["target"] == 0.95)
        covered = target["coverage"]["value"] if target["coverage"] else 0.0
        rows.append(
            [
                model["name"],
                model["classes"],
                model["unknown"],
                model["averages"]["weighted"]["f1"],
                model["averages"]["macro"]["f1"],
                _three(model["ece"]),
                _three(model["log_loss"]),
                percent(covered if metrics["records"] else None),
            ]
        )
    return table(header, rows)


def _pair(pair: Json) -> Safe:
    first, second = pair["first"], pair["second"]
    tests = table(
        ["", "Both right", f"Only {first}", f"Only {second}", "Neither", "Difference, points", "p"],
        [
            [
                row["label"],
                row["both"],
                row["first_only"],
                row["second_only"],
                row["neither"],
                signed(row),
                p_value(row["p"]),
            ]
            for row in pair["tests"]
        ],
    )
    by = ["Right code", first, second]
    groups = table(by, [_row(row) for row in pair["groups"]])
    codes = table(by, [_row(row) for row in pair["codes"]])
    return Safe(
        tests
        + note(
            f"The difference is the accuracy of {second} less that of {first}, in percentage points, with",
            "Newcombe's 95 % interval for paired shares; p is of McNemar's exact test, two-sided.",
        )
        + facts([("Both give the same code", rate(pair["same_code"]))])
        + f"<h3>By major group, where they differ</h3>{groups}"
        + "<h3>By code, where they differ</h3>"
        + folded(f"{len(pair['codes'])} codes", codes)
        + "".join(
            f"<h3>{heading}</h3>" + folded(f"{len(rows)} records", _records(rows, first, second))
            for heading, rows in (
                (_only(first), pair["only_first"]),
                (_only(second), pair["only_second"]),
            )
        )
    )


def _only(name: str) -> str:
    return f"Records only {escape(name)} has right"


def _row(row: Json) -> list[object]:
    return [code(row["code"], row["title"]), rate(row["first"]), rate(row["second"])]


def _records(rows: list[Json], first: str, second: str) -> Safe:
    return table(
        ["Line", "Text", "Right code", first, second],
        [
            [
                str(row["line"] if row["line"] is not None else row["record"] + 1),
                row["text"],
                code(row["code"], row["title"]),
                _answer(row["first"]),
                _answer(row["second"]),
            ]
            for row in rows
        ],
        words=(1, 2, 3, 4),
    )


def _answer(row: Json) -> Safe:
    return Safe(f"{code(row['code'], row['title'])} {percent(row['probability'])}")


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"

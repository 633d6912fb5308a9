"""metrics.json as a page: report.html, self-contained, every figure with the table it is drawn from."""

from __future__ import annotations

from typing import Any, Final

from classifier import figures
from classifier.markup import (
    Safe,
    code,
    facts,
    figure,
    folded,
    note,
    page,
    percent,
    rate,
    table,
)
from classifier.report_mistakes import confusions, labels, unseen
from classifier.report_posthoc import groups, models, size, under_and_over

Json = dict[str, Any]
Section = tuple[str, str, Safe]

_MARKED: Final = (0.5, 0.8, 0.95)
"""Thresholds pointed out on the coverage curve."""


def render(metrics: Json, *, title: str = "Evaluation of a model") -> str:
    """The page for what `classifier.evaluation.evaluate` gave."""
    sections: list[Section] = [
        ("accuracy", "Accuracy", _accuracy(metrics)),
        ("classes", "Precision, recall and F1 of every code", _classes(metrics)),
        ("size", "Training size and precision", size(metrics)),
        ("groups", "Precision by major group", groups(metrics)),
    ]
    if metrics["under_and_over"]:
        sections.append(("half", "Classes with precision under and over one half", under_and_over(metrics)))
    if metrics["models"]:
        sections.append(("models", "Models side by side", models(metrics)))
    sections += [
        ("probabilities", "What the probabilities are worth", _reliability(metrics["calibration"])),
        ("coverage", "Coverage against accuracy", _coverage(metrics["coverage"])),
        ("confusions", "Confusions", confusions(metrics)),
        ("unseen", "Codes that model or records lack", unseen(metrics["unseen"])),
        ("labels", "Likely label errors", labels(metrics["label_errors"])),
    ]
    return page(title, _lead(metrics), sections)


def _lead(metrics: Json) -> Safe:
    overall, after = metrics["overall"], metrics["calibration"]["after"]
    target = next(row for row in metrics["coverage"]["targets"] if row["target"] == 0.95)
    covered = target["coverage"]["value"] if target["coverage"] else (0.0 if overall["records"] else None)
    weighted, macro = overall["averages"]["weighted"], overall["averages"]["macro"]
    key = facts(
        [
            ("Accuracy", rate(overall["accuracy"])),
            ("Right code among the first five", rate(overall["top"][4])),
            ("F1, weighted and macro", f"{_two(weighted['f1'])} and {_two(macro['f1'])}"),
            ("Calibration error (ECE)", _three(after["ece"])),
            ("Coverage at 95 % accuracy", percent(covered)),
        ]
    )
    about = facts(
        [
            *[(f"Model: {key}", value) for key, value in metrics["model"].items()],
            *[(f"Data: {key.replace('_', ' ')}", value) for key, value in metrics["data"].items()],
            ("Records judged", overall["records"]),
        ]
    )
    return Safe(f'<section class="key">{key}</section><section>{about}</section>')


def _accuracy(metrics: Json) -> Safe:
    levels = metrics["levels"] or [{"level": None, "classes": None, **metrics["overall"], "summed": None}]
    names = [f"Level {row['level']}" if row["level"] else "Codes as given" for row in levels]
    rows = [
        [
            name,
            row["classes"],
            row["records"],
            rate(row["accuracy"]),
            *[rate(top) for top in row["top"][1:]],
            rate(row["summed"]) if row["summed"] else None,
        ]
        for name, row in zip(names, levels, strict=True)
    ]
    header = ["Level", "Codes", "Records", "Accuracy (top-1)", "Top-2", "Top-3", "Top-4", "Top-5", "Summed"]
    drawn = table(header, rows)
    parts = (
        [figure(figures.top_accuracy(levels, names=names), _TOP_CAPTION, drawn)] if rows[0][2] else [drawn]
    )
    left_out = max((row.get("left_out", 0) for row in levels), default=0)
    parts.append(
        note(
            "Intervals are Wilson's at 95 %. At a level a code counts as the group it lies below; 'summed' "
            "first adds up",
            "the probabilities within each group.",
            f"{left_out:,} records are left out at some level: their code is not in the classification, or "
            "above the level."
            if left_out
            else "",
        )
    )
    parts.append(_learnt(metrics["learnt"]))
    averages = table(
        ["Level", "Mean over codes", "Precision", "Recall", "F1"],
        [
            [name, _MEANS[way], *[row["averages"][way][key] for key in ("precision", "recall", "f1")]]
            for name, row in zip(names, levels, strict=True)
            for way in _MEANS
        ],
        words=(0, 1),
    )
    return Safe("".join([*parts, "<h3>Precision, recall and F1</h3>", averages]))


def _learnt(learnt: Json) -> Safe:
    """What is said of records that the model learnt from: their figures flatter it."""
    if not learnt["known"]:
        return note(
            "The model does not tell which texts it learnt from:",
            "be sure that none of them is among these records.",
        )
    if not learnt["records"]:
        return note("The model learnt from none of these texts.")
    how = "They are left out here." if learnt["left_out"] else "They are judged here like the others."
    rows = [["Texts learnt from", rate(learnt["on_learnt"])], ["Other texts", rate(learnt["on_others"])]]
    return Safe(
        note(f"The model learnt from the texts of {learnt['records']:,} records. {how}")
        + table(["Records", "Accuracy"], rows)
    )


_TOP_CAPTION = "Share of records whose right code is among the first one to five codes, with 95 % intervals."
_MEANS: Final = {
    "weighted": "weighted by records",
    "macro": "macro: every code that was given or is right",
    "macro_of_references": "macro: codes with records only",
}


def _classes(metrics: Json) -> Safe:
    rows = [
        [
            code(row["code"], row["title"]),
            row["trained"],
            row["records"],
            row["given"],
            row["precision"],
            row["recall"],
            row["f1"],
        ]
        for row in metrics["classes"]
    ]
    header = ["Code", "Training records", "Records", "Given", "Precision", "Recall", "F1"]
    return folded(f"{len(rows)} codes", table(header, rows))


def _reliability(calibration: Json) -> Safe:
    before, after = calibration["before"], calibration["after"]
    names = {
        "ece": "Expected calibration error",
        "mce": "Greatest gap of a bin",
        "log_loss": "Log loss",
        "brier": "Brier",
    }
    sides = [("before calibration", before)] if before else []
    sides.append(("calibrated", after))
    summary = table(
        ["", *names.values()], [[label, *[_three(side[key]) for key in names]] for label, side in sides]
    )
    if not after["records"]:
        return summary
    bins = table(
        [
            "Stated probability",
            *[f"{label}: {what}" for label, _ in sides for what in ("records", "mean", "right")],
        ],
        [
            [
                f"{row['low']:.3f}–{row['high']:.3f}",
                *[cell for _, side in sides for cell in _bin(side["table"][i])],
            ]
            for i, row in enumerate(after["table"])
        ],
    )
    caption = (
        "How often the first code is right, for records whose probability was stated as about the same; on "
        "the broken "
        "line probabilities mean what they say. Below: how many records each bin has."
    )
    return Safe(summary + figure(figures.reliability(before, after), caption, bins))


def _bin(row: Json) -> list[object]:
    return [row["accuracy"]["trials"], percent(row["confidence"]), rate(row["accuracy"])]


def _coverage(data: Json) -> Safe:
    if not data["curve"]:
        return note("There are no records.")
    header = ["Threshold", "Accepted", "Coverage", "Accuracy among the accepted"]
    thresholds = table(header, [_accepted(row) for row in data["thresholds"]])
    targets = table(
        ["Accuracy wanted", *header],
        [
            [percent(row["target"]), *(_accepted(row) if row["coverage"] else [None, 0, percent(0.0), None])]
            for row in data["targets"]
        ],
    )
    caption = (
        "As the threshold falls, more records are accepted and fewer of them are right; the band is "
        "Wilson's 95 % "
        "interval at each point. Marked are some thresholds; the paper's is 0.80."
    )
    marks = [row for row in data["thresholds"] if row["threshold"] in _MARKED]
    return Safe(
        figure(
            figures.coverage(data["curve"], marks=marks),
            caption,
            table(header, [_accepted(row) for row in data["curve"]]),
        )
        + f"<h3>At round thresholds</h3>{thresholds}"
        + f"<h3>The greatest coverage that reaches an accuracy</h3>{targets}"
        + note(
            "These thresholds are chosen on the records they are judged on. For one that holds with stated "
            "confidence",
            "use python -m classifier threshold on a sample of its own.",
        )
    )


def _accepted(row: Json) -> list[object]:
    accepted = row["coverage"]["successes"]
    return [f"{row['threshold']:.3f}", accepted, percent(row["coverage"]["value"]), rate(row["accuracy"])]


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"

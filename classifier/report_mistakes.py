"""The sections of a report about mistakes: confusions, codes that are lacking, likely label errors."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from classifier import figures
from classifier.markup import Safe, code, figure, folded, note, opened, percent, rate, table

Json = dict[str, Any]


def confusions(metrics: Json) -> Safe:
    groups, counts = metrics["group_confusion"]["groups"], metrics["group_confusion"]["counts"]
    names = [f"{row['group']} {row['title']}" for row in groups]
    rows = [
        [
            code(row["reference"], row["reference_title"]),
            code(row["given"], row["given_title"]),
            row["records"],
            rate(row["share"]),
            _examples(row["examples"]),
        ]
        for row in metrics["confusions"]
    ]
    header = ["Right code", "Given", "Records", "Of the code's records", "Surest examples"]
    listed = Safe(f"<h3>Commonest confusions</h3>{opened(header, rows, words=(0, 1, 4))}")
    if not groups:
        return listed
    drawn = table(
        ["Right group", *[row["group"] for row in groups]],
        [[code(row["group"], row["title"]), *line] for row, line in zip(groups, counts, strict=True)],
    )
    caption = (
        "Major groups: rows are right, columns were given; stronger colour is a greater share of the row."
    )
    return Safe(figure(figures.group_confusion(names, counts), caption, drawn) + listed)


def unseen(data: Json) -> Safe:
    parts = []
    for key, heading in _UNSEEN.items():
        rows = data[key]
        names = [name for name in _COUNTS if rows and name in rows[0]]
        cells = [[code(row["code"], row["code_title"]), *[row[name] for name in names]] for row in rows]
        header = ["Code", *[_COUNTS[name] for name in names]]
        parts.append(
            f"<h3>{heading}</h3>"
            + (folded(_how_many(len(rows)), table(header, cells)) if rows else table(header, []))
        )
    return Safe("".join(parts))


_COUNTS: Final = {"records": "Records", "correct": "Right"}
_UNSEEN: Final = {
    "without_training": "Classes of the model that it saw no record of, and knows by words alone",
    "unknown_to_model": "Right codes the model does not have: all their records count as wrong",
    "not_in_classification": "Right codes that are not in the classification",
    "without_class": "Codes of the classification the model can never give",
    "without_records": "Classes of the model that no record here has",
    "never_given": "Classes with records here that the model never gave",
}


def labels(data: Json) -> Safe:
    rows = [
        [
            str(row["line"] if row["line"] is not None else row["record"] + 1),
            _cut(row["text"] or ""),
            code(row["code"], row["code_title"]),
            percent(row["code_probability"]),
            code(row["suggested"], row["suggested_title"]),
            percent(row["suggested_probability"]),
        ]
        for row in data["listed"]
    ]
    header = [
        "Line",
        "Text",
        "Code given by people",
        "Its probability",
        "Code of the model",
        "Its probability",
    ]
    return Safe(
        note(
            f"Of {data['judged']:,} records judged, confident learning (cleanlab) holds {data['found']:,} "
            "to be miscoded;",
            "the likeliest are listed first. A person decides whether the data or the model is wrong. The "
            "list means",
            "little for records that the model was trained on.",
        )
        + opened(header, rows, words=(1, 2, 4))
    )


def _how_many(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _examples(texts: list[str]) -> Safe:
    return Safe("".join(f'<span class="example">{escape(_cut(text))}</span>' for text in texts))


def _cut(text: str, longest: int = 160) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"

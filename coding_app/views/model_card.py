"""A version's card and figures as its page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app.models import ModelVersion, Study, Training
from coding_app.selectors import class_sizes, model_cards, reports
from coding_app.selectors.model_cards import Card

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LevelRow:
    """Rates at one level of the classification; ``level`` is ``None`` for the codes as given."""

    label: str
    classes: int | None
    records: int
    top_1: Json
    top_5: Json | None
    macro_f1: float | None


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code of a model: records learnt from, and how it fared among the held-out records."""

    code: str
    title: str
    trained: int
    records: int | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


def shown(study: Study, version: ModelVersion, training: Training | None) -> dict[str, Any]:
    """What ``models/show.html`` knows of the card and of the report's figures, if there is a report."""
    found = reports.figures_if_any(training.report) if training is not None and training.report else None
    metrics = found if found is not None and found.get("kind") == "evaluation" else None
    card = model_cards.read(version)
    return {
        "card": card,
        "levels": levels(metrics) if metrics else _of_card(card),
        "calibration": metrics["calibration"] if metrics else None,
        "targets": metrics["coverage"]["targets"] if metrics else [],
        "codes": _codes(study, card, metrics),
        "left_out": reasons(card.left_out),
        "too_small": sorted(card.too_small.items(), key=lambda item: (-item[1], item[0])),
    }


_REASONS = {
    "no code": gettext_noop("no code"),
    "no text": gettext_noop("no text"),
    "learnt": gettext_noop("a text that one of the models learnt from"),
    "class too small": gettext_noop("a code with too few records"),
    "code not in the classification": gettext_noop("a code that is not in the classification"),
    "data error": gettext_noop("a code found to be a data error"),
    "row that cannot be read": gettext_noop("a row that cannot be read"),
}
"""Why records are left out, by what the classifier and the services call it."""


def reasons(left_out: Mapping[str, int]) -> list[tuple[str, int]]:
    """Why records were left out, in words, and how many; reasons that left none out are passed over."""
    return [(_(_REASONS.get(reason, reason)), number) for reason, number in left_out.items() if number]


def levels(metrics: Json) -> list[LevelRow]:
    """The rows of an evaluation: each level of the classification, or the codes alone where it has none."""
    rows: list[Json] = metrics["levels"] or [{"level": None, "classes": None, **metrics["overall"]}]
    return [
        LevelRow(
            level_name(row["level"]),
            row["classes"],
            row["records"],
            row["accuracy"],
            row["top"][-1],
            row["averages"]["macro"]["f1"],
        )
        for row in rows
    ]


def level_name(level: int | None) -> str:
    """A level in words."""
    return _("Level %(n)s") % {"n": level} if level is not None else _("Codes")


def _of_card(card: Card) -> list[LevelRow]:
    """What the card alone says."""
    if not card.top:
        return []
    first, five = card.top[0], card.top[-1]
    return [LevelRow(level_name(None), None, first["trials"], first, five, None)]


def _codes(study: Study, card: Card, metrics: Json | None) -> list[CodeRow]:
    judged = {row["code"]: row for row in metrics["classes"]} if metrics else {}
    names = sorted({*card.class_counts, *card.titled})
    titles = class_sizes.titles(study, names)
    rows = []
    for code in names:
        of_code: Json = judged.get(code, {})
        rows.append(
            CodeRow(
                code=code,
                title=titles.get(code, ""),
                trained=card.class_counts.get(code, 0),
                records=of_code.get("records"),
                precision=of_code.get("precision"),
                recall=of_code.get("recall"),
                f1=of_code.get("f1"),
            )
        )
    return rows

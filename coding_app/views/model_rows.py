"""Versions and trainings as tables show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from coding_app.models import ModelVersion, Study, Training
from coding_app.selectors import model_cards
from coding_app.services import promotion


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with the figures of its card: on its own held-out records, each with its 95 % interval.

    ``top_1`` and ``top_5`` are rates as ``docs/metrics.md`` has them, ``None`` where nothing was held out.
    ``figures`` is the address where they stand with all others; ``why_not`` says why its training did not
    make it current.
    """

    version: ModelVersion
    is_current: bool
    training: Training | None
    figures: str
    top_1: Mapping[str, Any] | None
    top_5: Mapping[str, Any] | None
    ece: float | None
    learnt_from: int | None
    why_not: str


def version_row(study: Study, version: ModelVersion, training: Training | None = None) -> VersionRow:
    """A version of the study; ``training`` is the one that made it, if any did."""
    card = model_cards.read(version)
    if training is not None and training.report:
        figures = reverse("training-report", args=[study.slug, training.pk])
    else:
        figures = reverse("model", args=[study.slug, version.number]) + "#metrics"
    verdict = training.verdict if training is not None else {}
    return VersionRow(
        version=version,
        is_current=version.pk == study.model_version_id,
        training=training,
        figures=figures,
        top_1=card.top[0] if card.top else None,
        top_5=card.top[-1] if card.top else None,
        ece=card.ece_after,
        learnt_from=card.train,
        why_not=promotion.explain(verdict) if verdict and not verdict["promoted"] else "",
    )


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A training, and in ``words`` what came of it."""

    training: Training
    words: str

    @classmethod
    def of(cls, training: Training) -> "TrainingRow":
        """The row of a training; without words while it is under way, or when it failed."""
        return cls(training, promotion.explain(training.verdict) if training.verdict else "")

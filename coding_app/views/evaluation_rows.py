"""Evaluations as tables and pages show them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from coding_app.models import Evaluation, ModelVersion, Study
from coding_app.selectors import class_sizes
from coding_app.views.model_card import level_name

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """An evaluation with the versions it judges, and by how many records, once that is known."""

    evaluation: Evaluation
    versions: list[ModelVersion]
    rates: list[Json]
    records: int | None

    @classmethod
    def of(cls, evaluation: Evaluation) -> "EvaluationRow":
        """The row of an evaluation; its versions are loaded."""
        versions = sorted(evaluation.versions.all(), key=lambda version: version.number)
        summary: Json = evaluation.summary
        judged = {one["number"]: one for one in summary.get("versions", [])}
        rates = [judged[version.number] for version in versions if version.number in judged]
        return cls(evaluation, versions, rates, summary.get("records"))


@dataclass(frozen=True, slots=True)
class ComparedLevel:
    """A level with the rate of each model, in the order of the models."""

    label: str
    records: int
    rates: list[Json]


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """Two models: at each level who is right where the other is not, the difference, and McNemar's p."""

    first: str
    second: str
    tests: list[tuple[str, Json]]


def named(metrics: Json) -> dict[str, Any]:
    """A comparison with its models called as the reader calls them: as stored, they are ``model 3``."""
    models = [{**one, "name": _model_name(one["name"])} for one in metrics["models"]]
    pairs = [
        {**pair, "first": _model_name(pair["first"]), "second": _model_name(pair["second"])}
        for pair in metrics["pairs"]
    ]
    return {**metrics, "models": models, "pairs": pairs}


def _model_name(name: str) -> str:
    numbered = re.fullmatch(r"model (\d+)", name)
    return _("model %(n)s") % {"n": numbered[1]} if numbered else name


def compared_levels(metrics: Json) -> list[ComparedLevel]:
    """The rows of a comparison."""
    return [
        ComparedLevel(_label(row["level"], row["label"]), row["records"], row["accuracies"])
        for row in metrics["levels"]
    ]


def compared_pairs(metrics: Json) -> list[ComparedPair]:
    """Every two models of a comparison, the worse first as the classifier gave them."""
    return [
        ComparedPair(
            pair["first"],
            pair["second"],
            [(_label(test.get("level"), test["label"]), test) for test in pair["tests"]],
        )
        for pair in metrics["pairs"]
    ]


def _label(level: int | None, label: str) -> str:
    if level is not None:
        return level_name(level)
    return {"first code": _("First code"), "first five": _("Among the first five")}.get(label, label)


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two codes that are taken for each other: the right one, the one given, and how often."""

    reference: str
    reference_title: str
    given: str
    given_title: str
    records: int


def confusions(study: Study, metrics: Json, *, most: int = 10) -> list[Confusion]:
    """The commonest confusions of an evaluation, with titles in the reader's language."""
    rows = metrics["confusions"][:most]
    titles = class_sizes.titles(study, [code for row in rows for code in (row["reference"], row["given"])])
    return [
        Confusion(
            row["reference"],
            titles.get(row["reference"], ""),
            row["given"],
            titles.get(row["given"], ""),
            row["records"],
        )
        for row in rows
    ]

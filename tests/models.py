"""Studies with labelled records that models can learn, and models in their registries."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import classifier
from coding_app.choices import LabelSource
from coding_app.models import ModelVersion, Study, Training
from coding_app.services import training
from tests import factories

WORDS = {
    "715": ("truck", "lorry", "haulage", "freight", "trailer"),
    "411": ("timber", "roof", "beams", "joinery", "cabinets"),
    "510": ("pipes", "boiler", "taps", "drains", "sinks"),
    "465": ("lathe", "milling", "turning", "metal", "tools"),
}
"""Words that tell codes of ``factories.CODES`` apart."""
PLACES = ("north", "south", "harbour", "city", "county", "valley", "old town", "industrial estate")
COLUMNS = ("id", "occupation", "industry", "age", "reference")


def rows(count: int = 160, *, seed: int = 0, noise: float = 0.0) -> list[tuple[str, ...]]:
    """Records with their codes, of which a share ``noise`` is drawn at random."""
    draw = random.Random(seed)
    codes = sorted(WORDS)
    found: list[tuple[str, ...]] = []
    for place in range(count):
        code = codes[place % len(codes)]
        words = " ".join(draw.sample(WORDS[code], 2)) + f" {draw.choice(PLACES)} {draw.randint(1, 99)}"
        told = draw.choice(codes) if draw.random() < noise else code
        where = f"{draw.choice(PLACES)} {draw.randint(1, 99)}"
        found.append((f"{seed}-{place:05}", words, where, "40", told))
    return found


def labelled_study(folder: Path, *, count: int = 160, noise: float = 0.0, name: str = "Mills") -> Study:
    """A study whose records have codes known beforehand; nothing is coded yet."""
    study = factories.make_study(folder, name)
    factories.bring_in(study, factories.csv_bytes(rows(count, noise=noise), COLUMNS))
    return study


def start(study: Study, **settings: Any) -> Training:
    """A training on the codes known beforehand, queued."""
    given: dict[str, Any] = {"labels": LabelSource.REFERENCE, "template": "{occupation}"}
    return training.start(study=study, user=study.created_by, **given | settings)


def trained(study: Study, **settings: Any) -> Training:
    """The same, done."""
    made = start(study, **settings)
    factories.do(made.job)
    made.refresh_from_db()
    return made


def version(study: Study, **settings: Any) -> ModelVersion:
    """The version that such a training gave."""
    made = trained(study, **settings).version
    assert made is not None
    return made


def saved(folder: Path, *, seed: int = 0, noise: float = 0.0, template: str = "{occupation}") -> Path:
    """The folder of an instant model, trained outside any study on records of its own."""
    found = rows(200, seed=seed, noise=noise)
    classifier.train(
        classifier.Examples.of((row[1], row[-1]) for row in found),
        template=template,
        settings=classifier.TrainSettings(test_size=0, split="grouped"),
    ).save(folder)
    return folder

"""Models on the same labelled records: how often the first code of each is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.text import is_blank
from coding_app.coders import LoadedModel, Row

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """``right`` of ``n`` records a model, in the order of the models; each read by its own template.

    ``left_out`` records have a text that one of the models learnt from. ``known`` says of each model whether
    it tells what it learnt from; one that does not was judged on records that it may have learnt.
    """

    n: int
    left_out: int
    right: tuple[int, ...]
    known: tuple[bool, ...]


def texts_of(model: LoadedModel, rows: Sequence[Row]) -> list[str]:
    """What the model reads of each row."""
    return [model.text_of(row) for row in rows]


def learnt_by_one(models: Sequence[LoadedModel], rows: Sequence[Row]) -> tuple[list[bool], tuple[bool, ...]]:
    """Whether one of the models learnt from a row's text, a row each; and of each model whether it tells."""
    seen = np.zeros(len(rows), dtype=np.bool_)
    known = []
    for model in models:
        found = model.learnt(texts_of(model, rows)) if rows else seen
        known.append(found is not None)
        if found is not None:
            seen |= found
    return seen.tolist(), tuple(known)


def judge(models: Sequence[LoadedModel], rows: Sequence[Row], codes: Sequence[str]) -> Judged:
    """Judge models on the records whose text none of them learnt from. A record without a text for a model
    counts as wrong for it: it cannot code that record."""
    seen, known = learnt_by_one(models, rows)
    kept = [at for at, learnt in enumerate(seen) if not learnt]
    wanted = [codes[at] for at in kept]
    judged = [rows[at] for at in kept]
    return Judged(
        n=len(kept),
        left_out=len(rows) - len(kept),
        right=tuple(count_right(model, judged, wanted) for model in models),
        known=known,
    )


def count_right(model: LoadedModel, rows: Sequence[Row], codes: Sequence[str]) -> int:
    """How often the model's first code is the record's."""
    given = model.predict_many(texts_of(model, rows), top=1)
    return sum(bool(first) and first[0][0] == code for first, code in zip(given, codes, strict=True))


def have_text(models: Sequence[LoadedModel], rows: Sequence[Row]) -> list[bool]:
    """Whether every model finds a text in a row, a row each."""
    found = [True] * len(rows)
    for model in models:
        found = [had and not is_blank(text) for had, text in zip(found, texts_of(model, rows), strict=True)]
    return found

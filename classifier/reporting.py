"""From a model and coded records to metrics, and from metrics to metrics.json with its page."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier import report, report_compare
from classifier.calibrate import softmax
from classifier.comparison import compare
from classifier.engine import PreciseEngine
from classifier.errors import ClassifierError
from classifier.evaluation import NOT_KNOWN, evaluate
from classifier.examples import Examples
from classifier.hierarchy import Hierarchy
from classifier.learnt import Bools
from classifier.metrics import Predictions, accuracy
from classifier.model import Model
from classifier.statistics import Rate
from classifier.text import clean, is_blank

Json = dict[str, Any]

LEARNT: Final = ("leave-out", "keep")
"""What becomes of records whose text a model has learnt from."""


def evaluate_model(
    model: Model,
    examples: Examples,
    *,
    hierarchy: Hierarchy | None = None,
    variants: Json | None = None,
    data: Json | None = None,
    name: str = "",
    learnt: str = "leave-out",
) -> Json:
    """The content of metrics.json for a model and coded records (docs/metrics.md).

    `variants` is what `train_variants` gave; `data` and `name` say what was judged, and are passed on.
    `learnt` says whether records are judged whose text the model learnt from; how many there are, and how
    often the model is right on them and on the others, stands under `learnt` either way. Raises
    ClassifierError when no record is left.
    """
    _check(learnt)
    scores = model.scores(examples.texts)
    whole = Predictions(examples.codes, model.classes, model.calibration.probabilities(scores))
    known = model.learnt(examples.texts)
    told = _about_learnt(whole, known, learnt)
    keep = np.arange(len(examples)) if learnt == "keep" or known is None else np.flatnonzero(~known)
    _some_left(len(keep), len(examples), "the model")
    judged = examples.take(keep.tolist())
    return evaluate(
        whole.subset(keep),
        raw=Predictions(judged.codes, model.classes, softmax(scores[keep])),
        texts=judged.texts,
        lines=judged.lines,
        hierarchy=hierarchy,
        trained=trained_counts(model),
        variants=variants,
        model=_about_model(model, name),
        data=data,
        learnt=told,
    )


def compare_models(
    models: Sequence[tuple[str, Model]],
    rows: Iterable[Mapping[str, str]],
    *,
    code_column: str,
    lines: Sequence[int] | None = None,
    hierarchy: Hierarchy | None = None,
    data: Json | None = None,
    learnt: str = "leave-out",
) -> Json:
    """The content of metrics.json for named models on the same rows, each through its own template.

    A row (its values by column) is left out, and counted, when it has no code, when a model finds no text in
    it, or (unless `learnt` is 'keep') when one of the models learnt from its text: every model is judged on
    the same records. `lines` say where rows stand in their file; without them they are numbered from 1.
    Raises ClassifierError for fewer than two models, for columns that are missing, and when no row is left.
    """
    _check(learnt)
    if len(models) < 2:
        raise ClassifierError("a comparison needs two models")
    read = _read(models, rows, code_column, lines)
    known = [model.learnt(own) for (_, model), own in zip(models, read.texts, strict=True)]
    seen = np.zeros(len(read.codes), dtype=np.bool_)
    for found in known:
        seen |= False if found is None else found
    keep = np.arange(len(seen)) if learnt == "keep" else np.flatnonzero(~seen)
    _some_left(len(keep), len(seen), "one of the models")
    codes = [read.codes[at] for at in keep]
    texts = [[own[at] for at in keep] for own in read.texts]
    if learnt == "leave-out" and seen.any():
        read.left_out["a text that a model learnt from"] = int(seen.sum())
    return compare(
        [
            (name, Predictions(codes, model.classes, model.predict_proba(own)))
            for (name, model), own in zip(models, texts, strict=True)
        ],
        texts=texts[0],
        lines=[read.lines[at] for at in keep],
        hierarchy=hierarchy,
        data={**(data or {}), "left_out": in_words(read.left_out)},
        about=[
            {**_about_model(model, name), "learnt": None if found is None else int(found.sum())}
            for (name, model), found in zip(models, known, strict=True)
        ],
    )


class _Read:
    """Rows as every model reads them: `texts[m][i]` is what model m reads in row i."""

    def __init__(self, models: int) -> None:
        self.codes: list[str] = []
        self.lines: list[int] = []
        self.texts: list[list[str]] = [[] for _ in range(models)]
        self.left_out: dict[str, int] = {}

    def leave_out(self, reason: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def _read(
    models: Sequence[tuple[str, Model]],
    rows: Iterable[Mapping[str, str]],
    code_column: str,
    lines: Sequence[int] | None,
) -> _Read:
    read = _Read(len(models))
    for place, row in enumerate(rows):
        if not place:
            for column in (code_column, *(name for _, model in models for name in model.template.columns)):
                if column not in row:
                    present = ", ".join(map(repr, row))
                    raise ClassifierError(f"the records have no column {column!r}; they have {present}")
        rendered = [clean(model.text_of(row)) for _, model in models]
        code = row[code_column].strip()
        if is_blank(code):
            read.leave_out("no code")
        elif any(is_blank(text) for text in rendered):
            read.leave_out("no text")
        else:
            read.codes.append(code)
            read.lines.append(place + 1 if lines is None else lines[place])
            for own, text in zip(read.texts, rendered, strict=True):
                own.append(text)
    if not read.codes:
        raise ClassifierError(
            f"no record has a code in {code_column!r} and a text for every model"
            + (f" ({in_words(read.left_out)})" if read.left_out else "")
        )
    return read


def render_report(metrics: Json, *, title: str = "") -> str:
    """The page for the metrics of a model or of a comparison: one HTML document that needs nothing else."""
    if metrics["kind"] == "comparison":
        return report_compare.render(metrics, title=title or "Comparison of models")
    name = metrics["model"].get("name", "")
    return report.render(
        metrics, title=title or (f"Evaluation of {name}" if name else "Evaluation of a model")
    )


def write_report(metrics: Json, folder: str | Path, *, title: str = "") -> None:
    """Write metrics.json and report.html into `folder` (made if need be), each whole or not at all.

    Raises ClassifierError when they cannot be written.
    """
    html = render_report(metrics, title=title)
    write_files(Path(folder), {"metrics.json": as_json(metrics), "report.html": html})


def as_json(content: Json) -> str:
    """JSON as it is written to files: indented, in UTF-8, without NaN."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write text files by name, all of them or, when the disk refuses, none that was not there before."""
    parts = {name: folder / f".{name}.{os.getpid()}.part" for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for name, content in files.items():
                with parts[name].open("w", encoding="utf-8") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
            for name, part in parts.items():
                part.replace(folder / name)
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)
    except OSError as error:
        raise ClassifierError(
            f"{' and '.join(files)} cannot be written to {folder}: {error.strerror}"
        ) from error


def trained_counts(model: Model) -> Mapping[str, int] | None:
    """How many records of each code the model was trained on, as its card tells; None when it does not."""
    counts = model.card.get("class_counts")
    return counts if isinstance(counts, dict) and counts else None


def in_words(left_out: Mapping[str, int]) -> str:
    """What was left out and why, in a line."""
    return ", ".join(f"{count} with {reason}" for reason, count in left_out.items() if count) or "none"


def _about_model(model: Model, name: str) -> Json:
    return {
        "name": name,
        "engine": model.engine.kind,
        "base": str(model.engine.describe().get("base", "")),
        "template": model.template.template,
        "classes": len(model.classes),
        "fingerprint": model.fingerprint,
        "precision": model.engine.precision if isinstance(model.engine, PreciseEngine) else None,
    }


def _about_learnt(whole: Predictions, known: Bools | None, learnt: str) -> Json:
    if known is None:
        return NOT_KNOWN
    return {
        "known": True,
        "records": int(known.sum()),
        "left_out": learnt == "leave-out",
        "on_learnt": _right(whole, known),
        "on_others": _right(whole, ~known),
    }


def _right(whole: Predictions, rows: Bools) -> Json:
    return accuracy(whole.subset(rows)).to_dict() if rows.any() else Rate(0, 0).to_dict()


def _check(learnt: str) -> None:
    if learnt not in LEARNT:
        raise ClassifierError(f"records learnt from: {learnt!r} is none of {', '.join(LEARNT)}")


def _some_left(left: int, all_records: int, who: str) -> None:
    if all_records and not left:
        raise ClassifierError(
            f"{who} learnt from the texts of all {all_records} records; judge on others, or keep these "
            "(--learnt keep) and read the figures as those of a test that was known beforehand"
        )

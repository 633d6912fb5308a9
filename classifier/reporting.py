"""`evaluate`, `compare` and `variants` of the command line: read records, ask models, write the report."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier import report, report_compare
from classifier.calibrate import softmax
from classifier.comparison import compare
from classifier.engine import TrainSettings
from classifier.errors import ClassifierError
from classifier.evaluation import evaluate
from classifier.examples import NOTHING, Examples, read_examples, read_phrases
from classifier.hierarchy import Hierarchy
from classifier.metrics import Predictions
from classifier.model import Model
from classifier.splits import SPLITS
from classifier.tables import open_table
from classifier.text import Template, clean, is_blank
from classifier.variants import LARGE, fit_engine, run

Json = dict[str, Any]


def add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `evaluate`."""
    _add_common(parser)
    parser.add_argument("--model", type=Path, required=True, metavar="MODEL", help="folder of the model")
    parser.add_argument(
        "--variants",
        type=Path,
        metavar="VARIANTS.json",
        help="the half model and models 2 to 4, to show beside it",
    )


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `compare`."""
    _add_common(parser)
    parser.add_argument(
        "--model",
        type=Path,
        required=True,
        action="append",
        metavar="MODEL",
        help="folder of a model; give it twice or more",
    )


def add_variants_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `variants`."""
    parser.add_argument("data", type=Path, metavar="DATA.csv", help="coded records")
    parser.add_argument(
        "--text", required=True, metavar="TEMPLATE", help="for instance '{occupation} {industry}'"
    )
    parser.add_argument("--code", required=True, metavar="C", help="column of the code")
    parser.add_argument("--out", type=Path, required=True, metavar="VARIANTS.json")
    parser.add_argument("--extra", type=Path, metavar="PHRASES.csv", help="descriptions, for models 3 and 4")
    parser.add_argument("--base", default="baseline", metavar="NAME_OR_FOLDER")
    parser.add_argument("--min-class-size", type=int, default=11, metavar="N")
    parser.add_argument(
        "--large", type=int, default=LARGE, metavar="N", help="models 2 and 4: more records than N"
    )
    parser.add_argument("--test-size", type=float, default=0.3, metavar="SHARE")
    parser.add_argument("--split", choices=SPLITS, default="random")
    parser.add_argument("--seed", type=int, default=0)


def main_variants(args: argparse.Namespace) -> int:
    """Train the half model and models 2 to 4, and write what `evaluate --variants` reads; 0 when done."""
    examples = read_examples(args.data, Template(args.text), args.code)
    settings = TrainSettings(base=args.base, seed=args.seed)
    found = run(
        examples,
        fit_engine(settings),
        descriptions=read_phrases(args.extra) if args.extra else NOTHING,
        test_size=args.test_size,
        split=args.split,
        min_class_size=args.min_class_size,
        large=args.large,
        seed=args.seed,
    )
    _write(args.out.parent, {args.out.name: _json(found)})
    for row in found["models"]:
        _say(f"{row['model']}: accuracy {_words(row['own']['accuracy'])}")
    return 0


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", type=Path, metavar="DATA.csv", help="coded records the model was not trained on"
    )
    parser.add_argument("--code", required=True, metavar="C", help="column of the code")
    parser.add_argument("--out", type=Path, required=True, metavar="REPORT_DIR")
    parser.add_argument(
        "--classification",
        type=Path,
        metavar="CODES.csv",
        help="CSV with the columns code, title, parent, level: for titles, and figures at every level",
    )


def main_evaluate(args: argparse.Namespace) -> int:
    """Write the report on one model; 0 when done. Raises ClassifierError."""
    hierarchy = _hierarchy(args)
    variants = _read_json(args.variants) if args.variants else None
    model = Model.load(args.model)
    examples = read_examples(args.data, model.template, args.code)
    metrics = evaluate_model(
        model,
        examples,
        hierarchy=hierarchy,
        variants=variants,
        data=_about_data(args.data, examples.left_out),
        name=args.model.name,
    )
    write_report(args.out, metrics, report.render(metrics, title=f"Evaluation of {args.model.name}"))
    _say(f"accuracy {_words(metrics['overall']['accuracy'])}; {args.out / 'report.html'}")
    return 0


def evaluate_model(
    model: Model,
    examples: Examples,
    *,
    hierarchy: Hierarchy | None = None,
    variants: Json | None = None,
    data: Json | None = None,
    name: str = "",
) -> Json:
    """`classifier.evaluation.evaluate` for a model and records that it was not trained on."""
    scores = model.scores(examples.texts)
    return evaluate(
        Predictions(examples.codes, model.classes, model.calibration.probabilities(scores)),
        raw=Predictions(examples.codes, model.classes, softmax(scores)),
        texts=examples.texts,
        lines=examples.lines,
        hierarchy=hierarchy,
        trained=trained_counts(model),
        variants=variants,
        model=_about_model(model, name),
        data=data,
    )


def main_compare(args: argparse.Namespace) -> int:
    """Write the comparison of two or more models; 0 when done. Raises ClassifierError."""
    if len(args.model) < 2:
        raise ClassifierError("a comparison needs two models: give --model once for each")
    hierarchy = _hierarchy(args)
    models = [Model.load(folder) for folder in args.model]
    metrics = compare_models(
        list(zip(_names(args.model), models, strict=True)), args.data, args.code, hierarchy=hierarchy
    )
    write_report(args.out, metrics, report_compare.render(metrics))
    for name, rate in zip(_names(args.model), metrics["levels"][0]["accuracies"], strict=True):
        _say(f"{name}: accuracy {_words(rate)}")
    for pair in metrics["pairs"]:
        _say(f"{pair['second']} against {pair['first']}: McNemar's exact p = {pair['tests'][0]['p']:.4g}")
    _say(str(args.out / "report.html"))
    return 0


def compare_models(
    models: Sequence[tuple[str, Model]], data: Path, code_column: str, *, hierarchy: Hierarchy | None = None
) -> Json:
    """`classifier.comparison.compare` for models on the coded records of a file, each with its own template.

    A record is left out, and counted, when it has no code, or when a model finds no text in it: every model
    is judged on the same records.
    """
    codes: list[str] = []
    lines: list[int] = []
    texts: list[list[str]] = [[] for _ in models]
    left_out = {"no code": 0, "no text": 0}
    with open_table(data) as table:
        table.require(code_column, wanted_for="codes")
        for _, model in models:
            model.template.check(table.header, where=str(data))
        for line, row in table.records():
            rendered = [clean(model.text_of(row)) for _, model in models]
            code = row[code_column].strip()
            if is_blank(code):
                left_out["no code"] += 1
            elif any(is_blank(text) for text in rendered):
                left_out["no text"] += 1
            else:
                codes.append(code)
                lines.append(line)
                for own, text in zip(texts, rendered, strict=True):
                    own.append(text)
    if not codes:
        raise ClassifierError(f"{data} has no row with a code in {code_column!r} and a text for every model")
    return compare(
        [
            (name, Predictions(codes, model.classes, model.predict_proba(own)))
            for (name, model), own in zip(models, texts, strict=True)
        ],
        texts=texts[0],
        lines=lines,
        hierarchy=hierarchy,
        data=_about_data(data, {reason: count for reason, count in left_out.items() if count}),
        about=[_about_model(model, name) for name, model in models],
    )


def write_report(folder: Path, metrics: Json, html: str) -> None:
    """Write metrics.json and report.html into `folder` (made if need be), each whole or not at all."""
    _write(folder, {"metrics.json": _json(metrics), "report.html": html})


def _json(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            part = folder / f".{name}.{os.getpid()}.part"
            try:
                part.write_text(content, encoding="utf-8")
                part.replace(folder / name)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        names = " and ".join(files)
        raise ClassifierError(f"{names} cannot be written to {folder}: {error.strerror}") from error


def trained_counts(model: Model) -> Mapping[str, int] | None:
    """How many records of each code the model was trained on, as its card tells; None when it does not."""
    counts = model.card.get("class_counts")
    return counts if isinstance(counts, dict) and counts else None


def _hierarchy(args: argparse.Namespace) -> Hierarchy | None:
    return Hierarchy.read(args.classification) if args.classification else None


def _about_model(model: Model, name: str) -> Json:
    return {
        "name": name,
        "engine": model.engine.kind,
        "template": model.template.template,
        "classes": len(model.classes),
        "fingerprint": model.fingerprint,
    }


def _about_data(path: Path, left_out: Mapping[str, int]) -> Json:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    reasons = ", ".join(f"{count} with {reason}" for reason, count in left_out.items() if count)
    return {"file": path.name, "sha256": digest.hexdigest(), "left_out": reasons or "none"}


def _names(folders: Sequence[Path]) -> list[str]:
    """The folders' names; where two share one, the folders above them as well."""
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        names = [f"{folder.resolve().parent.name}/{folder.resolve().name}" for folder in folders]
    if len(set(names)) < len(names):
        names = [f"{place}. {name}" for place, name in enumerate(names, 1)]
    return names


def _read_json(path: Path) -> Json:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClassifierError(f"cannot read {path}: {error}") from error
    if not isinstance(found, dict) or not {"under_and_over", "models", "left_out"} <= found.keys():
        raise ClassifierError(f"{path} is not what the variants of a model are written to")
    return found


def _words(rate: Json) -> str:
    if rate["value"] is None:
        return "unknown: no records"
    return f"{rate['value']:.2%} ({rate['low']:.2%} to {rate['high']:.2%}, {rate['trials']} records)"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")

"""`evaluate`, `compare` and `threshold` of the command line: what judges models on coded records."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifier.cli_common import (
    OK,
    add_data,
    add_learnt,
    add_model,
    add_tree,
    percent,
    rate,
    read_model,
    read_tree,
    share,
    tell_left_out,
    write_json,
)
from classifier.errors import ClassifierError
from classifier.examples import Examples, read_examples
from classifier.model import Model
from classifier.reporting import compare_models, evaluate_model, in_words, write_report
from classifier.safefiles import digest
from classifier.tables import open_table
from classifier.threshold import lowest_threshold


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    add_data(parser)
    add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="REPORT_DIR")
    add_tree(parser)
    parser.add_argument(
        "--variants",
        type=Path,
        metavar="VARIANTS.json",
        help="the half model and models 2 to 4, as `variants` wrote them, to show beside it",
    )
    add_learnt(parser)


def add_compare(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    add_data(parser)
    parser.add_argument(
        "--model",
        type=Path,
        required=True,
        action="append",
        metavar="MODEL",
        help="folder of a model; give it twice or more",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="REPORT_DIR")
    add_tree(parser)
    add_learnt(parser)


def add_threshold(parser: argparse.ArgumentParser) -> None:
    """The options of `threshold`."""
    add_data(parser, name="CALIBRATION.csv")
    add_model(parser)
    parser.add_argument("--max-error", type=share, default=0.05, metavar="SHARE", help="default: 0.05")
    parser.add_argument("--confidence", type=share, default=0.95, metavar="SHARE", help="default: 0.95")
    add_learnt(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as JSON, too")


def main_evaluate(args: argparse.Namespace) -> int:
    """Write the report on one model."""
    hierarchy = read_tree(args)
    variants = _read_variants(args.variants) if args.variants else None
    model = read_model(args)
    examples = read_examples(args.data, model.template, args.code)
    metrics = evaluate_model(
        model,
        examples,
        hierarchy=hierarchy,
        variants=variants,
        data={**_about(args.data), "left_out": in_words(examples.left_out)},
        name=args.model.resolve().name,
        learnt=args.learnt,
    )
    write_report(metrics, args.out)
    print(f"accuracy {rate(metrics['overall']['accuracy'])}; {args.out / 'report.html'}")
    tell_left_out(examples.left_out)
    _tell_learnt(metrics["learnt"])
    return OK


def _tell_learnt(learnt: dict[str, Any]) -> None:
    if not learnt["known"]:
        print(_NOT_KNOWN.format("the model"))
    elif learnt["records"]:
        lead = "left out" if learnt["left_out"] else "judged, too"
        others = learnt["on_others"]
        print(f"{lead}: {learnt['records']} records with a text that the model learnt from", end="")
        print(f"; on these it is right on {percent(learnt['on_learnt']['value'])}", end="")
        print(f", on the others on {percent(others['value'])}" if others["trials"] else "")


_NOT_KNOWN = "not known which records {} learnt from: be sure that none of these is among them"


def main_compare(args: argparse.Namespace) -> int:
    """Write the comparison of two or more models."""
    if len(args.model) < 2:
        raise ClassifierError("a comparison needs two models: give --model once for each")
    hierarchy = read_tree(args)
    names = _names(args.model)
    models = list(zip(names, [Model.load(folder) for folder in args.model], strict=True))
    with open_table(args.data) as table:
        table.require(args.code, wanted_for="codes")
        for _, model in models:
            model.template.check(table.header, where=str(args.data))
        records = list(table.records())
    metrics = compare_models(
        models,
        [row for _, row in records],
        code_column=args.code,
        lines=[line for line, _ in records],
        hierarchy=hierarchy,
        data=_about(args.data),
        learnt=args.learnt,
    )
    write_report(metrics, args.out)
    for name, found in zip(names, metrics["levels"][0]["accuracies"], strict=True):
        print(f"{name}: accuracy {rate(found)}")
    for pair in metrics["pairs"]:
        print(f"{pair['second']} against {pair['first']}: McNemar's exact p = {pair['tests'][0]['p']:.4g}")
    if metrics["data"]["left_out"] != "none":
        print(f"left out: {metrics['data']['left_out']}")
    if unknown := [row["name"] for row in metrics["models"] if row["learnt"] is None]:
        print(_NOT_KNOWN.format(" and ".join(unknown)))
    print(args.out / "report.html")
    return OK


def main_threshold(args: argparse.Namespace) -> int:
    """Find the lowest threshold, and print what it gives."""
    model = read_model(args)
    read = read_examples(args.data, model.template, args.code)
    examples, left_out = _unlearnt(model, read, args)
    probabilities = model.predict_proba(examples.texts)
    given = np.asarray(model.classes)[probabilities.argmax(axis=1)]
    correct = given == np.asarray(examples.codes)
    found = lowest_threshold(
        probabilities.max(axis=1), correct, max_error=args.max_error, confidence=args.confidence
    )
    wanted = f"at most {percent(args.max_error)} wrong with {percent(args.confidence)} confidence"
    if found.threshold is not None:
        low, high = found.coverage_interval
        print(f"threshold {found.threshold:g}: {wanted}")
        print(f"  accepts {found.accepted} of {found.records} records, {found.wrong} of them wrong")
        print(f"  error at most {percent(found.error_bound)} (exact bound)")
        print(f"  coverage {percent(found.coverage)}  ({percent(low)} to {percent(high)})")
    else:
        print(f"no threshold: {found.records} records cannot vouch for {wanted}")
        if found.more is None:
            print(
                "  errors are not rare enough at any threshold; a better model is needed, or a greater error"
            )
        else:
            print(f"  about {found.more} more labelled records should do, for a threshold of {found.best:g}")
    tell_left_out(left_out)
    if args.json is not None:
        write_json(args.json, found.to_dict())
    return OK


def _unlearnt(model: Model, read: Examples, args: argparse.Namespace) -> tuple[Examples, dict[str, int]]:
    """The records to find a threshold on, and what was left out."""
    known = model.learnt(read.texts)
    if known is None:
        print(_NOT_KNOWN.format("the model"))
        return read, read.left_out
    count = int(known.sum())
    if not count:
        return read, read.left_out
    if args.learnt == "keep":
        print(f"{count} records have a text that the model learnt from: the threshold may be too low")
        return read, read.left_out
    if count == len(read):
        raise ClassifierError(
            f"the model learnt from the texts of all {count} records; a threshold needs others "
            "(--learnt keep takes these, and then vouches for nothing)"
        )
    kept = read.take(np.flatnonzero(~known).tolist())
    return kept, {**read.left_out, "a text that the model learnt from": count}


def _about(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": digest(path)}


def _names(folders: Sequence[Path]) -> list[str]:
    """The folders' names; where two share one, the folders above them as well."""
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        names = [f"{folder.resolve().parent.name}/{folder.resolve().name}" for folder in folders]
    if len(set(names)) < len(names):
        names = [f"{place}. {name}" for place, name in enumerate(names, 1)]
    return names


def _read_variants(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClassifierError(f"cannot read {path}: {error}") from error
    if not isinstance(found, dict) or not {"under_and_over", "models", "left_out"} <= found.keys():
        raise ClassifierError(f"{path} is not what the variants of a model are written to")
    return found

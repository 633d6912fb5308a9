"""`train`, `variants` and `label-errors` of the command line: what learns from coded records."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.classification import Classification
from classifier.cli_common import (
    OK,
    Bar,
    add_settings,
    add_training_data,
    percent,
    rate,
    read_training_data,
    read_tree,
    tell_left_out,
    whole,
)
from classifier.engine import TrainSettings
from classifier.errors import ClassifierError
from classifier.examples import Examples
from classifier.model import Model
from classifier.pipeline import DESCRIBE, partition, train
from classifier.reporting import as_json, evaluate_model, in_words, write_files, write_report
from classifier.safefiles import check_target, digest, remove_folder
from classifier.search import Grid
from classifier.suspects import rank_label_errors
from classifier.tables import replace_when_complete
from classifier.text import Template
from classifier.variants import LARGE, train_variants

_COLUMNS = ("line", "text", "code", "code_probability", "suggested", "suggested_probability", "quality")


def add_train(parser: argparse.ArgumentParser) -> None:
    """The options of `train`."""
    add_training_data(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="MODEL", help="folder of the model")
    add_settings(parser)
    parser.add_argument("--no-test", action="store_true", help="train on everything")
    parser.add_argument(
        "--describe",
        choices=DESCRIBE,
        default=DESCRIBE[0],
        help="classes of the classification that get their title and description as training text: those "
        "with fewer records than --min-class-size, or none (small, the default: every class can be given), "
        "all (the paper's model 3), or none (as in the paper small classes are left out)",
    )
    parser.add_argument(
        "--search",
        nargs="*",
        metavar="NAME=V,V",
        help="first search on a fifth of the training records, e.g. epochs=4,8 batch-size=32,64 "
        "learning-rate=2e-5,5e-5; without a name: epochs=4,8 learning-rate=2e-5,5e-5,1e-4,2e-4 (encoders)",
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="REPORT_DIR",
        help="also write the report on the test records, with the half model and models 2 to 4 of the paper, "
        "which takes four to five times the training",
    )
    parser.add_argument(
        "--no-variants", action="store_true", help="leave the half model and models 2 to 4 out of the report"
    )


def add_variants(parser: argparse.ArgumentParser) -> None:
    """The options of `variants`."""
    add_training_data(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="VARIANTS.json")
    add_settings(parser)
    parser.add_argument(
        "--large", type=whole, default=LARGE, metavar="N", help="models 2 and 4: more than N records (100)"
    )


def add_label_errors(parser: argparse.ArgumentParser) -> None:
    """The options of `label-errors`."""
    add_training_data(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="ERRORS.csv")
    add_settings(parser)
    parser.add_argument("--folds", type=whole, default=5, metavar="N", help="trainings, 2 or more (5)")


def main_train(args: argparse.Namespace) -> int:
    """Train, save and tell; with --report, judge as well."""
    check_target(args.out)
    if args.report and args.no_test:
        raise ClassifierError("a report needs test records; leave out --no-test, or --report")
    tree = read_tree(args) if args.report else None
    grid = None if args.search is None else Grid.parse(args.search)
    examples, extra, classification = read_training_data(args)
    settings = _settings(args)
    checkpoints = args.out.with_name(f".{args.out.name}.training")
    model = train(
        examples,
        template=Template(args.text),
        extra=extra,
        settings=settings,
        classification=classification,
        grid=grid,
        report=Bar(),
        checkpoints=checkpoints,
    )
    model.save(args.out)
    remove_folder(checkpoints)
    _tell(model, args, examples)
    if not args.report:
        return OK
    variants = None
    if not args.no_variants:
        variants = train_variants(
            examples,
            settings=_chosen(settings, model),
            descriptions=_descriptions(examples, extra, classification),
            report=Bar(),
        )
    test = partition(examples, extra=extra, settings=settings, classification=classification).test
    metrics = evaluate_model(
        model,
        test,
        hierarchy=tree,
        variants=variants,
        data={
            "file": args.data.name,
            "sha256": digest(args.data),
            "left_out": in_words(model.card["data"]["left_out"]),
            "split": f"{args.split}, seed {args.seed}, {percent(args.test_size)} kept back for the test",
        },
        name=args.out.name,
        learnt="keep",
    )
    write_report(metrics, args.report)
    print(args.report / "report.html")
    return OK


def _settings(args: argparse.Namespace) -> TrainSettings:
    return TrainSettings(
        base=args.base,
        min_class_size=args.min_class_size,
        test_size=0.0 if vars(args).get("no_test") else args.test_size,
        split=args.split,
        epochs=args.epochs,
        batch_size=args.batch_size,
        learning_rate=args.learning_rate,
        seed=args.seed,
        describe=vars(args).get("describe", DESCRIBE[0]),
    )


def _chosen(settings: TrainSettings, model: Model) -> TrainSettings:
    """The settings, with what a search found."""
    found = model.card["search"]
    if found is None:
        return settings
    best = found["tried"][found["chosen"]]
    return replace(
        settings,
        epochs=best["epochs"],
        batch_size=best["batch_size"],
        learning_rate=best["learning_rate"],
    )


def _descriptions(examples: Examples, extra: Examples, classification: Classification | None) -> Examples:
    """What models 3 and 4 learn besides: the words of the classification, or the further phrases."""
    if classification is None:
        return extra
    return extra.plus(classification.phrases(classification.beside(set(examples.codes))))


def _tell(model: Model, args: argparse.Namespace, examples: Examples) -> None:
    card: dict[str, Any] = model.card
    data, calibration, metrics = (card[key] for key in ("data", "calibration", "metrics"))
    print(f"{args.out}: {len(model.classes)} classes, {data['train']} records to learn from", end="")
    print(f", {data['further_phrases']} further phrases" if data["further_phrases"] else "")
    tell_left_out(examples.left_out)
    small = card["classes_too_small"]
    if small:
        print(f"left out: {len(small)} classes of fewer than {args.min_class_size} records: {_listed(small)}")
    _tell_described(card["described"], args)
    _tell_recipe(card)
    if metrics is not None:
        print(f"test: {metrics['records']} records, {args.split} split, seed {args.seed}")
        _tell_top(metrics["top"])
        if metrics["top_new"][0]["trials"] < metrics["records"]:
            print(f"  of these, {metrics['top_new'][0]['trials']} with a text that no training record has")
            _tell_top(metrics["top_new"])
        print(f"  calibration error  {metrics['ece_before']:.3f} before, {metrics['ece_after']:.3f} after")
    print(
        f"calibrated on {calibration['records']} unseen records: temperature {calibration['temperature']:.2f}"
    )


def _tell_described(described: dict[str, Any], args: argparse.Namespace) -> None:
    if not described["phrases"]:
        return
    print(f"from {args.classification}: {described['phrases']} titles and descriptions as training text")
    without, few = described["without_records"], described["with_records"]
    if without:
        print(f"  {len(without)} classes without records can be given through them")
    if few and args.describe == "small":
        print(f"  {len(few)} classes of fewer than {args.min_class_size} records stay: {_listed(few)}")


def _tell_recipe(card: dict[str, Any]) -> None:
    if card["search"] is not None:
        rows = card["search"]["tried"]
        print(f"search: {len(rows)} combinations on {card['search']['validation_records']} training records")
        for place, row in enumerate(rows):
            chosen = "  (chosen)" if place == card["search"]["chosen"] else ""
            own = "the base's" if row["learning_rate"] is None else f"{row['learning_rate']:g}"
            print(
                f"  {row['epochs']} epochs, batches of {row['batch_size']}, learning rate {own}: "
                f"{rate(row['accuracy'])}{chosen}"
            )
    recipe = card["engine"].get("recipe")
    if recipe:
        print(
            f"trained {recipe['epochs']} epochs in batches of {recipe['batch_size']}, "
            f"learning rate {recipe['learning_rate']:g}"
        )


def _tell_top(top: list[dict[str, Any]]) -> None:
    for rank in sorted({1, len(top)}):
        found = top[rank - 1]
        if found["value"] is not None:
            low, high = percent(found["low"]), percent(found["high"])
            print(f"  top-{rank}  {percent(found['value'])}  ({low} to {high})")


def _listed(sizes: dict[str, int]) -> str:
    return ", ".join(f"{code} ({size})" for code, size in sizes.items())


def main_variants(args: argparse.Namespace) -> int:
    """Train the half model and models 2 to 4, and write what `evaluate --variants` reads."""
    examples, extra, classification = read_training_data(args)
    found = train_variants(
        examples,
        settings=_settings(args),
        descriptions=_descriptions(examples, extra, classification),
        large=args.large,
        report=Bar(),
    )
    write_files(args.out.parent, {args.out.name: as_json(found)})
    for row in found["models"]:
        print(f"{row['model']}: accuracy {rate(row['own']['accuracy'])}")
    for row in found["left_out"]:
        print(f"{row['model']} was not trained: {row['reason']}")
    return OK


def main_label_errors(args: argparse.Namespace) -> int:
    """Write the records whose code is probably wrong, the likeliest first."""
    examples, extra, _ = read_training_data(args)
    suspects = rank_label_errors(
        examples, settings=_settings(args), extra=extra, folds=args.folds, report=Bar()
    )
    with replace_when_complete(args.out) as writer:
        writer.writerow(_COLUMNS)
        for suspect in suspects:
            row = suspect.to_dict()
            place = row.pop("place")
            numbers = {name: f"{value:.6f}" for name, value in row.items() if isinstance(value, float)}
            row |= {"line": examples.lines[place], "text": examples.texts[place], **numbers}
            writer.writerow([row[name] for name in _COLUMNS])
    print(f"{args.out}: {len(suspects)} of {len(examples)} records, the likeliest errors first")
    tell_left_out(examples.left_out)
    return OK

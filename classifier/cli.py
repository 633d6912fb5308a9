"""The command line: `python -m classifier train | predict | evaluate | compare | threshold`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import tee
from pathlib import Path
from typing import Final

import numpy as np

from classifier.engine import Progress, TrainSettings
from classifier.errors import ClassifierError
from classifier.examples import NOTHING, Examples, read_classification, read_examples, read_phrases
from classifier.model import Model
from classifier.splits import SPLITS
from classifier.tables import open_table, replace_when_complete
from classifier.text import Template

OK: Final = 0
FAULTS: Final = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 cannot be done (2, by argparse: wrong options)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = _parser(arguments[:1]).parse_args(arguments)
    try:
        if args.command == "train":
            return _train(args)
        if args.command == "predict":
            return _predict(args)
        if args.command == "threshold":
            return _threshold(args)
        from classifier import reporting

        return reporting.main_evaluate(args) if args.command == "evaluate" else reporting.main_compare(args)
    except ClassifierError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAULTS


def _parser(command: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m classifier", description="Code occupations with a trained model."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train and calibrate a model on coded records")
    train.add_argument("data", type=Path, metavar="DATA.csv")
    train.add_argument("--text", required=True, metavar="TEMPLATE", help="e.g. '{occupation} {industry}'")
    train.add_argument("--code", required=True, metavar="C", help="column of the code")
    train.add_argument("--out", type=Path, required=True, metavar="MODEL", help="folder of the model")
    train.add_argument(
        "--base",
        default="baseline",
        metavar="NAME_OR_FOLDER",
        help="'baseline' (default), or the name or folder of an encoder",
    )
    train.add_argument("--classification", type=Path, metavar="CODES.csv", help="refuse codes not in it")
    train.add_argument(
        "--extra", type=Path, metavar="PHRASES.csv", help="further training text: columns phrase, code"
    )
    train.add_argument("--min-class-size", type=_whole, default=11, metavar="N", help="default: 11")
    train.add_argument("--test-size", type=_share, default=0.3, metavar="SHARE", help="default: 0.3")
    train.add_argument("--split", choices=SPLITS, default="random", help="default: random")
    train.add_argument("--epochs", type=_whole, default=8, metavar="N", help="default: 8 (encoders)")
    train.add_argument("--batch-size", type=_whole, default=64, metavar="N", help="default: 64 (encoders)")
    train.add_argument(
        "--learning-rate", type=float, metavar="RATE", help="default: what suits the base, 2e-5 or 2e-4"
    )
    train.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    train.add_argument("--no-test", action="store_true", help="train on everything")

    predict = commands.add_parser("predict", help="add the most probable codes to a CSV file")
    predict.add_argument("data", type=Path, metavar="DATA.csv")
    predict.add_argument("--model", type=Path, required=True, metavar="MODEL")
    predict.add_argument("--out", type=Path, required=True, metavar="OUT.csv")
    predict.add_argument("--top", type=_whole, default=5, metavar="N", help="default: 5")

    evaluate = commands.add_parser("evaluate", help="report on a model: metrics.json, report.html")
    compare = commands.add_parser("compare", help="compare models on the same records")
    if command and command[0] in ("evaluate", "compare"):
        from classifier import reporting

        reporting.add_evaluate_arguments(evaluate)
        reporting.add_compare_arguments(compare)

    threshold = commands.add_parser(
        "threshold", help="find the lowest threshold with a bounded error, on records the model never saw"
    )
    threshold.add_argument("data", type=Path, metavar="CALIBRATION.csv")
    threshold.add_argument("--model", type=Path, required=True, metavar="MODEL")
    threshold.add_argument("--code", required=True, metavar="C", help="column of the code")
    threshold.add_argument("--max-error", type=_share, default=0.05, metavar="SHARE", help="default: 0.05")
    threshold.add_argument("--confidence", type=_share, default=0.95, metavar="SHARE", help="default: 0.95")
    threshold.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as JSON, too")
    return parser


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share between 0 and 1")
    return share


# train


def _train(args: argparse.Namespace) -> int:
    from classifier.pipeline import train
    from classifier.safefiles import check_target, remove_folder

    check_target(args.out)
    template = Template(args.text)
    classification = read_classification(args.classification) if args.classification else None
    examples = read_examples(args.data, template, args.code)
    extra = read_phrases(args.extra) if args.extra else NOTHING
    if classification is not None:
        classification.check(examples, where=str(args.data))
        classification.check(extra, where=str(args.extra))
    settings = TrainSettings(
        base=args.base,
        min_class_size=args.min_class_size,
        test_size=0.0 if args.no_test else args.test_size,
        split=args.split,
        epochs=args.epochs,
        batch_size=args.batch_size,
        learning_rate=args.learning_rate,
        seed=args.seed,
    )
    checkpoints = args.out.with_name(f".{args.out.name}.training")
    model = train(
        examples,
        template=template,
        extra=extra,
        settings=settings,
        report=_Bar(),
        checkpoints=checkpoints,
    )
    model.save(args.out)
    remove_folder(checkpoints)
    _tell_training(model, args, examples, extra)
    return OK


class _Bar:
    """Progress on a terminal, one line written over; a line a tenth where the output is no terminal."""

    def __init__(self) -> None:
        self._tenth = -1

    def __call__(self, progress: Progress) -> None:
        loss = "" if progress.loss is None else f"  loss {progress.loss:.3f}"
        share = progress.done / max(progress.total, 1)
        line = f"{progress.stage} {100 * share:3.0f} %{loss}"
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)
        elif int(10 * share) != self._tenth:
            self._tenth = int(10 * share)
            print(line, file=sys.stderr, flush=True)


def _tell_training(model: Model, args: argparse.Namespace, examples: Examples, extra: Examples) -> None:
    data, calibration, metrics = (model.card[key] for key in ("data", "calibration", "metrics"))
    print(f"{args.out}: {len(model.classes)} classes, {data['train']} records to learn from", end="")
    print(f", {data['further_phrases']} further phrases" if len(extra) else "")
    for reason, count in examples.left_out.items():
        print(f"left out: {count} records with {reason}")
    small = model.card["classes_too_small"]
    if small:
        listed = ", ".join(f"{code} ({size})" for code, size in small.items())
        print(f"left out: {len(small)} classes of fewer than {args.min_class_size} records: {listed}")
    if metrics is not None:
        top = metrics["top"]
        first, last = top[0], top[-1]
        print(f"test: {metrics['records']} records, {args.split} split, seed {args.seed}")
        for rank, rate in ((1, first), (len(top), last)):
            low, high = _percent(rate["low"]), _percent(rate["high"])
            print(f"  top-{rank}  {_percent(rate['value'])}  ({low} to {high})")
        print(f"  calibration error  {metrics['ece_before']:.3f} before, {metrics['ece_after']:.3f} after")
    print(
        f"calibrated on {calibration['records']} unseen records: temperature {calibration['temperature']:.2f}"
    )


# predict


def _predict(args: argparse.Namespace) -> int:
    model = Model.load(args.model)
    added = [f"{name}_{rank}" for rank in range(1, args.top + 1) for name in ("code", "prob")]
    with open_table(args.data) as table:
        model.template.check(table.header, where=str(args.data))
        taken = [name for name in added if name in table.header]
        if taken:
            raise ClassifierError(
                f"{args.data} already has the column{'s' if len(taken) > 1 else ''} "
                f"{', '.join(map(repr, taken))}, which the results need; rename before coding"
            )
        rows, again = tee(cells for _, cells in table.rows())
        texts = (model.text_of(dict(zip(table.header, cells, strict=True))) for cells in again)
        count = blank = 0
        with replace_when_complete(args.out) as writer:
            writer.writerow([*table.header, *added])
            for cells, suggestions in zip(rows, model.predict_many(texts, top=args.top), strict=True):
                count += 1
                blank += not suggestions
                writer.writerow([*cells, *_cells(suggestions, args.top)])
    print(f"{args.out}: {count} records")
    if blank:
        print(f"without a text, and so without codes: {blank}")
    return OK


def _cells(suggestions: Sequence[tuple[str, float]], top: int) -> Iterator[str]:
    for rank in range(top):
        if rank < len(suggestions):
            code, probability = suggestions[rank]
            yield code
            yield f"{probability:.6f}"
        else:
            yield ""
            yield ""


# threshold


def _threshold(args: argparse.Namespace) -> int:
    from classifier.threshold import lowest_threshold

    model = Model.load(args.model)
    examples = read_examples(args.data, model.template, args.code)
    probabilities = model.predict_proba(examples.texts)
    given = np.asarray(model.classes)[probabilities.argmax(axis=1)]
    correct = given == np.asarray(examples.codes)
    found = lowest_threshold(
        probabilities.max(axis=1), correct, max_error=args.max_error, confidence=args.confidence
    )
    wanted = f"at most {_percent(args.max_error)} wrong with {_percent(args.confidence)} confidence"
    if found.threshold is not None:
        low, high = found.coverage_interval
        print(f"threshold {found.threshold:g}: {wanted}")
        print(f"  accepts {found.accepted} of {found.records} records, {found.wrong} of them wrong")
        print(f"  error at most {_percent(found.error_bound)} (exact bound)")
        print(f"  coverage {_percent(found.coverage)}  ({_percent(low)} to {_percent(high)})")
    else:
        print(f"no threshold: {found.records} records cannot vouch for {wanted}")
        if found.more is None:
            print(
                "  errors are not rare enough at any threshold; a better model is needed, or a greater error"
            )
        else:
            print(f"  about {found.more} more labelled records should do, for a threshold of {found.best:g}")
    for reason, count in examples.left_out.items():
        print(f"left out: {count} records with {reason}")
    if args.json is not None:
        try:
            args.json.write_text(json.dumps(found.to_dict(), indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ClassifierError(f"{args.json} cannot be written: {error.strerror}") from error
    return OK


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

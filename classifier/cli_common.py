"""What the commands share: options, progress on a terminal, numbers in words."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final, get_args

from classifier.classification import Classification
from classifier.engine import PreciseEngine, Precision, Progress
from classifier.errors import ClassifierError
from classifier.examples import NOTHING, Examples, read_examples, read_phrases
from classifier.hierarchy import Hierarchy
from classifier.model import Model
from classifier.reporting import LEARNT
from classifier.splits import SPLITS
from classifier.text import Template

OK: Final = 0


def whole(text: str) -> int:
    """A whole number from 1."""
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def share(text: str) -> float:
    """A number between 0 and 1, both excluded."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share between 0 and 1")
    return number


def percent(number: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * number:.1f} %"


def rate(data: dict[str, Any]) -> str:
    """A rate of metrics.json in words."""
    if data["value"] is None:
        return "unknown: no records"
    return f"{data['value']:.2%} ({data['low']:.2%} to {data['high']:.2%}, {data['trials']} records)"


def add_data(parser: argparse.ArgumentParser, *, name: str = "DATA.csv") -> None:
    """The file of coded records and its column of codes."""
    parser.add_argument("data", type=Path, metavar=name, help="coded records, CSV in UTF-8")
    parser.add_argument("--code", required=True, metavar="C", help="column of the code")


def add_training_data(parser: argparse.ArgumentParser) -> None:
    """What every command that trains reads."""
    add_data(parser)
    parser.add_argument("--text", required=True, metavar="TEMPLATE", help="e.g. '{occupation} {industry}'")
    parser.add_argument(
        "--classification",
        type=Path,
        metavar="CODES.csv",
        help="columns code, title, and if there are any description, parent, level: refuse other codes, and "
        "reach classes without records through their title and description",
    )
    parser.add_argument(
        "--extra", type=Path, metavar="PHRASES.csv", help="further training text: columns phrase, code"
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """How to train."""
    parser.add_argument(
        "--base",
        default="baseline",
        metavar="NAME_OR_FOLDER",
        help="'baseline' (default); the name or folder of an encoder; 'baseline+' and such a name for both "
        "together, the encoder trained; 'ensemble+' and such a name, the encoder as it is",
    )
    parser.add_argument("--min-class-size", type=whole, default=11, metavar="N", help="default: 11")
    parser.add_argument("--test-size", type=share, default=0.3, metavar="SHARE", help="default: 0.3")
    parser.add_argument("--split", choices=SPLITS, default="random", help="default: random")
    parser.add_argument("--epochs", type=whole, default=8, metavar="N", help="default: 8 (encoders)")
    parser.add_argument("--batch-size", type=whole, default=64, metavar="N", help="default: 64 (encoders)")
    parser.add_argument(
        "--learning-rate",
        type=share,
        metavar="RATE",
        help="default: 2e-5, the paper's (encoders); encoders made for mean pooling, such as MiniLM and e5, "
        "learn next to nothing at that rate and get 1.5e-4. A rate given here is taken as it is",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="default: 0")


def add_model(parser: argparse.ArgumentParser) -> None:
    """The model, and how it computes; see `read_model`."""
    parser.add_argument("--model", type=Path, required=True, metavar="MODEL", help="folder of the model")
    parser.add_argument(
        "--precision",
        choices=get_args(Precision),
        default="auto",
        help="how an encoder computes: 'auto' (default) is bfloat16 where the processor has it, otherwise "
        "float32; 'int8' is faster on some processors, and moves probabilities by up to 0.3",
    )


def read_model(args: argparse.Namespace) -> Model:
    """The model of `add_model`; raises ClassifierError when it cannot be loaded, or computes in one way."""
    model = Model.load(args.model)
    if args.precision != "auto":
        if not isinstance(model.engine, PreciseEngine):
            raise ClassifierError(
                f"{args.model}: --precision is for models with a trained encoder, and its engine is "
                f"{model.engine.kind!r}; leave it out"
            )
        model.engine.precision = args.precision
    return model


def seed(text: str) -> int:
    """A whole number from 0."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def add_tree(parser: argparse.ArgumentParser) -> None:
    """The classification, for reports."""
    parser.add_argument(
        "--classification",
        type=Path,
        metavar="CODES.csv",
        help="columns code, title, parent, level: for titles, and figures at every level",
    )


def add_learnt(parser: argparse.ArgumentParser) -> None:
    """What becomes of records that a model learnt from."""
    parser.add_argument(
        "--learnt",
        choices=LEARNT,
        default=LEARNT[0],
        help="records whose text the model learnt from: leave them out (default), or judge them, too",
    )


def read_training_data(args: argparse.Namespace) -> tuple[Examples, Examples, Classification | None]:
    """Records, further phrases and classification, checked against each other with file and line."""
    classification = Classification.read(args.classification) if args.classification else None
    examples = read_examples(args.data, Template(args.text), args.code)
    extra = read_phrases(args.extra) if args.extra else NOTHING
    if classification is not None:
        classification.check(examples, where=str(args.data))
        classification.check(extra, where=str(args.extra))
    return examples, extra, classification


def read_tree(args: argparse.Namespace) -> Hierarchy | None:
    """The classification as a tree, where one was named."""
    return Hierarchy.read(args.classification) if args.classification else None


def tell_left_out(left_out: dict[str, int]) -> None:
    """One line for each reason."""
    for reason, count in left_out.items():
        print(f"left out: {count} records with {reason}")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Raises ClassifierError when the file cannot be written."""
    try:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ClassifierError(f"{path} cannot be written: {error.strerror}") from error


class Bar:
    """Progress on a terminal, one line written over; a line a tenth where the output is no terminal."""

    def __init__(self) -> None:
        self._tenth = -1

    def __call__(self, progress: Progress) -> None:
        loss = "" if progress.loss is None else f"  loss {progress.loss:.3f}"
        done = progress.done / max(progress.total, 1)
        line = f"{progress.stage} {100 * done:3.0f} %{loss}"
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="\n" if done >= 1 else "", file=sys.stderr, flush=True)
        elif int(10 * done) != self._tenth:
            self._tenth = int(10 * done)
            print(line, file=sys.stderr, flush=True)

"""The command line: `python -m classifier COMMAND`; every command's work is in one of the `cli_*` modules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from classifier import cli_files, cli_judge, cli_train
from classifier.errors import ClassifierError

FAULTS: Final = 1


class _Command(NamedTuple):
    help: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


COMMANDS: Final = {
    "train": _Command(
        "train and calibrate a model on coded records", cli_train.add_train, cli_train.main_train
    ),
    "predict": _Command(
        "add the most probable codes to a CSV file", cli_files.add_predict, cli_files.main_predict
    ),
    "evaluate": _Command(
        "report on a model: metrics.json, report.html", cli_judge.add_evaluate, cli_judge.main_evaluate
    ),
    "compare": _Command("compare models on the same records", cli_judge.add_compare, cli_judge.main_compare),
    "threshold": _Command(
        "find the lowest threshold with a bounded error, on records the model never saw",
        cli_judge.add_threshold,
        cli_judge.main_threshold,
    ),
    "variants": _Command(
        "train the half model and models 2 to 4 of the paper, for a report",
        cli_train.add_variants,
        cli_train.main_variants,
    ),
    "label-errors": _Command(
        "rank training records whose code is probably wrong",
        cli_train.add_label_errors,
        cli_train.main_label_errors,
    ),
    "recode": _Command(
        "convert codes of another edition by a crosswalk, with a person's help",
        cli_files.add_recode,
        cli_files.main_recode,
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 cannot be done (2, by argparse: wrong options)."""
    args = _parser().parse_args(argv)
    try:
        return COMMANDS[args.command].run(args)
    except ClassifierError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAULTS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m classifier", description="Code occupations with a trained model."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add(commands.add_parser(name, help=command.help))
    return parser

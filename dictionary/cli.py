"""The command line: `python -m dictionary code | check | learn | evaluate`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from dictionary.coder import Coder
from dictionary.evaluation import Evaluation, evaluate
from dictionary.faults import DictionaryError
from dictionary.loading import Dictionary
from dictionary.recordfile import (
    SHOWN,
    RecordFile,
    RecordFileError,
    UsageError,
    open_records,
    replace_when_complete,
)
from dictionary.records import Record, Result, Status

OK: Final = 0
FAULTS: Final = 1
USAGE: Final = 2

ADDED: Final = ("status", "code", "table", "priority", "decided_by", "candidates", "trace")
"""The columns that `code` appends; the last two hold JSON."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 faults in the data, 2 cannot be done as given."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(with_learn=arguments[:1] == ["learn"])
    args = parser.parse_args(arguments)
    try:
        if args.command == "learn":
            from dictionary import learn

            return learn.main(args)
        if args.command == "code":
            return _code(args)
        if args.command == "check":
            return _check(args)
        return _evaluate(args)
    except (UsageError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except (DictionaryError, RecordFileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return FAULTS


def _parser(*, with_learn: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dictionary", description="Code occupations by matching words against a dictionary."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    code = commands.add_parser("code", help="code a CSV file of records")
    code.add_argument("records", type=Path, metavar="RECORDS.csv")
    code.add_argument("--dictionary", type=Path, required=True, metavar="DIR")
    code.add_argument("--out", type=Path, required=True, metavar="OUT.csv")
    code.add_argument("--id", metavar="C", help="column of the record's id (default: id)")
    code.add_argument("--occupation", metavar="C", help="column of the occupation (default: occupation)")
    code.add_argument("--industry", metavar="C", help="column of the industry (default: industry, if there)")
    code.add_argument("--age", metavar="C", help="column of the age in years (default: age, if there)")
    code.add_argument("--child-age", type=_years, default=14.0, metavar="YEARS", help="default: 14")

    check = commands.add_parser("check", help="list every fault of a dictionary")
    check.add_argument("dictionary", type=Path, metavar="DIR")
    check.add_argument(
        "--classification", type=Path, metavar="CODES.csv", help="CSV file with a column 'code'"
    )

    learn_parser = commands.add_parser("learn", help="build a dictionary from coded records")
    if with_learn:
        from dictionary import learn

        learn.add_arguments(learn_parser)

    measure = commands.add_parser("evaluate", help="measure a dictionary on coded records")
    measure.add_argument("records", type=Path, metavar="CODED.csv")
    measure.add_argument("--dictionary", type=Path, required=True, metavar="DIR")
    measure.add_argument("--occupation", metavar="C", help="column of the occupation (default: occupation)")
    measure.add_argument(
        "--industry", metavar="C", help="column of the industry (default: industry, if there)"
    )
    measure.add_argument("--code", metavar="C", help="column of the reference code (default: code)")
    measure.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as JSON, too")
    return parser


def _years(text: str) -> float:
    try:
        years = float(text)
    except ValueError:
        years = math.nan
    if not (math.isfinite(years) and years >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of years")
    return years


# code


def _code(args: argparse.Namespace) -> int:
    coder = Coder(Dictionary.load(args.dictionary), child_age=args.child_age)
    statuses: Counter[Status] = Counter()
    with open_records(args.records) as source:
        taken = [name for name in ADDED if name in source.header]
        if taken:
            raise UsageError(
                f"{args.records} already has the column{'s' if len(taken) > 1 else ''} "
                f"{', '.join(map(repr, taken))}, which the results need; rename before coding"
            )
        ages = _Ages(source)
        records = _records(source, args, ages)
        with replace_when_complete(args.out) as writer:
            writer.writerow([*source.header, *ADDED])
            for cells, record in records:
                result = coder.code(record)
                statuses[result.status] += 1
                writer.writerow([*cells, *_added(result)])
    ages.summarise()
    total = statuses.total()
    print(f"{args.out}: {total} records")
    for status in Status:
        print(f"  {status.value:<9} {statuses[status]:>9}  {_percent(statuses[status], total)}")
    return OK


def _records(source: RecordFile, args: argparse.Namespace, ages: _Ages) -> Iterator[tuple[list[str], Record]]:
    """The rows with the records they make; the columns are found at once, the rows as they are asked for."""
    id_at = source.column(args.id if args.id is not None else "id", wanted_for="id (name another with --id)")
    occupation_at, industry_at = _literal_columns(source, args)
    age_at = source.optional_column(args.age, "age", wanted_for="age")

    def stream() -> Iterator[tuple[list[str], Record]]:
        for line, cells in source.rows():
            record = Record(
                id=cells[id_at],
                occupation=cells[occupation_at],
                industry="" if industry_at is None else cells[industry_at],
                age=None if age_at is None else ages.read(cells[age_at], line),
            )
            yield cells, record

    return stream()


def _literal_columns(source: RecordFile, args: argparse.Namespace) -> tuple[int, int | None]:
    name = args.occupation if args.occupation is not None else "occupation"
    occupation_at = source.column(name, wanted_for="occupation")
    return occupation_at, source.optional_column(args.industry, "industry", wanted_for="industry")


class _Ages:
    """Reads ages; those that are none are reported, counted, and taken as missing."""

    def __init__(self, source: RecordFile) -> None:
        self._path = source.path
        self._bad = 0

    def read(self, text: str, line: int) -> float | None:
        text = text.strip()
        if not text:
            return None
        try:
            age = float(text)
        except ValueError:
            age = math.nan
        if math.isfinite(age) and age >= 0:
            return age
        self._bad += 1
        if self._bad <= SHOWN:
            print(
                f"{self._path}:{line}: age {text!r} is not a number of years; taken as missing",
                file=sys.stderr,
            )
        return None

    def summarise(self) -> None:
        if self._bad:
            print(
                f"{self._path}: {self._bad} ages could not be read and were taken as missing", file=sys.stderr
            )


def _added(result: Result) -> tuple[str | int | None, ...]:
    return (
        result.status.value,
        result.code,
        result.table,
        result.priority,
        result.decided_by,
        json.dumps([candidate.to_dict() for candidate in result.candidates], ensure_ascii=False),
        json.dumps([match.to_dict() for match in result.matches], ensure_ascii=False),
    )


# check


def _check(args: argparse.Namespace) -> int:
    codes = None if args.classification is None else _codes(args.classification)
    try:
        dictionary = Dictionary.load(args.dictionary, codes=codes)
    except DictionaryError as error:
        for fault in error.faults:
            print(fault)
        count = len(error.faults)
        print(f"{args.dictionary}: {count} fault{'' if count == 1 else 's'}")
        return FAULTS
    entries = ", ".join(f"{name} {len(table.entries)}" for name, table in dictionary.tables.items())
    print(
        f"{args.dictionary}: no faults. Phrases: {entries}; spelling rules: {len(dictionary.spelling)}; "
        f"unknown literals: {len(dictionary.unknown.plain)}; words: {dictionary.words}"
    )
    print(f"fingerprint {dictionary.fingerprint}")
    if dictionary.ignored:
        print(f"not read, being no part of a dictionary: {', '.join(dictionary.ignored)}")
    return OK


def _codes(path: Path) -> frozenset[str]:
    with open_records(path) as source:
        at = source.column("code", wanted_for="classification's codes")
        return frozenset(cells[at].strip() for _, cells in source.rows()) - {""}


# evaluate


def _evaluate(args: argparse.Namespace) -> int:
    coder = Coder(Dictionary.load(args.dictionary))
    blank = 0

    def pairs(source: RecordFile) -> Iterator[tuple[Record, str]]:
        nonlocal blank
        occupation_at, industry_at = _literal_columns(source, args)
        code_at = source.column(args.code if args.code is not None else "code", wanted_for="reference code")
        for line, cells in source.rows():
            reference = cells[code_at].strip()
            if not reference:
                blank += 1
                continue
            industry = "" if industry_at is None else cells[industry_at]
            yield Record(str(line), cells[occupation_at], industry), reference

    with open_records(args.records) as source:
        evaluation = evaluate(pairs(source), coder)
    _print_evaluation(evaluation)
    if blank:
        print(f"left out: {blank} rows without a reference code")
    if args.json is not None:
        figures = {**evaluation.to_dict(), "without_reference": blank}
        try:
            args.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{args.json} cannot be written: {error.strerror}") from error
    return OK


def _print_evaluation(evaluation: Evaluation) -> None:
    total = evaluation.records
    print(f"records      {total}")
    for status, count in evaluation.statuses.items():
        print(f"  {status.value:<10} {count:>8}  {_percent(count, total)}")
    rate = _percent(evaluation.coded, total)
    print(f"coding rate  {rate}  (95 % interval {_interval(evaluation.coding_rate_interval)})")
    print(f"  with those set aside  {_percent(evaluation.coded + evaluation.set_aside, total)}")
    accuracy = _percent(evaluation.correct, evaluation.coded)
    print(f"accuracy     {accuracy} of the coded  (95 % interval {_interval(evaluation.accuracy_interval)})")
    left = evaluation.statuses[Status.TIE] + evaluation.statuses[Status.NO_MATCH]
    print(f"candidates   hold the code of {evaluation.offered} of the {left} left to people")
    if evaluation.confusions:
        print("commonest confusions (reference -> given, records, an example)")
        for confusion in evaluation.confusions:
            print(f"  {confusion.reference} -> {confusion.given}  {confusion.records}  {confusion.example}")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _interval(interval: tuple[float, float]) -> str:
    return f"{100 * interval[0]:.1f}-{100 * interval[1]:.1f}"

"""`python -m dictionary learn`: a dictionary folder from records that are coded already.

    >>> from dictionary.learn import CodedRecord, learn
    >>> files, report = learn([CodedRecord(2, "Truck driver", "", "715")])

The files are those of a dictionary (`Dictionary.from_texts` takes them), the report's are for a person.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from dictionary import files as names
from dictionary import splitters
from dictionary.learning import report
from dictionary.learning.examples import CodedRecord, Examples, choose_splitter, gather
from dictionary.learning.learner import Learned, Learner
from dictionary.learning.settings import Settings
from dictionary.recordfile import RecordFileError, UsageError, open_records

__all__ = [
    "CodedRecord",
    "Learner",
    "Settings",
    "add_arguments",
    "dictionary_files",
    "gather",
    "learn",
    "main",
]

AUTO: Final = "auto"
REPORT: Final = "report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `learn`."""
    defaults = Settings()
    parser.add_argument("records", type=Path, metavar="CODED.csv")
    parser.add_argument("--occupation", metavar="C", help="column of the occupation (default: occupation)")
    parser.add_argument(
        "--industry", metavar="C", help="column of the industry (default: industry, if there)"
    )
    parser.add_argument("--code", metavar="C", help="column of the code (default: code)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new or empty folder")
    parser.add_argument(
        "--strictness",
        type=float,
        default=defaults.strictness,
        metavar="S",
        help=f"least trust, 0 to 1, in an entry: higher codes less, and better ({defaults.strictness})",
    )
    parser.add_argument(
        "--max-words",
        type=int,
        default=defaults.max_words,
        metavar="N",
        help=f"longest sub-phrase, 1 to 4 words ({defaults.max_words})",
    )
    parser.add_argument(
        "--min-texts",
        type=int,
        default=defaults.min_texts,
        metavar="N",
        help=f"fewest different texts that hold a phrase ({defaults.min_texts})",
    )
    parser.add_argument(
        "--inferred",
        type=int,
        default=defaults.inferred,
        metavar="N",
        help=f"most pairs of words never seen together that are written ({defaults.inferred}; 0 for none)",
    )
    parser.add_argument(
        "--correct", action="store_true", help="make the probable misspellings rules, not only a report"
    )
    parser.add_argument(
        "--words",
        choices=(AUTO, *splitters.STRATEGIES),
        default=AUTO,
        help="how literals are split into words (default: korean where most letters are Hangul)",
    )


def learn(
    records: Iterable[CodedRecord],
    settings: Settings | None = None,
    *,
    words: str = AUTO,
    correct: bool = False,
) -> tuple[dict[str, str], dict[str, str]]:
    """The files of the dictionary and those of the report, by relative name.

    `words` is a splitter's name or 'auto'. Raises ValueError when no record has both words and a code.
    """
    return _learn(gather(records), settings or Settings(), words, correct)


def _learn(
    examples: Examples, settings: Settings, words: str, correct: bool
) -> tuple[dict[str, str], dict[str, str]]:
    if not examples.texts:
        raise ValueError(
            f"nothing to learn from: none of {len(examples.skipped)} rows has both words and a code"
        )
    splitter = choose_splitter(words, examples)
    learner = Learner(examples, splitter=splitter, max_words=settings.max_words, correct=correct)
    learned = learner.learn(settings)
    return dictionary_files(learned), report.files(examples, learner, learned, settings)


def dictionary_files(learned: Learned) -> dict[str, str]:
    """The files of the dictionary that was learned, by relative name."""
    entries = [(entry.phrase, entry.code, entry.note) for entry in learned.entries]
    return {
        names.ENTRIES: report.csv_text(("phrase", "code", "note"), entries),
        names.SPELLING: report.csv_text(("variant", "standard"), list(learned.spelling.items())),
        names.SETTINGS: f'words = "{learned.splitter}"\n',
    }


def main(args: argparse.Namespace) -> int:
    """Carry out `learn` with parsed arguments: 0 when the folder was written.

    Raises UsageError when it cannot be done as asked, RecordFileError when the file cannot be read.
    """
    out: Path = args.out
    _refuse_taken(out)
    try:
        settings = Settings(args.strictness, args.max_words, args.min_texts, args.inferred)
    except ValueError as error:
        raise UsageError(str(error)) from error
    examples = gather(_read(args))
    if not examples.texts:
        reason = f"nothing to learn from: none of its {len(examples.skipped)} rows has both words and a code"
        raise RecordFileError(args.records, [(1, reason)])
    splitter = choose_splitter(args.words, examples)
    try:
        splitters.require(splitter)
    except splitters.SplitterUnavailable as error:
        raise UsageError(str(error)) from error
    if args.words == AUTO and splitter != splitters.WORDS:
        _say(f"Most letters are Hangul: the '{splitter}' splitter is used (--words chooses another).")
    written, notes = _learn(examples, settings, splitter, args.correct)
    _write(out, written | {f"{REPORT}/{name}": text for name, text in notes.items()})
    count = written[names.ENTRIES].count("\n") - 1
    _say(
        f"Learned {count} entries from {examples.records} records ({len(examples.texts)} different texts) "
        f"into {out}; {len(examples.skipped)} rows were left out. Read {out / REPORT / 'summary.md'} first."
    )
    return 0


def _read(args: argparse.Namespace) -> Iterator[CodedRecord]:
    with open_records(args.records) as file:
        occupation = file.column(args.occupation or "occupation", wanted_for="occupation")
        industry = file.optional_column(args.industry, "industry", wanted_for="industry")
        code = file.column(args.code or "code", wanted_for="code")
        for line, cells in file.rows():
            yield CodedRecord(
                line, cells[occupation], cells[industry] if industry is not None else "", cells[code]
            )


def _refuse_taken(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; give a new or empty folder")
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty; give a new or empty folder, or empty it first")


def _write(out: Path, texts: Mapping[str, str]) -> None:
    """Write all files into a folder beside `out`, which takes its place only when it is complete."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        try:
            for name, text in texts.items():
                path = part / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="")
            if out.is_dir():
                out.rmdir()
            part.rename(out)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")

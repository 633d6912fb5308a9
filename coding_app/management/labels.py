"""Options that say which coded records are meant: a study's own, or those of a file."""

from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import CommandError, CommandParser

from coding_app.choices import LabelSource
from coding_app.management.files import upload
from coding_app.services.labelled_rows import Upload

OF_STUDY = [source.value for source in LabelSource if source != LabelSource.FILE]


class Labels(NamedTuple):
    """What the options say, as services take it."""

    labels: LabelSource
    file: Upload | None
    code_column: str


def add_arguments(parser: CommandParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--labels",
        choices=OF_STUDY,
        default=LabelSource.BOTH.value,
        help="codes known beforehand (reference), people's decisions, or both (the default)",
    )
    parser.add_argument("--file", type=Path, metavar="F", help="coded records of a CSV, XLSX or Parquet file")
    parser.add_argument("--code-column", default="", metavar="C", help="the file's column with the codes")


def read(options: dict[str, Any]) -> Labels:
    """The records that the options name.

    Raises:
        CommandError: for a file without a column of codes, or the other way round, or that is not there.
    """
    path: Path | None = options["file"]
    if (path is None) != (not options["code_column"]):
        raise CommandError("--file and --code-column go together.")
    if path is None:
        return Labels(LabelSource(options["labels"]), None, "")
    return Labels(LabelSource.FILE, upload(path), options["code_column"])

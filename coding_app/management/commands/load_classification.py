"""``load_classification``: bring a classification in from CSV files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.output import command_errors
from coding_app.services import classifications


class Command(BaseCommand):
    """Load a classification; with any fault, nothing is loaded and every fault is listed."""

    help = "Load a classification from a CSV file (code,title[,parent,level,description,...])."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--name", required=True)
        parser.add_argument("--edition", required=True)
        parser.add_argument("--language", default="en", help="of the titles without a language (en)")
        parser.add_argument("files", nargs="+", type=Path, metavar="CODES.csv", help="several add up")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say how many codes there are."""
        with command_errors():
            made = classifications.load(
                name=options["name"],
                edition=options["edition"],
                language=options["language"],
                files=options["files"],
            )
        self.stdout.write(f"{made}: {made.codes.count()} codes")

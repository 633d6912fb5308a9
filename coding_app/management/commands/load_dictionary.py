"""``load_dictionary``: bring a dictionary folder in as a new version."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.output import command_errors
from coding_app.selectors import catalogue
from coding_app.services import dictionaries


class Command(BaseCommand):
    """Load a dictionary; with any fault, nothing is loaded and every fault is listed."""

    help = "Load a dictionary folder (entries.csv, ...) as the newest version of a dictionary."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--name", required=True)
        parser.add_argument("--classification", required=True, metavar="N", help="name, or 'name (edition)'")
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say which version it is."""
        with command_errors():
            classification = catalogue.classification(options["classification"])
            version = dictionaries.load(
                name=options["name"], classification=classification, folder=options["folder"]
            )
        self.stdout.write(f"{version}: {version.entries} phrases")

"""``create_study``: a study from the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.output import command_errors
from coding_app.selectors import catalogue
from coding_app.services import studies


class Command(BaseCommand):
    """Create a study, with a manager where one is named."""

    help = "Create a study."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--name", required=True)
        parser.add_argument("--classification", required=True, metavar="N", help="name, or 'name (edition)'")
        parser.add_argument("--dictionary", required=True, metavar="N", help="its newest version is used")
        parser.add_argument("--child-age", type=int, default=14, metavar="YEARS")
        parser.add_argument("--manager", metavar="USER", help="who manages the study in the browser")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it, and say under which name the other commands find it."""
        with command_errors():
            study = studies.create(
                name=options["name"],
                classification=catalogue.classification(options["classification"]),
                dictionary_version=catalogue.newest_version(options["dictionary"]),
                child_age=options["child_age"],
                user=catalogue.user(options["manager"]) if options["manager"] else None,
            )
        self.stdout.write(f"{study.name}: created")
        if not options["manager"]:
            self.stdout.write("Nobody sees it in the browser yet: --manager USER makes it somebody's.")

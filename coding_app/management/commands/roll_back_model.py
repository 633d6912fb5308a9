"""``roll_back_model``: go back to the model that was current before."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.output import command_errors
from coding_app.selectors import catalogue
from coding_app.services import promotion


class Command(BaseCommand):
    """Undo the last promotion; records stay as they are until they are coded again."""

    help = "Make the model current again that was so before."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go back, and say to which."""
        with command_errors():
            before = promotion.roll_back(study=catalogue.study(options["study"]), user=None)
        self.stdout.write(f"{before} is current." if before else "The study has no current model.")

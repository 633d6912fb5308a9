"""``promote_model``: make a version the one that runs code with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.output import command_errors
from coding_app.selectors import catalogue
from coding_app.services import promotion


class Command(BaseCommand):
    """The rule is the same as after a training: better than the current one, on the same records."""

    help = "Make a model the current one, if it beat the current one on the same records."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("number", type=int, metavar="N", help="the model's number (see: models S)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Promote it, or say why not."""
        with command_errors():
            version = catalogue.model(catalogue.study(options["study"]), options["number"])
            promotion.promote(version=version, user=None)
        self.stdout.write(f"{version} is current. Records stay as they are until they are coded again.")

"""``upload_model``: bring a trained model into a study's registry."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.files import upload
from coding_app.management.output import command_errors
from coding_app.selectors import catalogue
from coding_app.services import model_archives


class Command(BaseCommand):
    """Register a model from a ZIP file; nothing in it is run or unpickled."""

    help = "Bring in a model: a ZIP file of a folder as `python -m classifier train` writes it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("file", type=Path, metavar="FILE.zip")
        parser.add_argument("--note", default="", help="what should be known of it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Register it, and say as which."""
        file = upload(options["file"])
        with command_errors():
            version = model_archives.upload(
                study=catalogue.study(options["study"]),
                user=None,
                name=file.name,
                chunks=file.chunks,
                note=options["note"],
            )
        self.stdout.write(f"{version}: {version.base}, {version.classes} codes. It is not current yet.")

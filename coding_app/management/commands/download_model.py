"""``download_model``: a model as a ZIP file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coding_app.management.output import command_errors
from coding_app.selectors import catalogue
from coding_app.services import model_archives


class Command(BaseCommand):
    """Write a version as ``upload_model`` reads it."""

    help = "Write a model to a ZIP file. It was learnt from personal data: keep it like these."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("number", type=int, metavar="N", help="the model's number (see: models S)")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and say how large it is."""
        out: Path = options["out"]
        if not out.parent.is_dir():
            raise CommandError(f"{out.parent}: there is no such folder.")
        with command_errors():
            version = catalogue.model(catalogue.study(options["study"]), options["number"])
            part = out.with_name(f"{out.name}.part")
            try:
                with part.open("wb") as stream:
                    for piece in model_archives.archive(version):
                        stream.write(piece)
                part.rename(out)
            finally:
                part.unlink(missing_ok=True)
        self.stdout.write(f"{out}: {version}, {out.stat().st_size / 2**20:.1f} MiB")

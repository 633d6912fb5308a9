"""``code_records``: code a study by its dictionary and its current model."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.output import command_errors, follow
from coding_app.selectors import catalogue
from coding_app.selectors.progress import progress
from coding_app.services import suggest


class Command(BaseCommand):
    """Queue a coding run for the workers, and wait for its end where that is asked for."""

    help = "Code the records of a study by its dictionary and its current model, in a worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("--wait", action="store_true", help="until a worker has done it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue it, and with --wait say how it ended."""
        with command_errors():
            study = catalogue.study(options["study"])
            job = suggest.start(study=study, user=None)
        if not options["wait"]:
            self.stdout.write(f"Job {job.pk} is queued.")
            return
        follow(job.pk, self.stdout)
        for outcome, count in progress(study).outcomes.items():
            self.stdout.write(f"{outcome}: {count}")

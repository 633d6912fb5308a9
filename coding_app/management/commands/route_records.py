"""``route_records``: take the routing in force to all records once more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.output import command_errors, follow
from coding_app.selectors import catalogue
from coding_app.selectors.progress import progress
from coding_app.services import route


class Command(BaseCommand):
    """Queue a routing for the workers, and wait for its end where that is asked for."""

    help = "Route the records of a study again, in a worker, by the routing in force."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("--wait", action="store_true", help="until a worker has done it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue it, and with --wait say where the records are then."""
        with command_errors():
            study = catalogue.study(options["study"])
            job = route.apply(study=study, user=None)
        if not options["wait"]:
            self.stdout.write(f"Job {job.pk} is queued.")
            return
        follow(job.pk, self.stdout)
        for status, count in progress(study).statuses.items():
            self.stdout.write(f"{status}: {count}")

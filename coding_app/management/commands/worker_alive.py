"""``worker_alive``: the health check of a worker's container."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coding_app.choices import WorkQueue
from coding_app.selectors import jobs


class Command(BaseCommand):
    """Succeed when a worker of the queue gave a sign of life lately."""

    help = "Exit with 0 when a worker gave a sign of life lately, with 1 otherwise."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--queue", choices=WorkQueue.values, default="", help="one that takes jobs from it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, and say so."""
        queue = options["queue"]
        if not jobs.worker_is_there(queue):
            raise CommandError(
                f"No worker {f'of the queue {queue} ' if queue else ''}gave a sign of life lately."
            )
        self.stdout.write("A worker is there.")

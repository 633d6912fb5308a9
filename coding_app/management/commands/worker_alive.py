"""``worker_alive``: the health check of a worker's container."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from coding_app.selectors import jobs


class Command(BaseCommand):
    """Succeed when a worker gave a sign of life lately."""

    help = "Exit with 0 when a worker gave a sign of life lately, with 1 otherwise."

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, and say so."""
        if not jobs.worker_is_there():
            raise CommandError("No worker gave a sign of life lately.")
        self.stdout.write("A worker is there.")

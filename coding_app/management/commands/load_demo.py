"""``load_demo``: the shipped classifications and the demonstration studies."""

from typing import Any

from django.core.management.base import BaseCommand

from coding_app.management.output import command_errors
from coding_app.services import demo, demo_studies


class Command(BaseCommand):
    """Load the demonstration; what is loaded already stays as it is."""

    help = "Load the shipped classifications, the demo accounts and the demo studies."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and name the studies."""
        with command_errors():
            demo.load_shipped_classifications()
            users = demo.accounts()
            for wanted in demo_studies.STUDIES:
                study = demo.load(wanted, users, tell=self._tell)
                self._tell(f"{study.name}: {study.records.count()} made-up records")

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

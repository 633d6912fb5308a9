"""``models``: what is in a study's registry."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app.management.output import command_errors
from coding_app.selectors import catalogue
from coding_app.selectors import models as selected


class Command(BaseCommand):
    """One line a version, the newest first."""

    help = "List the models of a study; the current one has a star."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the list."""
        with command_errors():
            study = catalogue.study(options["study"])
        versions = selected.versions(study)
        if not versions:
            self.stdout.write("No models yet. Train one: python manage.py train_model")
        for version in versions:
            star = "*" if version.pk == study.model_version_id else " "
            self.stdout.write(
                f"{star} {version.number:>3}  {version.base}, {version.get_origin_display().lower()} "
                f"{version.created_at:%Y-%m-%d %H:%M}, {version.classes} codes, "
                f"{version.size / 2**20:.1f} MiB{_accuracy(version.card)}"
            )


def _accuracy(card: dict[str, Any]) -> str:
    """Of the records kept back in its own training."""
    figures = card.get("metrics") or {}
    if not figures.get("top"):
        return ""
    first = figures["top"][0]
    return f", {first['value']:.1%} of {first['trials']} held-out records right"

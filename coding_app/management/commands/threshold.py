"""``threshold``: what thresholds accept of a study's labelled records, and which can be vouched for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coding_app.choices import LabelSource
from coding_app.management.labels import OF_STUDY
from coding_app.management.output import command_errors
from coding_app.selectors import catalogue, explorer
from coding_app.selectors import routing as routings

SHOWN = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)


class Command(BaseCommand):
    """A table, and the lowest threshold with a guarantee."""

    help = "Explore thresholds on the labelled records that the study's current model did not learn from."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument(
            "--labels",
            choices=OF_STUDY,
            default=LabelSource.REFERENCE.value,
            help="which codes are taken as right (reference; people's decisions are no random sample)",
        )
        parser.add_argument("--max-error", type=float, default=0.05, metavar="RATE", help="(0.05)")
        parser.add_argument("--confidence", type=float, default=0.95, metavar="SHARE", help="(0.95)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print both."""
        for name in ("max_error", "confidence"):
            if not 0 < options[name] < 1:
                raise CommandError(f"--{name.replace('_', '-')} must be between 0 and 1, such as 0.05.")
        with command_errors():
            study = catalogue.study(options["study"])
            found = explorer.sample(study, LabelSource(options["labels"]), routings.current(study))
            offer = explorer.offer(found, max_error=options["max_error"], confidence=options["confidence"])
        self.stdout.write(
            f"{found.size} of {found.labelled} labelled records count: the model learnt from {found.learnt}, "
            f"{found.unscored} have no probability, {found.elsewhere} one of another model."
        )
        if offer is None:
            self.stdout.write("None is left to judge a threshold by.")
            return
        for point in explorer.points(found, SHOWN):
            right = point.accuracy.value
            shown = "" if right is None else f", {right:.1%} of them right"
            self.stdout.write(f"from {point.threshold:.2f}: {point.accepted} accepted{shown}")
        bounds = f"at most {options['max_error']:.0%} wrong, with {options['confidence']:.0%} confidence"
        if offer.threshold is not None:
            self.stdout.write(f"The lowest threshold for {bounds}: {offer.threshold:g}")
        elif offer.more is not None:
            self.stdout.write(
                f"No threshold can be vouched for ({bounds}); it takes about {offer.more} more labelled "
                f"records, if errors stay as rare as from {offer.best:g}."
            )
        else:
            self.stdout.write(f"No threshold can be vouched for ({bounds}): errors are too frequent at each.")

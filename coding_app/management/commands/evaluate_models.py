"""``evaluate_models``: judge models on the same labelled records."""

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coding_app.management import labels
from coding_app.management.output import command_errors, follow
from coding_app.selectors import catalogue
from coding_app.services import evaluations, storage


class Command(BaseCommand):
    """Queue an evaluation for the workers, and wait for its end where that is asked for."""

    help = "Judge one model, or compare several, on labelled records that none of them learnt from."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("numbers", type=int, nargs="+", metavar="N", help="the models' numbers")
        labels.add_arguments(parser)
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="with --wait: a new folder for the report"
        )
        parser.add_argument("--wait", action="store_true", help="until a worker has done it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue it, and with --wait print the figures."""
        out: Path | None = options["out"]
        if out and not options["wait"]:
            raise CommandError("--out goes with --wait.")
        if out and out.exists():
            raise CommandError(f"{out}: is there already; name a new folder.")
        source = labels.read(options)
        with command_errors():
            study = catalogue.study(options["study"])
            made = evaluations.start(
                study=study,
                user=None,
                versions=[catalogue.model(study, number) for number in options["numbers"]],
                labels=source.labels,
                file=source.file,
                code_column=source.code_column,
            )
        if not options["wait"]:
            self.stdout.write(f"Job {made.job_id} is queued.")
            return
        follow(made.job_id, self.stdout)
        made.refresh_from_db()
        for row in made.summary["versions"]:
            rate = row["accuracy"]
            self.stdout.write(
                f"model {row['number']}: {rate['value']:.1%} of {row['n']} records right "
                f"({rate['low']:.1%} to {rate['high']:.1%}), among the first five "
                f"{row['top_5']['value']:.1%}"
            )
        if out:
            shutil.copytree(storage.path_of(made.report), out)
            self.stdout.write(f"{out / 'report.html'}: the report")

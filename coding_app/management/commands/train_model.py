"""``train_model``: a model learns from coded records, and is promoted if it wins."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from coding_app import bases
from coding_app.choices import Describe, Split
from coding_app.management import labels
from coding_app.management.files import upload
from coding_app.management.output import command_errors, follow
from coding_app.selectors import catalogue
from coding_app.services import promotion, training


class Command(BaseCommand):
    """Queue a training for the workers, and wait for its end where that is asked for."""

    help = "Train a model of a study, in a worker; it becomes the current one if it beats that one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        labels.add_arguments(parser)
        parser.add_argument(
            "--text",
            default="{occupation} {industry}",
            metavar="TEMPLATE",
            help="how columns become a text ({occupation} {industry})",
        )
        parser.add_argument(
            "--base",
            metavar="B",
            help=f"{bases.BASELINE}, {bases.MINILM}, {bases.TOGETHER} or an encoder's folder; otherwise what "
            "suits the study",
        )
        parser.add_argument(
            "--phrases", type=Path, metavar="F", help="further phrases to learn: a file with phrase and code"
        )
        parser.add_argument("--dictionary-phrases", action="store_true", help="learn the dictionary's, too")
        parser.add_argument(
            "--describe",
            choices=Describe.values,
            default=Describe.SMALL.value,
            help="codes that are taught by their titles, too (small: those with few records)",
        )
        parser.add_argument("--min-class-size", type=int, default=11, metavar="N")
        parser.add_argument("--test-size", type=float, default=0.3, metavar="SHARE", help="kept back (0.3)")
        parser.add_argument("--split", choices=Split.values, default=Split.GROUPED.value)
        parser.add_argument("--epochs", type=int, default=8, metavar="N")
        parser.add_argument("--batch-size", type=int, default=64, metavar="N")
        parser.add_argument("--learning-rate", type=float, metavar="R", help="otherwise what suits the base")
        parser.add_argument("--seed", type=int, default=0, metavar="N")
        parser.add_argument("--variants", action="store_true", help="the paper's half model and models 2-4")
        parser.add_argument("--no-promote", action="store_true", help="leave the current model as it is")
        parser.add_argument("--wait", action="store_true", help="until a worker has done it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue it, and with --wait say what came of it."""
        source = labels.read(options)
        phrases: Path | None = options["phrases"]
        with command_errors():
            study = catalogue.study(options["study"])
            made = training.start(
                study=study,
                user=None,
                labels=source.labels,
                file=source.file,
                code_column=source.code_column,
                template=options["text"],
                base=options["base"] or bases.default(study),
                phrases=upload(phrases) if phrases else None,
                dictionary_phrases=options["dictionary_phrases"],
                describe=Describe(options["describe"]),
                min_class_size=options["min_class_size"],
                test_size=options["test_size"],
                split=Split(options["split"]),
                epochs=options["epochs"],
                batch_size=options["batch_size"],
                learning_rate=options["learning_rate"],
                seed=options["seed"],
                with_variants=options["variants"],
                promote=not options["no_promote"],
            )
        if not options["wait"]:
            self.stdout.write(f"Job {made.job_id} is queued.")
            return
        follow(made.job_id, self.stdout)
        made.refresh_from_db()
        done = "promoted" if made.verdict["promoted"] else "not promoted"
        self.stdout.write(f"{made.version}: {done}. {promotion.explain(made.verdict)}")

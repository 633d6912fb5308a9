"""``set_routing``: what a study accepts from the machine, and what goes to a person."""

from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coding_app.choices import AcceptBy
from coding_app.management.output import command_errors, follow
from coding_app.models import Study
from coding_app.routing import Guard, Settings, Stratum
from coding_app.selectors import catalogue, routing_preview
from coding_app.selectors import routing as routings
from coding_app.services import route

PLAIN = ("threshold", "min_margin", "require_agreement", "audit_share", "audit_seed")


class Command(BaseCommand):
    """Change what is named, leave the rest, and take it to the records; or say what it would do."""

    help = "Set the routing of a study; what is not named stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("study", metavar="S", help="the study's name")
        parser.add_argument("--accept-by", choices=AcceptBy.values)
        parser.add_argument("--threshold", type=float, metavar="P", help="lowest probability accepted")
        parser.add_argument("--min-margin", type=float, metavar="P", help="least lead over the second code")
        agreement = parser.add_mutually_exclusive_group()
        agreement.add_argument(
            "--require-agreement",
            action="store_true",
            default=None,
            help="of dictionary and model; --no-agreement lifts it",
        )
        agreement.add_argument("--no-agreement", action="store_false", dest="require_agreement", default=None)
        parser.add_argument(
            "--guard",
            nargs="*",
            metavar="GROUP=WORD,...",
            help="codes of the group only when the text has one of the words (without any: no guards)",
        )
        parser.add_argument("--person-code", nargs="*", metavar="C", help="codes or groups for people")
        parser.add_argument(
            "--person-stratum", nargs="*", metavar="COLUMN=VALUE,...", help="records for people"
        )
        parser.add_argument("--audit-share", type=float, metavar="SHARE", help="of what is accepted")
        parser.add_argument("--audit-seed", type=int, metavar="N")
        parser.add_argument("--preview", action="store_true", help="only say what it would do")
        parser.add_argument("--wait", action="store_true", help="until the records coded before follow it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Save it, or with --preview count what each rule would take."""
        with command_errors():
            study = catalogue.study(options["study"])
            settings = _changed(routings.current(study), options)
            if options["preview"]:
                self._preview(study, settings)
                return
            saved = route.save(study=study, user=None, settings=settings)
        self.stdout.write(f"{saved} is in force.")
        state = routings.state(study)
        if state.job is not None and options["wait"]:
            follow(state.job.pk, self.stdout)
        elif state.job is not None:
            self.stdout.write(f"Job {state.job.pk} takes it to the records coded before.")
        elif state.pending:
            self.stdout.write("It is taken to the records coded before when the open job has ended.")

    def _preview(self, study: Study, settings: Settings) -> None:
        found = routing_preview.preview(study, settings)
        for line in found.lines:
            if line.now or line.then:
                self.stdout.write(f"{line.rule.value}: {line.now} now, {line.then} then")
        self.stdout.write(f"accepted: {found.accepted_now} now, {found.accepted_then} then")


def _changed(before: Settings, options: dict[str, Any]) -> Settings:
    changes = {name: options[name] for name in PLAIN if options[name] is not None}
    if options["accept_by"] is not None:
        changes["accept_by"] = AcceptBy(options["accept_by"])
    if options["guard"] is not None:
        changes["guarded"] = tuple(Guard(*_pair(text)) for text in options["guard"])
    if options["person_code"] is not None:
        changes["person_codes"] = tuple(options["person_code"])
    if options["person_stratum"] is not None:
        changes["person_strata"] = tuple(Stratum(*_pair(text)) for text in options["person_stratum"])
    return replace(before, **changes)


def _pair(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, values = text.partition("=")
    if not equals:
        raise CommandError(f"{text}: write it as NAME=VALUE,VALUE.")
    return name.strip(), tuple(value.strip() for value in values.split(",") if value.strip())

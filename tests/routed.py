"""A study with answers of dictionary and model, and its routing saved and taken to its records."""

from pathlib import Path

from coding_app.choices import AcceptBy, JobKind, JobState, QueueState, SuggestionSource
from coding_app.models import Job, QueueItem, Record, Routing, Study
from coding_app.routing import Settings
from coding_app.services import route
from tests import factories
from tests.scored import Answer, score

BY_PROBABILITY = Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.8)
NOBODY = Settings(accept_by=AcceptBy.NOBODY)
ANSWERS = {
    "001": Answer({"715": 0.9, "716": 0.05}, sources={"715": SuggestionSource.BOTH}),
    "002": Answer({"982": 0.85, "465": 0.1}, own="465", sources={"982": SuggestionSource.MATCH}),
    "003": Answer({"510": 0.6, "470": 0.3}),
    "004": Answer({"900": 0.95}),
    "005": Answer({"900": 0.99}, sources={"900": SuggestionSource.BOTH}),
    "006": Answer({"801": 0.4, "465": 0.35}),
}


def coded_study(folder: Path) -> Study:
    """Eight records, coded by the dictionary: 003 is tied, 004 has no match, 007 and 008 are set aside."""
    made = factories.make_study(folder)
    factories.bring_in(made)
    factories.code(made)
    return made


def scored_study(folder: Path) -> Study:
    """The same with probabilities."""
    made = coded_study(folder)
    score(made, ANSWERS)
    return made


def save(study: Study, settings: Settings) -> Routing:
    """Save settings; the job that follows is done."""
    made = route.save(study=study, user=study.created_by, settings=settings)
    for job in Job.objects.filter(study=study, kind=JobKind.ROUTE, state=JobState.QUEUED):
        factories.do(job)
    return made


def by_id(study: Study) -> dict[str, tuple[str, str | None, str, str]]:
    """Status, final code, route and rule of each record."""
    found = Record.objects.filter(study=study).order_by("external_id")
    fields = found.values_list("external_id", "status", "final_code__code", "route", "rule")
    return {name: tuple(rest) for name, *rest in fields}  # type: ignore[misc]


def open_places(study: Study) -> set[str]:
    found = QueueItem.objects.filter(study=study, state=QueueState.OPEN)
    return set(found.values_list("record__external_id", flat=True))

"""A study's routing: what it is, and what it, or another one, says of each record."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import QuerySet

from coding_app import coders
from coding_app.choices import (
    AcceptBy,
    JobKind,
    JobState,
    Outcome,
    RecordStatus,
    Route,
    Rule,
    SuggestionSource,
)
from coding_app.models import Code, Job, Record, Rerouting, Routing, Study, Suggestion
from coding_app.routing import Facts, Rules, Settings
from coding_app.selectors.populations import held_by_rounds

CHUNK: Final = 5_000
"""Records looked at together."""

ROUTED: Final = (RecordStatus.ACCEPTED, RecordStatus.WAITING)
"""Where routing puts a record. What is set aside, or decided by a person, it leaves alone."""

_SET_ASIDE: Final = (Outcome.CHILD, Outcome.UNKNOWN)
_ROUTES: Final = {
    SuggestionSource.MATCH: Route.DICTIONARY,
    SuggestionSource.SPELLING_GUESS: Route.DICTIONARY,
    SuggestionSource.MODEL: Route.MODEL,
    SuggestionSource.BOTH: Route.BOTH,
}


def current(study: Study) -> Settings:
    """The settings in force; the defaults where none were saved."""
    return Settings.of(study.routing)


def versions(study: Study) -> QuerySet[Routing]:
    """Every routing the study had, newest first."""
    return Routing.objects.filter(study=study).select_related("created_by").order_by("-number")


def parents(study: Study) -> dict[str, str | None]:
    """Every code of the study's classification, with the one above it."""
    codes = Code.objects.filter(classification=study.classification_id)
    return dict(codes.values_list("code", "parent__code"))


def rules(study: Study, settings: Settings) -> Rules:
    """Settings made ready for the study's codes; guard words are looked for in what its model reads, too."""
    version = study.model_version
    return Rules.of(settings, parents(study), reads=coders.columns_read(version.template) if version else ())


def route_of(settings: Settings, source: str) -> Route:
    """How a record that is accepted gets its code; ``source`` is that of its first suggestion."""
    if settings.accept_by == AcceptBy.DICTIONARY:
        return Route.DICTIONARY
    return _ROUTES[SuggestionSource(source)]


def facts(study: Study, records: Iterable[Record], asked: Rules) -> Iterator[tuple[Record, Facts]]:
    """What the rules look at, of records with a suggestion set.

    Their ``suggestion_set`` is loaded, and their ``source`` where ``asked.needs_rows``.
    """
    codes = dict(Code.objects.filter(classification=study.classification_id).values_list("pk", "code"))
    for record in records:
        made = record.suggestion_set
        if made is None:
            raise ValueError(f"record {record.pk} was not coded: there is nothing to route")
        yield (
            record,
            Facts(
                key=record.pk,
                coded=codes[made.code_id] if made.code_id else None,
                best=codes[made.best_id] if made.best_id else None,
                probability=made.probability,
                margin=made.margin,
                model=codes[made.model_code_id] if made.model_code_id else None,
                row=coders.text_row(record) if asked.needs_rows else {},
            ),
        )


class Standing(NamedTuple):
    """Where a record stands, and where rules would put it; ``code`` and ``route`` are of its final code."""

    key: int
    status: str
    code: str | None
    route: str
    rule: str
    facts: Facts
    then_accepted: bool
    then_rule: Rule
    then_code: str | None
    set_id: int

    @property
    def then_status(self) -> RecordStatus:
        """Accepted, or waiting for a person."""
        return RecordStatus.ACCEPTED if self.then_accepted else RecordStatus.WAITING


def routed(study: Study) -> QuerySet[Record]:
    """The records that routing is for: answered by the machine, not set aside, not decided by a person.

    Those that a round has are left out until it ends.
    """
    found = Record.objects.filter(study=study, status__in=ROUTED, suggestion_set__isnull=False)
    return found.exclude(suggestion_set__outcome__in=_SET_ASIDE).filter(~held_by_rounds())


_FIELDS: Final = (
    "pk",
    "status",
    "final_code_id",
    "route",
    "rule",
    "suggestion_set_id",
    "suggestion_set__code_id",
    "suggestion_set__best_id",
    "suggestion_set__probability",
    "suggestion_set__margin",
    "suggestion_set__model_code_id",
)


def standings(study: Study, asked: Rules, records: QuerySet[Record]) -> Iterator[Standing]:
    """Every one of ``records``, by key, as it is and where routing would put it; read in chunks.

    One that a person reopened stays with people, whatever the rules say.
    """
    for one in judged(study, asked, records):
        if one.rule == Rule.REOPENED:
            yield one._replace(then_accepted=False, then_rule=Rule.REOPENED, then_code=None)
        else:
            yield one


def judged(study: Study, asked: Rules, records: QuerySet[Record]) -> Iterator[Standing]:
    """The same by the rules alone: as if nobody had reopened any."""
    codes: dict[int | None, str | None] = {None: None}
    codes.update(Code.objects.filter(classification=study.classification_id).values_list("pk", "code"))
    after = 0
    while chunk := list(records.filter(pk__gt=after).order_by("pk").values_list(*_FIELDS)[:CHUNK]):
        rows = _rows([one[0] for one in chunk]) if asked.needs_rows else {}
        for pk, status, final, route, rule, made, coded, best, probability, margin, model in chunk:
            known = Facts(pk, codes[coded], codes[best], probability, margin, codes[model], rows.get(pk, {}))
            accepted, then = asked.apply(known)
            code = asked.taken(known) if accepted else None
            yield Standing(pk, status, codes[final], route, rule, known, accepted, then, code, made)
        after = chunk[-1][0]


def _rows(keys: list[int]) -> dict[int, Mapping[str, str]]:
    found = Record.objects.filter(pk__in=keys).select_related("source")
    found = found.only("values", "occupation", "industry", "source__header")
    return {record.pk: coders.text_row(record) for record in found}


def first_sources(sets: Iterable[int]) -> dict[int, str]:
    """What made the first suggestion of each suggestion set."""
    first = Suggestion.objects.filter(suggestion_set__in=sets, rank=1)
    return dict(first.values_list("suggestion_set_id", "source"))


@dataclass(frozen=True, slots=True)
class RoutingState:
    """How far the saved routing is: ``pending`` while it waits for another job of the study to end.

    ``job`` is the open job that takes it to the records, ``last`` the latest such work, done or not.
    """

    pending: bool
    job: Job | None
    last: Rerouting | None


def state(study: Study) -> RoutingState:
    """Whether the saved routing has reached the records that were coded before it."""
    asked = Rerouting.objects.filter(study=study)
    open_job = Job.objects.filter(
        study=study, kind=JobKind.ROUTE, state__in=[JobState.QUEUED, JobState.RUNNING]
    ).first()
    last = (
        asked.filter(job__isnull=False).select_related("job__started_by", "routing").order_by("-pk").first()
    )
    return RoutingState(asked.filter(job__isnull=True).exists(), open_job, last)

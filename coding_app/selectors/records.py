"""Lists of records, and one record with its history."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from django.contrib.auth.models import User
from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.functions import Trim
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.choices import CannotCodeReason, LabelSource, Outcome, RecordStatus, StatusGroup
from coding_app.keys import is_key
from coding_app.models import Code, Decision, Event, Record, Study, Suggestion, SuggestionSet
from coding_app.models.rounds import OPEN_RECORD_STATES
from coding_app.selectors import labels
from coding_app.selectors.code_book import code_book

FINAL_STATUSES: Final = (
    RecordStatus.SET_ASIDE,
    RecordStatus.ACCEPTED,
    RecordStatus.DECIDED,
    RecordStatus.CANNOT_CODE,
)
_TO_PEOPLE = (
    RecordStatus.WAITING,
    RecordStatus.DISPUTED,
    RecordStatus.DECIDED,
    RecordStatus.CANNOT_CODE,
)
STATUSES_OF: Final[Mapping[str, tuple[RecordStatus, ...]]] = {
    StatusGroup.FINAL: FINAL_STATUSES,
    StatusGroup.CODED: (RecordStatus.ACCEPTED, RecordStatus.DECIDED),
    StatusGroup.ROUTED: (RecordStatus.ACCEPTED, *_TO_PEOPLE),
    StatusGroup.TO_PEOPLE: _TO_PEOPLE,
    StatusGroup.OCCUPATIONAL: (RecordStatus.IMPORTED, RecordStatus.ACCEPTED, *_TO_PEOPLE),
}


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What a list of records is narrowed to; an empty field narrows nothing."""

    status: str = ""
    outcome: str = ""
    table: str = ""
    code: str = ""
    source: str = ""
    reason: str = ""
    compared: str = ""
    coder: str = ""
    text: str = ""
    run: str = ""
    rule: str = ""
    route: str = ""
    by: str = ""
    p_from: str = ""
    p_to: str = ""
    model: str = ""
    first: str = ""
    labelled: str = ""
    same: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether every record is listed."""
        return not any(getattr(self, field.name) for field in fields(self))


def records(study: Study, wanted: RecordFilter | None = None) -> QuerySet[Record]:
    """The study's records in order of import, narrowed; removed ones only where ``status`` asks for them.

    ``status`` is one of a record, or a ``StatusGroup``: with ``final`` it needs nothing more, with
    ``coded`` it has a final code, with ``to_people`` the machine left it to people, with ``routed`` it did so
    or accepted its code, with ``occupational`` it is not set aside. ``code`` is a final code or any code
    above it; ``source`` the key of an import; ``reason`` why a record
    cannot be coded; ``compared`` is ``right`` or ``wrong``: machine-coded records against the code known
    beforehand; ``coder`` the name of the user who decided; ``text`` is looked
    for in id, occupation and industry; ``run`` the key of a coding run that looked at them, whose answer
    ``outcome`` and ``by`` then mean in place of the latest one. ``rule`` is which rule of the routing took
    the record, ``route`` how it got its final code. Of the latest answer: ``by`` says what made its first
    suggestion, ``p_from`` and ``p_to`` are bounds of that suggestion's probability, both included, as
    shares; ``model`` is the number of the model's version, and ``first`` (``right`` or ``wrong``) compares
    the first suggestion with the code known beforehand. ``labelled`` (``reference``, ``decisions`` or
    ``both``): records whose code is taken as right. ``same`` is the key of a text (``text_keys``).
    """
    wanted = _without_nul(wanted or RecordFilter())
    found = Record.objects.filter(study=study).order_by("pk")
    if wanted.status in STATUSES_OF:
        found = found.filter(status__in=STATUSES_OF[wanted.status])
    elif wanted.status:
        found = found.filter(status=wanted.status)
    else:
        found = found.exclude(status=RecordStatus.REMOVED)
    if wanted.run:
        found = _answered(found, wanted)
    elif wanted.outcome:
        found = found.filter(suggestion_set__outcome=wanted.outcome)
    if wanted.table:
        found = found.filter(suggestion_set__outcome="coded", suggestion_set__table=wanted.table)
    if wanted.code:
        found = found.filter(_below(study, wanted.code))
    if wanted.source:
        found = found.filter(source_id=int(wanted.source)) if is_key(wanted.source) else found.none()
    if wanted.reason in CannotCodeReason.values:
        found = found.filter(decisions__reason=wanted.reason, decisions__undone_at=None)
    if wanted.compared in {"right", "wrong"}:
        found = _compared(found, right=wanted.compared == "right")
    if wanted.coder:
        found = found.filter(decided_by__username=wanted.coder)
    if wanted.rule:
        found = found.filter(rule=wanted.rule)
    if wanted.route:
        found = found.filter(route=wanted.route)
    found = _answered_so(found, wanted)
    if wanted.labelled:
        found = found.filter(pk__in=_labelled(study, wanted.labelled))
    if wanted.same:
        found = found.filter(text_key=wanted.same)
    if text := wanted.text:
        found = found.filter(
            Q(external_id__icontains=text) | Q(occupation__icontains=text) | Q(industry__icontains=text)
        )
    return found


def _answered(found: QuerySet[Record], wanted: RecordFilter) -> QuerySet[Record]:
    if not is_key(wanted.run):
        return found.none()
    answers = SuggestionSet.objects.filter(run=int(wanted.run))
    if wanted.outcome:
        answers = answers.filter(outcome=wanted.outcome)
    if wanted.by:
        answers = answers.filter(suggestions__rank=1, suggestions__source=wanted.by)
    return found.filter(pk__in=answers.values("record"))


def _labelled(study: Study, source: str) -> QuerySet[Record, int]:
    """Keys of the records with a label; none for a source that is not one of a study's records."""
    if source not in {LabelSource.REFERENCE, LabelSource.DECISIONS, LabelSource.BOTH}:
        return Record.objects.none().values_list("pk", flat=True)
    return labels.labelled(study, LabelSource(source)).order_by().values_list("pk", flat=True)


def _answered_so(found: QuerySet[Record], wanted: RecordFilter) -> QuerySet[Record]:
    """What the latest answer has to be like."""
    if wanted.by and not wanted.run:
        # In one call, so that both are asked of the same suggestion.
        found = found.filter(
            suggestion_set__suggestions__rank=1, suggestion_set__suggestions__source=wanted.by
        )
    for bound, name in ((wanted.p_from, "gte"), (wanted.p_to, "lte")):
        if bound:
            share = _share(bound)
            asked = {f"suggestion_set__probability__{name}": share}
            found = found.none() if share is None else found.filter(**asked)
    if wanted.model:
        number = int(wanted.model) if is_key(wanted.model) and len(wanted.model) < 10 else 0
        found = found.filter(suggestion_set__run__model_version__number=number)
    if wanted.first in {"right", "wrong"}:
        known = found.filter(suggestion_set__best__isnull=False).annotate(known=Trim("reference_code"))
        known = known.exclude(known="")
        same = Q(known=F("suggestion_set__best__code"))
        found = known.filter(same) if wanted.first == "right" else known.exclude(same)
    return found


def _share(text: str) -> float | None:
    """A number between 0 and 1; ``None`` for anything else."""
    try:
        share = float(text)
    except ValueError:
        return None
    return share if math.isfinite(share) and 0 <= share <= 1 else None


def _without_nul(wanted: RecordFilter) -> RecordFilter:
    """PostgreSQL has no NUL in a text and refuses to look for one."""
    return RecordFilter(*(getattr(wanted, field.name).replace("\0", "") for field in fields(wanted)))


def _below(study: Study, code: str) -> Q:
    """Records whose final code is ``code`` or lies below it."""
    codes = Code.objects.filter(classification=study.classification)
    wanted = list(codes.filter(code=code))
    found = list(wanted)
    while wanted:
        wanted = list(codes.filter(parent__in=wanted))
        found += wanted
    return Q(final_code__in=found)


def _compared(found: QuerySet[Record], *, right: bool) -> QuerySet[Record]:
    known = found.filter(suggestion_set__outcome="coded").exclude(reference_code="")
    same = Q(reference_code=F("suggestion_set__code__code"))
    return known.filter(same) if right else known.exclude(same)


def with_codes(keys: Iterable[int]) -> QuerySet[Record]:
    """Rows of a list, by key: final code with its titles, outcome, and none of the other columns."""
    return (
        Record.objects.filter(pk__in=list(keys))
        .select_related("final_code", "suggestion_set", "decided_by")
        .prefetch_related("final_code__labels")
        .defer("values", "suggestion_set__trace")
        .order_by("pk")
    )


def tables(study: Study) -> list[str]:
    """The tables that coded records of the study in any of its runs, by name."""
    found = SuggestionSet.objects.filter(run__study=study, outcome=Outcome.CODED).exclude(table="")
    return list(found.order_by("table").values_list("table", flat=True).distinct())


def record_of(study: Study, pk: int) -> Record:
    """One record of the study, with all that its page and a decision need.

    Raises:
        Http404: when the study has none with this key.
    """
    suggestions = Suggestion.objects.select_related("code__parent").prefetch_related(
        "code__labels", "code__parent__labels"
    )
    found = (
        Record.objects.filter(study=study, pk=pk)
        .select_related(
            "study__classification",
            "source",
            "final_code",
            "decided_by",
            "suggestion_set__run__dictionary_version__dictionary",
            "suggestion_set__run__model_version",
            "suggestion_set__code",
            "suggestion_set__best",
            "suggestion_set__model_code",
            "routing",
        )
        .prefetch_related(
            "final_code__labels", Prefetch("suggestion_set__suggestions", suggestions.order_by("rank"))
        )
        .first()
    )
    if found is None:
        raise Http404(_("There is no such record in this study."))
    return found


def literal_columns(record: Record) -> dict[str, str]:
    """What the file calls the columns of ``occupation`` and ``industry``, where it calls them otherwise."""
    source = record.source
    places = {"occupation": source.occupation_column, "industry": source.industry_column}
    names = {role: source.header[at].strip() for role, at in places.items() if at is not None}
    return {role: name for role, name in names.items() if name.casefold() != role}


def lineage(code: Code) -> list[Code]:
    """The code with everything above it, the top first, each with its titles."""
    found: list[Code] = []
    here = code_book(code.classification).of(code.pk)
    while here is not None:
        found.insert(0, here)
        here = here.parent
    return found


def titles(record: Record, codes: Iterable[str]) -> dict[str, Code]:
    """Codes of the record's classification by their text, with their titles."""
    found = Code.objects.filter(classification=record.study.classification_id, code__in=set(codes))
    return {code.code: code for code in found.prefetch_related("labels")}


def unsettled(reader: User) -> Q:
    """Others' decisions within a round that has not settled the record yet.

    Nobody is shown them: a second coder would follow the first, and an adjudicator see whose codes they are.
    """
    return Q(round_record__state__in=OPEN_RECORD_STATES) & ~Q(coder=reader)


def decisions(record: Record, reader: User) -> QuerySet[Decision]:
    """What people said of a record, oldest first, with what was taken back; without what is unsettled."""
    return (
        Decision.objects.filter(record=record)
        .exclude(unsettled(reader))
        .select_related("coder", "code", "suggestion")
        .prefetch_related("code__labels")
        .order_by("pk")
    )


def history(record: Record) -> QuerySet[Event]:
    """Everything that happened to a record, oldest first."""
    return Event.objects.filter(record=record).select_related("actor").order_by("pk")


def history_for(record: Record, reader: User) -> QuerySet[Event]:
    """What of the history of a record a reader is shown: nothing of decisions that are unsettled."""
    hidden = Decision.objects.filter(unsettled(reader), record=record).values_list("pk", flat=True)
    told = Event.objects.filter(record=record, data__decision__in=list(hidden)).values("pk")
    return history(record).exclude(pk__in=told)

"""Lists of records, and one record with its history."""

from dataclasses import dataclass, fields

from django.db.models import F, Q, QuerySet

from coding_app.choices import CannotCodeReason
from coding_app.models import Code, Event, Record, Study


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
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether every record is listed."""
        return not any(getattr(self, field.name) for field in fields(self))


def records(study: Study, wanted: RecordFilter | None = None) -> QuerySet[Record]:
    """The study's records in order of import, narrowed.

    ``code`` is a final code or any code above it; ``source`` the key of an import; ``reason`` why a record
    cannot be coded; ``compared`` is ``right`` or ``wrong``: machine-coded records against the code known
    beforehand; ``text`` is looked for in id, occupation and industry.
    """
    wanted = wanted or RecordFilter()
    found = Record.objects.filter(study=study).order_by("pk")
    if wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.outcome:
        found = found.filter(suggestion_set__outcome=wanted.outcome)
    if wanted.table:
        found = found.filter(suggestion_set__outcome="coded", suggestion_set__table=wanted.table)
    if wanted.code:
        found = found.filter(_below(study, wanted.code))
    if wanted.source:
        found = found.filter(source_id=int(wanted.source)) if wanted.source.isdecimal() else found.none()
    if wanted.reason in CannotCodeReason.values:
        found = found.filter(decisions__reason=wanted.reason, decisions__undone_at=None)
    if wanted.compared in {"right", "wrong"}:
        found = _compared(found, right=wanted.compared == "right")
    if wanted.text:
        text = wanted.text.replace("\0", "")
        found = found.filter(
            Q(external_id__icontains=text) | Q(occupation__icontains=text) | Q(industry__icontains=text)
        )
    return found


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


def history(record: Record) -> QuerySet[Event]:
    """Everything that happened to a record, oldest first."""
    return Event.objects.filter(record=record).select_related("actor").order_by("pk")

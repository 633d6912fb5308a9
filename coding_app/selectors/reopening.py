"""Which records a supervisor may reopen, remove or restore at once, and which gestures can be taken back."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, F, IntegerField, Max, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from coding_app.choices import RecordStatus, Verb
from coding_app.models import Event, Record, Reopening, Study
from coding_app.selectors.populations import held_by_rounds
from coding_app.selectors.records import RecordFilter, records

SETTLED = (RecordStatus.ACCEPTED, RecordStatus.DECIDED, RecordStatus.CANNOT_CODE, RecordStatus.SET_ASIDE)
_MOST_KEY = 18


class By(StrEnum):
    """What makes out the records of one gesture."""

    RECORD = "record"
    CODE = "code"
    DICTIONARY = "dictionary"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Records named by one thing: a record's key, a code, or the key of a dictionary or model version.

    A code means records that have it, or one below it, as their final code; a version means what it decided
    without a person.
    """

    by: By
    value: str


def chosen(study: Study, wanted: Chosen) -> QuerySet[Record]:
    """The records meant, in order of import; none for a value that is none."""
    if wanted.by == By.CODE:
        return records(study, RecordFilter(code=wanted.value)) if wanted.value else Record.objects.none()
    if not wanted.value.isdecimal() or len(wanted.value) > _MOST_KEY:
        return Record.objects.none()
    key = int(wanted.value)
    found = Record.objects.filter(study=study).order_by("pk")
    if wanted.by == By.RECORD:
        return found.filter(pk=key)
    accepted = found.filter(status=RecordStatus.ACCEPTED)
    if wanted.by == By.DICTIONARY:
        return accepted.filter(suggestion_set__run__dictionary_version=key)
    return accepted.filter(suggestion_set__run__model_version=key)


def reopenable(study: Study, wanted: Chosen) -> QuerySet[Record]:
    """Those that need nothing more and are in no open round."""
    return chosen(study, wanted).filter(~Q(held_by_rounds()), status__in=SETTLED)


def removable(study: Study, wanted: Chosen) -> QuerySet[Record]:
    """Those that are not removed yet and are in no open round."""
    return chosen(study, wanted).filter(~Q(held_by_rounds())).exclude(status=RecordStatus.REMOVED)


def removed(study: Study) -> QuerySet[Record]:
    """The records that were taken out of the study, in order of import."""
    return records(study, RecordFilter(status=RecordStatus.REMOVED))


@dataclass(frozen=True, slots=True)
class Gesture:
    """What somebody did to many records at once."""

    key: uuid.UUID
    verb: Verb
    actor: str
    at: datetime
    records: int


def made(study: Study) -> QuerySet[Event]:
    """What supervisors reopened and removed; a round also reopens records, by nobody's hand."""
    verbs = [Verb.RECORD_REOPENED, Verb.RECORD_REMOVED]
    return Event.objects.filter(study=study, verb__in=verbs, actor__isnull=False)


def untouched(made: QuerySet[Event]) -> QuerySet[Event]:
    """Those whose record is as they left it, by its version."""
    version = Cast(KeyTextTransform("version", "data"), IntegerField())
    return made.annotate(left_at=version).filter(record__version=F("left_at"))


def of_gesture(current: Reopening) -> QuerySet[Event]:
    """What of the gesture that is taken back is still to be looked at, by record."""
    if current.taken_back is None:
        return Event.objects.none()
    found = made(current.study).filter(gesture=current.taken_back, record__gt=current.after_record)
    return found.order_by("record_id")


def gestures(study: Study, *, limit: int = 20) -> list[Gesture]:
    """The latest reopenings and removals, newest first."""
    found = (
        made(study)
        .values("gesture", "verb", "actor__username")
        .annotate(n=Count("pk"), at_last=Max("at"), last=Max("pk"))
        .order_by("-last")[:limit]
    )
    return [
        Gesture(one["gesture"], Verb(one["verb"]), one["actor__username"] or "", one["at_last"], one["n"])
        for one in found
    ]

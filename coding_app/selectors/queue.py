"""The queue as a coder sees it: one record, its candidates and why."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from coding_app.choices import QueueState, RecordStatus
from coding_app.models import (
    Decision,
    Membership,
    QueueItem,
    Record,
    RoundRecord,
    Study,
    Suggestion,
)
from coding_app.models.rounds import OPEN_STATES
from coding_app.selectors.blinding import bare, is_blinded, own_decisions
from coding_app.selectors.columns import original_columns

COUNT_UP_TO: Final = 1000
"""Counts at the head of the queue end here."""


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A record before a coder: ``others`` are the columns that are neither id nor literal nor known code."""

    record: Record
    suggestions: list[Suggestion]
    others: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """What is left for a coder: ``open`` places, ``elsewhere`` those before other coders now.

    ``open`` are those of the study's own queue and of the coder's own rounds. Where there are more than are
    counted, ``open_is_more`` or ``decided_is_more`` says so.
    """

    open: int
    open_is_more: bool
    elsewhere: int
    decided_by_me: int
    decided_is_more: bool


def open_record(item: QueueItem) -> OpenRecord:
    """Everything the coder's screen shows of a record. The code known beforehand is left out.

    Of a place in a blinded round the literals are all there is.
    """
    if is_blinded_place(item):
        literals = Record.objects.select_related("study__classification", "source").get(pk=item.record_id)
        return OpenRecord(bare(literals), [], [])
    suggestions = Suggestion.objects.select_related("code__parent").prefetch_related(
        "code__labels", "code__parent__labels"
    )
    record = (
        Record.objects.select_related(
            "study__classification",
            "source",
            "suggestion_set__run__dictionary_version",
            "suggestion_set__code",
            "suggestion_set__best",
            "suggestion_set__model_code",
            "routing",
        )
        .prefetch_related(Prefetch("suggestion_set__suggestions", suggestions.order_by("rank")))
        .get(pk=item.record_id)
    )
    found = list(record.suggestion_set.suggestions.all()) if record.suggestion_set else []
    return OpenRecord(record, found, other_columns(record))


def is_blinded_place(item: QueueItem) -> bool:
    """Whether the place belongs to a blinded round."""
    if item.round_record_id is None:
        return False
    return RoundRecord.objects.filter(pk=item.round_record_id, round__blinded=True).exists()


def other_columns(record: Record) -> list[tuple[str, str]]:
    """Names and values of the columns that have no place of their own on the screen."""
    source = record.source
    shown = {source.id_column, source.occupation_column, source.industry_column}
    columns = original_columns(record, with_reference=False)
    return [(name, value) for at, name, value in columns if at not in shown and value.strip()]


def queue_counts(study: Study, user: User, *, blinded: bool = False) -> QueueCounts:
    """Counts for the head of the queue; a blinded coder has those of their own work alone.

    Counting ends at :data:`COUNT_UP_TO`, so that it takes no longer the larger the study is.
    """
    if blinded:
        places = QueueItem.objects.filter(study=study, state=QueueState.OPEN, assigned=user)
        own = own_decisions(study, user).filter(undone_at=None, round_record__round__blinded=True)
        within = places.filter(round_record__isnull=False, round_record__round__blinded=True)
        return QueueCounts(*_up_to(within), 0, *_up_to(own))
    places = QueueItem.objects.filter(study=study, state=QueueState.OPEN)
    in_the_queue = places.filter(round_record__isnull=True)
    mine = places.filter(round_record__isnull=False, assigned=user)
    now = timezone.now()
    # That somebody holds it is said twice: an index has those, and they are as few as there are coders.
    held = places.filter(holder__isnull=False, leased_until__gt=now, assigned__isnull=True).exclude(
        holder=user
    )
    open_here, more = _up_to(in_the_queue)
    in_rounds, more_in_rounds = _up_to(mine)
    made = Decision.objects.filter(record__study=study, coder=user, undone_at__isnull=True)
    decided, more_decided = _up_to(made)
    n = min(open_here + in_rounds, COUNT_UP_TO)
    more = more or more_in_rounds or n < open_here + in_rounds
    return QueueCounts(n, more, held.count(), decided, more_decided)


def _up_to(found: QuerySet[Any]) -> tuple[int, bool]:
    """How many there are, counted to an end, and whether there are more."""
    n = found.order_by()[: COUNT_UP_TO + 1].count()
    return min(n, COUNT_UP_TO), n > COUNT_UP_TO


def holds(record_id: int, user: User) -> bool:
    """Whether this coder holds the record."""
    now = timezone.now()
    mine = QueueItem.objects.filter(record=record_id, state=QueueState.OPEN, holder=user)
    return mine.filter(leased_until__gt=now).exists()


def _decisions(study: Study, user: User) -> QuerySet[Decision]:
    return (
        Decision.objects.filter(record__study=study, coder=user)
        .select_related("record", "code")
        .prefetch_related("code__labels")
        .order_by("-decided_at", "-pk")
    )


def last_decision(study: Study, user: User) -> Decision | None:
    """The decision that undoing would take back; of a blinded coder, within the blinded rounds."""
    found = _decisions(study, user).filter(undone_at__isnull=True)
    if is_blinded(Membership(study=study, user=user)):
        found = found.filter(round_record__round__blinded=True, round_record__round__state__in=OPEN_STATES)
    return found.first()


def was_undone(study: Study, user: User, pk: int) -> bool:
    """Whether a decision of this coder has been taken back."""
    return _decisions(study, user).filter(pk=pk, undone_at__isnull=False).exists()


def standing_decision(record: Record, user: User, seen_version: int) -> Decision | None:
    """What this coder decided of the record as they saw it, where that stands: a form sent twice finds it."""
    mine = Decision.objects.filter(record=record, coder=user, record_version=seen_version, undone_at=None)
    return mine.select_related("code").order_by("-pk").first()


def same_text(record: Record, user: User) -> QuerySet[Record]:
    """The other records that wait in the study's own queue with the same normalised literals, by key.

    Those that another coder has open are left out; so are all where both literals are blank, and for a
    blinded coder, to whom it would say how the study goes on.
    """
    found = Record.objects.filter(study=record.study_id, status=RecordStatus.WAITING).exclude(pk=record.pk)
    if not record.text_key or is_blinded(Membership(study=record.study, user=user)):
        return found.none()
    free = Q(holder__isnull=True) | Q(leased_until__lte=timezone.now()) | Q(holder=user)
    own = QueueItem.objects.filter(free, state=QueueState.OPEN, round_record__isnull=True)
    waiting = Exists(own.filter(record=OuterRef("pk")))
    return found.filter(waiting, text_key=record.text_key).order_by("pk")


def taken_back(item: QueueItem, user: User) -> Decision | None:
    """The coder's own latest decision of a record that waits again; in a round, that of the round."""
    undone = Decision.objects.filter(
        record=item.record_id, round_record=item.round_record_id, coder=user, undone_at__isnull=False
    )
    return undone.select_related("code").order_by("-undone_at", "-pk").first()


def status_counts(study: Study) -> dict[str, int]:
    """Records by status; what an empty queue has to explain."""
    counts = dict.fromkeys(RecordStatus.values, 0)
    grouped = Record.objects.filter(study=study).values_list("status").annotate(n=Count("pk")).order_by()
    counts.update(grouped)
    return counts

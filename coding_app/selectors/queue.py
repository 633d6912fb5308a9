"""The queue as a coder sees it: one record, its candidates and why."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Prefetch, QuerySet
from django.utils import timezone

from coding_app.choices import QueueState, RecordStatus
from coding_app.models import Decision, QueueItem, Record, RoundRecord, Study, Suggestion
from coding_app.selectors.blinding import bare, own_decisions
from coding_app.selectors.columns import original_columns


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A record before a coder: ``others`` are the columns that are neither id nor literal nor known code."""

    record: Record
    suggestions: list[Suggestion]
    others: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """What is left: ``open`` places in all, ``elsewhere`` of them before other coders now."""

    open: int
    elsewhere: int
    decided_by_me: int


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
    """Counts for the head of the queue; a blinded coder has those of their own work alone."""
    if blinded:
        places = QueueItem.objects.filter(study=study, state=QueueState.OPEN, assigned=user)
        own = own_decisions(study, user).filter(undone_at=None, round_record__round__blinded=True)
        mine_left = places.filter(round_record__round__blinded=True).count()
        return QueueCounts(open=mine_left, elsewhere=0, decided_by_me=own.count())
    waiting = QueueItem.objects.filter(study=study, state=QueueState.OPEN)
    held = waiting.filter(leased_until__gt=timezone.now()).exclude(holder=user)
    mine = Decision.objects.filter(record__study=study, coder=user, undone_at__isnull=True)
    return QueueCounts(open=waiting.count(), elsewhere=held.count(), decided_by_me=mine.count())


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
    """The decision that undoing would take back."""
    return _decisions(study, user).filter(undone_at__isnull=True).first()


def was_undone(study: Study, user: User, pk: int) -> bool:
    """Whether a decision of this coder has been taken back."""
    return _decisions(study, user).filter(pk=pk, undone_at__isnull=False).exists()


def standing_decision(record: Record, user: User, seen_version: int) -> Decision | None:
    """What this coder decided of the record as they saw it, where that stands: a form sent twice finds it."""
    mine = Decision.objects.filter(record=record, coder=user, record_version=seen_version, undone_at=None)
    return mine.select_related("code").first()


def taken_back(item: QueueItem, user: User) -> Decision | None:
    """The coder's own latest decision of a record that waits again; of a place in a round, within the round."""
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

"""The queue as a coder sees it: one record, its candidates and why."""

from dataclasses import dataclass
from typing import Any, Final, cast

from django.contrib.auth.models import User
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from coding_app.choices import QueueState, RecordStatus
from coding_app.models import (
    Decision,
    Flag,
    Membership,
    QueueItem,
    Record,
    RoundRecord,
    Study,
    Suggestion,
)
from coding_app.models.rounds import OPEN_STATES
from coding_app.selectors.blinding import bare, is_blinded, own_decisions
from coding_app.selectors.code_book import code_book
from coding_app.selectors.columns import original_columns

COUNT_UP_TO: Final = 1000
"""Counts at the head of the queue end here."""


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A record before a coder: ``others`` are the columns that are neither id nor literal nor known code.

    ``was_taken_back`` and ``has_flags``: whether the coder may have undone a decision of it, or flagged it.
    """

    record: Record
    suggestions: list[Suggestion]
    others: list[tuple[str, str]]
    was_taken_back: bool
    has_flags: bool


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
        literals = Record.objects.select_related("source").get(pk=item.record_id)
        literals.study = item.study
        return OpenRecord(bare(literals), [], [], was_taken_back=True, has_flags=True)
    coder = item.holder_id
    taken_back = Decision.objects.filter(record=OuterRef("pk"), coder=coder, undone_at__isnull=False)
    flags = Flag.objects.filter(record=OuterRef("pk"), raised_by=coder)
    record = (
        Record.objects.select_related("source", "suggestion_set__run", "routing")
        .annotate(was_taken_back=Exists(taken_back), has_flags=Exists(flags))
        .get(pk=item.record_id)
    )
    record.study = item.study
    return OpenRecord(
        record, _suggestions(record), other_columns(record), record.was_taken_back, record.has_flags
    )


def _suggestions(record: Record) -> list[Suggestion]:
    """The record's suggestions by rank, all codes of the machine's answer from the code book."""
    made = record.suggestion_set
    if made is None:
        return []
    codes = code_book(record.study.classification)
    made.code, made.best, made.model_code = map(codes.of, (made.code_id, made.best_id, made.model_code_id))
    found = list(Suggestion.objects.filter(suggestion_set=made).order_by("rank"))
    for one in found:
        one.code = codes.by_key[one.code_id]
    return found


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
        n, decided = _counted(study, _some(within), _some(own))
        return QueueCounts(*_up_to(n), 0, *_up_to(decided))
    places = QueueItem.objects.filter(study=study, state=QueueState.OPEN)
    in_the_queue = places.filter(round_record__isnull=True)
    mine = places.filter(round_record__isnull=False, assigned=user)
    now = timezone.now()
    # That somebody holds it is said twice: an index has those, and they are as few as there are coders.
    held = places.filter(holder__isnull=False, leased_until__gt=now, assigned__isnull=True).exclude(
        holder=user
    )
    made = Decision.objects.filter(record__study=study, coder=user, undone_at__isnull=True)
    open_here, in_rounds, elsewhere, decided = _counted(
        study, _some(in_the_queue), _some(mine), held, _some(made)
    )
    return QueueCounts(*_up_to(open_here + in_rounds), elsewhere, *_up_to(decided))


class _Count(Subquery):
    """How many rows a query has, within another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def _counted(study: Study, *found: QuerySet[Any]) -> tuple[int, ...]:
    """How many rows each query has, asked at once."""
    counts = [_Count(one.values("pk")) for one in found]
    return cast("tuple[int, ...]", Study.objects.filter(pk=study.pk).values_list(*counts).get())


def _some(found: QuerySet[Any]) -> QuerySet[Any]:
    """As many rows as it takes to see that there are more than are counted."""
    return found.order_by()[: COUNT_UP_TO + 1]


def _up_to(n: int) -> tuple[int, bool]:
    """A count as far as it is shown, and whether there are more."""
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


def same_text(record: Record, user: User, *, blinded: bool) -> QuerySet[Record]:
    """The other records that wait in the study's own queue with the same normalised literals, by key.

    Those that another coder has open are left out; so are all where both literals are blank, and for a
    blinded coder, to whom it would say how the study goes on.
    """
    found = Record.objects.filter(study=record.study_id, status=RecordStatus.WAITING).exclude(pk=record.pk)
    if not record.text_key or blinded:
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

"""What orders the study's own queue beside the import: how unsure the machine was, how frequent the text."""

from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db.models import Count

from coding_app.choices import JobKind, QueueState, RecordStatus
from coding_app.models import Job, QueueItem, Record, Study

UNKNOWN: Final = 1.0
"""The uncertainty of a record without a probability: as if there were no suggestion."""

_CHANGING: Final = (JobKind.IMPORT, JobKind.CODE, JobKind.ROUTE)


def uncertainty(probability: float | None) -> float:
    """How unsure the machine was of its first suggestion."""
    return UNKNOWN if probability is None else 1.0 - probability


def frequencies(study_id: int, keys: Iterable[str]) -> dict[str, int]:
    """How many records of the study have the texts of these keys; blank ones have none in common."""
    wanted = {key for key in keys if key}
    found = Record.objects.filter(study=study_id, text_key__in=wanted).exclude(status=RecordStatus.REMOVED)
    return dict(found.order_by().values_list("text_key").annotate(n=Count("pk")))


def after(job: Job) -> None:
    """Refresh the order after a job that brought records in, or answers."""
    if job.kind in _CHANGING:
        refresh(job.study)


def refresh(study: Study) -> int:
    """Set frequency and uncertainty of every open place where they changed; how many places.

    Texts are counted in one statement. Places are written some at a time: while one is being written nobody
    is served it, and a queue that is written as a whole would look empty.
    """
    records = Record.objects.filter(study=study).exclude(text_key="").exclude(status=RecordStatus.REMOVED)
    counted = records.order_by().values_list("text_key").annotate(n=Count("pk"))
    several = dict(counted.filter(n__gt=1))
    changed = 0
    places = QueueItem.objects.filter(study=study, state=QueueState.OPEN, round_record__isnull=True)
    rows = places.order_by("record_id").values_list("record_id", "pk", "frequency", "uncertainty")
    after = 0
    while chunk := list(rows.filter(record__gt=after)[: settings.JOB_CHUNK]):
        after = chunk[-1][0]
        # Asked apart: joined, every chunk would read all the records before it.
        found = Record.objects.filter(pk__in=[row[0] for row in chunk])
        known = {
            key: (several.get(text, 1), uncertainty(probability))
            for key, text, probability in found.values_list("pk", "text_key", "suggestion_set__probability")
        }
        different = [
            QueueItem(pk=place, frequency=known[record][0], uncertainty=known[record][1])
            for record, place, *order in chunk
            if tuple(order) != known[record]
        ]
        QueueItem.objects.bulk_update(different, ["frequency", "uncertainty"], batch_size=500)
        changed += len(different)
    return changed

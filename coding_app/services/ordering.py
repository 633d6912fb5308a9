"""What orders the study's own queue beside the import: how unsure the machine was, how frequent the text."""

from __future__ import annotations

from django.db import connection

from coding_app.choices import JobKind, QueueState, RecordStatus
from coding_app.models import Job, QueueItem, Record, Study, SuggestionSet

_CHANGING = (JobKind.IMPORT, JobKind.CODE, JobKind.ROUTE)

_REFRESH = """
UPDATE {place} AS place
SET frequency = found.frequency, uncertainty = found.uncertainty
FROM (
    SELECT record.id,
           COALESCE(same.records, 1) AS frequency,
           COALESCE(1.0 - answer.probability, 1.0) AS uncertainty
    FROM {record} AS record
    LEFT JOIN (
        SELECT text_key, COUNT(*) AS records
        FROM {record}
        WHERE study_id = %(study)s AND text_key <> '' AND status <> %(removed)s
        GROUP BY text_key
    ) AS same ON same.text_key = record.text_key
    LEFT JOIN {answer} AS answer ON answer.id = record.suggestion_set_id
    WHERE record.study_id = %(study)s
) AS found
WHERE place.record_id = found.id
  AND place.study_id = %(study)s
  AND place.state = %(open)s
  AND place.round_record_id IS NULL
  AND (place.frequency <> found.frequency OR place.uncertainty <> found.uncertainty)
"""


def after(job: Job) -> None:
    """Refresh the order after a job that brought records in, or answers."""
    if job.kind in _CHANGING:
        refresh(job.study)


def refresh(study: Study) -> int:
    """Set frequency and uncertainty of every open place where they changed; how many places.

    ``frequency`` is the number of the study's records with the same normalised literals (1 where both are
    blank). One statement: counting text by text would take as long as the study is large, squared.
    """
    names = {"place": QueueItem, "record": Record, "answer": SuggestionSet}
    quoted = {name: connection.ops.quote_name(model._meta.db_table) for name, model in names.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            _REFRESH.format(**quoted),
            {"study": study.pk, "removed": RecordStatus.REMOVED.value, "open": QueueState.OPEN.value},
        )
        return int(cursor.rowcount)

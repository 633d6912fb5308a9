"""What the database's query planner knows of the tables, refreshed after many rows were written at once.

PostgreSQL plans with the counts it last took, and takes new ones a minute after a bulk write at the earliest:
until then a join of what a run has just written can take hours (PostgreSQL documentation, "Populating a
Database"). SQLite takes none by itself.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Model

from coding_app.choices import JobKind
from coding_app.models import Event, Job, QueueItem, Record, RoundRecord, Suggestion, SuggestionSet

_WRITTEN: dict[str, tuple[type[Model], ...]] = {
    JobKind.IMPORT: (Record, Event),
    JobKind.CODE: (Record, Event, SuggestionSet, Suggestion, QueueItem),
    JobKind.ROUTE: (Record, Event, QueueItem),
    JobKind.DRAW: (Record, Event, RoundRecord, QueueItem),
    JobKind.END_ROUND: (Record, Event, RoundRecord, QueueItem),
    JobKind.REOPEN: (Record, Event, QueueItem),
}


def refresh(job: Job) -> None:
    """Sample again the tables that this kind of job writes in bulk: a second at most, whatever their size."""
    written = _WRITTEN.get(job.kind, ())
    if not written:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
        for model in written:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")

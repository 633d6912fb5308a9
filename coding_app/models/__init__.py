"""The database. Reads are in ``selectors``, writes in ``services``."""

from coding_app.models.classifications import Classification, Code, CodeLabel
from coding_app.models.decisions import Decision, QueueItem
from coding_app.models.dictionaries import Dictionary, DictionaryFile, DictionaryVersion
from coding_app.models.events import Event
from coding_app.models.files import Export, Import, ImportIssue
from coding_app.models.jobs import Job, WorkerHeartbeat
from coding_app.models.records import Record
from coding_app.models.studies import Membership, Study
from coding_app.models.suggestions import Run, Suggestion, SuggestionSet

__all__ = [
    "Classification",
    "Code",
    "CodeLabel",
    "Decision",
    "Dictionary",
    "DictionaryFile",
    "DictionaryVersion",
    "Event",
    "Export",
    "Import",
    "ImportIssue",
    "Job",
    "Membership",
    "QueueItem",
    "Record",
    "Run",
    "Study",
    "Suggestion",
    "SuggestionSet",
    "WorkerHeartbeat",
]

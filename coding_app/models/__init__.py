"""The database. Reads are in ``selectors``, writes in ``services``."""

from coding_app.models.adjudications import Adjudication, Flag
from coding_app.models.classifications import Classification, Code, CodeLabel
from coding_app.models.decisions import Decision, QueueItem
from coding_app.models.dictionaries import Dictionary, DictionaryFile, DictionaryVersion
from coding_app.models.events import Event
from coding_app.models.files import Export, Import, ImportIssue
from coding_app.models.jobs import Job, WorkerHeartbeat
from coding_app.models.records import Record
from coding_app.models.reopenings import Reopening
from coding_app.models.rounds import Round, RoundRecord
from coding_app.models.routing import Rerouting, Routing
from coding_app.models.studies import Invitation, Membership, Study
from coding_app.models.suggestions import Run, Suggestion, SuggestionSet
from coding_app.models.trained import Blend, Evaluation, LabelSuspect, ModelVersion, Training

__all__ = [
    "Adjudication",
    "Blend",
    "Classification",
    "Code",
    "CodeLabel",
    "Decision",
    "Dictionary",
    "DictionaryFile",
    "DictionaryVersion",
    "Evaluation",
    "Event",
    "Export",
    "Flag",
    "Import",
    "ImportIssue",
    "Invitation",
    "Job",
    "LabelSuspect",
    "Membership",
    "ModelVersion",
    "QueueItem",
    "Record",
    "Reopening",
    "Rerouting",
    "Round",
    "RoundRecord",
    "Routing",
    "Run",
    "Study",
    "Suggestion",
    "SuggestionSet",
    "Training",
    "WorkerHeartbeat",
]

"""Every status and role of the application, in one place."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a member may do in a study."""

    CODER = "coder", _("Coder")
    SUPERVISOR = "supervisor", _("Supervisor")
    MANAGER = "manager", _("Manager")


class RecordStatus(TextChoices):
    """Where a record stands on its way to a final code."""

    IMPORTED = "imported", _("Not coded yet")
    SET_ASIDE = "set_aside", _("Set aside")
    ACCEPTED = "accepted", _("Accepted by machine")
    WAITING = "waiting", _("Waiting for a person")
    DECIDED = "decided", _("Decided by a person")
    CANNOT_CODE = "cannot_code", _("Cannot be coded")


class Outcome(TextChoices):
    """What the dictionary coder said of a record (Ossiander & Milham, Figure 1)."""

    CODED = "coded", _("Coded")
    TIE = "tie", _("Tied")
    NO_MATCH = "no_match", _("Not matched")
    CHILD = "child", _("Child")
    UNKNOWN = "unknown", _("Unknown or blank")


class DecidedBy(TextChoices):
    """Which rule settled a coded record."""

    UNIQUE = "unique", _("Only code of the highest priority")
    OCCUPATION_ONLY = "occupation_only", _("Occupation words alone")


class Engine(TextChoices):
    """What made a suggestion."""

    DICTIONARY = "dictionary", _("Dictionary")


class SuggestionSource(TextChoices):
    """Why a code is suggested."""

    MATCH = "match", _("Matched words")
    SPELLING_GUESS = "spelling_guess", _("Spelling guess")


class Route(TextChoices):
    """How a record got its final code."""

    DICTIONARY = "dictionary", _("Dictionary")
    PERSON = "person", _("Person")


class DecisionKind(TextChoices):
    """What a person said of a record."""

    CODE = "code", _("Code")
    CANNOT_CODE = "cannot_code", _("Cannot code")


class CannotCodeReason(TextChoices):
    """Why a record cannot be coded."""

    VAGUE = "vague", _("Too vague")
    ILLEGIBLE = "illegible", _("Illegible or not a word")
    SEVERAL = "several", _("Several occupations")
    NOT_WORK = "not_work", _("Not an occupation")
    OTHER = "other", _("Other (see note)")


class QueueState(TextChoices):
    """The life of a place in the queue."""

    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class JobKind(TextChoices):
    """Long work that a Celery worker does."""

    IMPORT = "import", _("Import")
    CODE = "code", _("Coding")
    EXPORT = "export", _("Export")


class JobState(TextChoices):
    """The life of a job."""

    QUEUED = "queued", _("Waiting for a worker")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Stopped")


class ImportState(TextChoices):
    """The life of an uploaded file."""

    UPLOADED = "uploaded", _("Columns not mapped yet")
    STARTED = "started", _("Started")
    DONE = "done", _("Imported")


class IssueKind(TextChoices):
    """Why a row of a file needs a person's eye. Only ``BAD_AGE`` rows became records."""

    UNREADABLE = "unreadable", _("Cannot be read")
    NO_ID = "no_id", _("No record id")
    REPEATED = "repeated", _("Same id again in this file, with other values")
    CHANGED = "changed", _("Changed since it was imported")
    BAD_AGE = "bad_age", _("Imported without its age, which is not a number of years")


class FileKind(TextChoices):
    """Formats of data files."""

    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel (XLSX)")
    PARQUET = "parquet", _("Parquet")


class Delimiter(TextChoices):
    """What stands between the cells of a CSV file."""

    COMMA = ",", _("comma")
    SEMICOLON = ";", _("semicolon")
    TAB = "\t", _("tab")
    BAR = "|", _("vertical bar")


class Verb(TextChoices):
    """What an event reports."""

    STUDY_CREATED = "study_created", _("Study created")
    MEMBER_ADDED = "member_added", _("Member added")
    MEMBER_CHANGED = "member_changed", _("Member's role changed")
    MEMBER_REMOVED = "member_removed", _("Member removed")
    SETTINGS_CHANGED = "settings_changed", _("Settings changed")
    DICTIONARY_CHANGED = "dictionary_changed", _("Dictionary changed")
    RECORD_IMPORTED = "record_imported", _("Imported")
    RECORD_CODED = "record_coded", _("Coded by machine")
    RECORD_DECIDED = "record_decided", _("Decided")
    DECISION_UNDONE = "decision_undone", _("Decision undone")
    JOB_STARTED = "job_started", _("Job started")
    JOB_ENDED = "job_ended", _("Job ended")

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
    DISPUTED = "disputed", _("Disputed")
    DECIDED = "decided", _("Decided by a person")
    CANNOT_CODE = "cannot_code", _("Cannot be coded")
    REMOVED = "removed", _("Removed from the study")


class StatusGroup(TextChoices):
    """What several statuses of records have in common: what lists are narrowed to, and numbers lead to."""

    FINAL = "final", _("Final: nothing more is needed")
    CODED = "coded", _("With a final code, from machine or people")
    ROUTED = "routed", _("Coded by the machine or given to people")
    TO_PEOPLE = "to_people", _("Given to people")
    OCCUPATIONAL = "occupational", _("Not set aside")


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
    MODEL = "model", _("Model")
    BOTH = "both", _("Dictionary and model")


class SuggestionSource(TextChoices):
    """Why a code is suggested."""

    MATCH = "match", _("Matched words")
    SPELLING_GUESS = "spelling_guess", _("Spelling guess")
    MODEL = "model", _("Model")
    BOTH = "both", _("Matched words and model")


class Route(TextChoices):
    """How a record got its final code."""

    DICTIONARY = "dictionary", _("Dictionary")
    MODEL = "model", _("Model")
    BOTH = "both", _("Dictionary and model")
    PERSON = "person", _("Person")
    ADJUDICATED = "adjudicated", _("Adjudicated")


class AcceptBy(TextChoices):
    """What a study accepts without a person."""

    DICTIONARY = "dictionary", _("What the dictionary codes")
    PROBABILITY = "probability", _("What is probable enough")
    NOBODY = "nobody", _("Nothing: every record goes to a person")


class Rule(TextChoices):
    """Which rule of a study's routing accepted a record, or sent it to a person."""

    DICTIONARY = "dictionary", _("Coded by the dictionary")
    THRESHOLD = "threshold", _("At or above the threshold")
    AUDIT = "audit", _("Accepted, and drawn for the audit")
    NO_CODE = "no_code", _("Nothing suggested")
    NOT_CODED = "not_coded", _("Not coded by the dictionary")
    EVERYTHING = "everything", _("Everything goes to a person")
    PERSON_CODE = "person_code", _("A code that always goes to a person")
    PERSON_STRATUM = "person_stratum", _("A stratum that always goes to a person")
    GUARDED = "guarded", _("A guarded group, and no word of the text says so")
    BELOW = "below", _("Below the threshold")
    MARGIN = "margin", _("Too near the second code")
    DISAGREEMENT = "disagreement", _("Dictionary and model do not agree")
    REOPENED = "reopened", _("Reopened by a person")


class LabelSource(TextChoices):
    """Which codes of a study are taken as right, to learn from or to judge by."""

    REFERENCE = "reference", _("Codes known beforehand")
    DECISIONS = "decisions", _("Codes that people decided")
    BOTH = "both", _("People's codes, and those known beforehand where there are none")
    FILE = "file", _("A CSV file")


class Describe(TextChoices):
    """Which codes are taught by the classification's titles and descriptions, too."""

    SMALL = "small", _("Codes with few records or none")
    ALL = "all", _("All codes")
    NONE = "none", _("No code")


class Split(TextChoices):
    """How records are kept back for the test."""

    GROUPED = "grouped", _("By text: the same text is on one side only")
    RANDOM = "random", _("By record, at random")


class ModelOrigin(TextChoices):
    """Where a version of a model comes from."""

    TRAINED = "trained", _("Trained here")
    UPLOADED = "uploaded", _("Uploaded")


class LabelVerdict(TextChoices):
    """What a supervisor says of a code that model and person see differently (K-JCM, Suppl. Tables 4, 5)."""

    DATA_ERROR = "data_error", _("Data error")
    MODEL_ERROR = "model_error", _("Model error")


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


class RoundKind(TextChoices):
    """What a round of coding is for."""

    REVIEW = "review", _("Review: one coder a record")
    DOUBLE = "double", _("Double coding")
    CALIBRATION = "calibration", _("Calibration: everybody codes every record")
    GOLD = "gold", _("Gold records, served among the others")
    EVALUATION = "evaluation", _("Evaluation of the machine")


class RoundState(TextChoices):
    """The life of a round."""

    DRAWING = "drawing", _("Being drawn")
    CODING = "coding", _("Coding")
    ADJUDICATION = "adjudication", _("Adjudication")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


class Selection(TextChoices):
    """Which records a round takes."""

    ALL = "all", _("All of them")
    RANDOM = "random", _("A random sample")
    STRATIFIED = "stratified", _("A random sample of each stratum")
    UNSURE = "unsure", _("Those the machine was least sure of")


class RoundRecordState(TextChoices):
    """Where a record stands within a round."""

    CODING = "coding", _("Being coded")
    AGREED = "agreed", _("Agreed")
    DISPUTED = "disputed", _("Disputed")
    ADJUDICATED = "adjudicated", _("Adjudicated")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class AdjudicationState(TextChoices):
    """The life of an adjudication."""

    OPEN = "open", _("Open")
    SETTLED = "settled", _("Settled")
    RETURNED = "returned", _("Sent back with a question")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Side(TextChoices):
    """Which of the codes before an adjudicator was chosen."""

    FIRST = "first", _("The first coder's")
    SECOND = "second", _("The second coder's")
    MACHINE = "machine", _("The machine's")
    OTHER = "other", _("Another code")


class QueueOrder(TextChoices):
    """In which order the queue is served."""

    ARRIVAL = "arrival", _("As imported")
    UNCERTAINTY = "uncertainty", _("Most uncertain first")
    FREQUENCY = "frequency", _("Most frequent text first")


class JobKind(TextChoices):
    """Long work that a Celery worker does."""

    IMPORT = "import", _("Import")
    CODE = "code", _("Coding")
    EXPORT = "export", _("Export")
    ROUTE = "route", _("Routing")
    TRAIN = "train", _("Training")
    EVALUATE = "evaluate", _("Evaluation")
    DRAW = "draw", _("Drawing of a round")
    END_ROUND = "end_round", _("Ending of a round")
    REOPEN = "reopen", _("Reopening and removing")


class WorkQueue(TextChoices):
    """The queues that workers take jobs from; whoever takes from one of the last two needs torch."""

    DEFAULT = "default", _("Files and records")
    MODEL = "model", _("Models")
    TRAINING = "training", _("Training")


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
    MODEL_ADDED = "model_added", _("Model added")
    MODEL_PROMOTED = "model_promoted", _("Model promoted")
    MODEL_ROLLED_BACK = "model_rolled_back", _("Model rolled back")
    MODEL_REMOVED = "model_removed", _("Model removed")
    ROUTING_CHANGED = "routing_changed", _("Routing changed")
    RECORD_ROUTED = "record_routed", _("Routed again")
    LABEL_REVIEWED = "label_reviewed", _("Label reviewed")
    DISAGREEMENTS_LISTED = "disagreements_listed", _("Disagreements with the machine listed")
    JOB_STARTED = "job_started", _("Job started")
    JOB_ENDED = "job_ended", _("Job ended")
    ROUND_STARTED = "round_started", _("Round set up")
    ROUND_MOVED = "round_moved", _("Round went on")
    ROUND_CLOSED = "round_closed", _("Round ended")
    RECORD_DRAWN = "record_drawn", _("Drawn for a round")
    RECORD_AGREED = "record_agreed", _("Coders agreed")
    RECORD_DISPUTED = "record_disputed", _("Coders did not agree")
    RECORD_ADJUDICATED = "record_adjudicated", _("Adjudicated")
    ADJUDICATION_RETURNED = "adjudication_returned", _("Sent back with a question")
    RECORD_WITHDRAWN = "record_withdrawn", _("Taken out of a round")
    RECORD_FLAGGED = "record_flagged", _("Flagged")
    FLAG_ANSWERED = "flag_answered", _("Flag answered")
    RECORD_REOPENED = "record_reopened", _("Reopened")
    RECORD_REMOVED = "record_removed", _("Removed")
    RECORD_RESTORED = "record_restored", _("Restored")
    WORK_TRANSFERRED = "work_transferred", _("Open work transferred")
    MEMBER_INVITED = "member_invited", _("Invited")
    INVITATION_USED = "invitation_used", _("Invitation accepted")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("Invitation withdrawn")
    MEMBER_DEACTIVATED = "member_deactivated", _("Member deactivated")
    MEMBER_REACTIVATED = "member_reactivated", _("Member active again")

"""What the pages of a study list: studies, choices of forms, imports, issues, exports, runs, jobs."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Max, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.choices import IssueKind, JobState, Outcome, RecordStatus, Role
from coding_app.keys import is_key
from coding_app.models import (
    Classification,
    DictionaryVersion,
    Export,
    Import,
    ImportIssue,
    Job,
    Membership,
    Record,
    Rerouting,
    Run,
    Study,
    Suggestion,
)
from coding_app.selectors.blinding import studies_blinded_in


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study in its member's list, with the member's role and counts of records.

    The counts are ``None`` where the member is blinded.
    """

    study: Study
    role: Role
    records: int | None
    waiting: int | None


def study_rows(user: User) -> list[StudyRow]:
    """The studies of a member by name, counted in one query for all of them."""
    memberships = (
        Membership.objects.filter(user=user, deactivated_at=None)
        .select_related("study__classification", "study__dictionary_version__dictionary")
        .order_by("study__name")
    )
    blinded = studies_blinded_in(user)
    counts: dict[int, dict[str, int]] = {}
    grouped = (
        Record.objects.filter(study__in=[one.study_id for one in memberships])
        .exclude(status=RecordStatus.REMOVED)
        .values_list("study_id", "status")
        .annotate(n=Count("pk"))
        .order_by()
    )
    for study_id, status, count in grouped:
        counts.setdefault(study_id, {})[status] = count
    return [
        StudyRow(
            one.study,
            Role(one.role),
            None if one.study_id in blinded else sum(counts.get(one.study_id, {}).values()),
            None if one.study_id in blinded else counts.get(one.study_id, {}).get(RecordStatus.WAITING, 0),
        )
        for one in memberships
    ]


def classifications() -> QuerySet[Classification]:
    """Every classification a study may use, with its ``dictionary_count``; the best served come first."""
    counted = Classification.objects.annotate(dictionary_count=Count("dictionaries"))
    return counted.order_by("-dictionary_count", "name", "edition")


def dictionary_versions(classification: Classification | None) -> QuerySet[DictionaryVersion]:
    """The dictionary versions that give codes of a classification, newest of each dictionary first."""
    versions = DictionaryVersion.objects.select_related("dictionary").order_by("dictionary__name", "-number")
    return versions.filter(dictionary__classification=classification) if classification else versions.none()


def newer_version(study: Study) -> DictionaryVersion | None:
    """The newest version of the study's dictionary, when the study still uses an older one."""
    used = study.dictionary_version
    if used is None:
        return None
    newer = DictionaryVersion.objects.filter(dictionary=used.dictionary_id, number__gt=used.number)
    return newer.select_related("dictionary").order_by("-number").first()


def imports(study: Study) -> QuerySet[Import]:
    """The study's uploads, newest first, each with the number of its issues as ``issue_count``."""
    return (
        Import.objects.filter(study=study)
        .select_related("job__started_by", "created_by")
        .annotate(issue_count=Count("issues"))
        .order_by("-pk")
    )


def import_of(study: Study, pk: int) -> Import:
    """One upload of the study.

    Raises:
        Http404: when the study has none with this key.
    """
    found = Import.objects.filter(study=study, pk=pk).select_related("job__started_by", "created_by").first()
    if found is None:
        raise Http404(_("There is no such import in this study."))
    return found


def issues(upload: Import, kind: str = "") -> QuerySet[ImportIssue]:
    """The rows of an upload that need a person's eye, in order of the file; of one kind or all."""
    found = ImportIssue.objects.filter(import_file=upload).order_by("line")
    return found.filter(kind=kind) if kind else found


def issue_counts(upload: Import) -> list[tuple[IssueKind, int]]:
    """How many issues there are of each kind, in the order of the kinds; kinds without one are left out."""
    counts = dict(upload.issues.values_list("kind").annotate(n=Count("pk")).order_by())
    return [(kind, counts[kind]) for kind in IssueKind if kind in counts]


def exports(study: Study) -> QuerySet[Export]:
    """The study's exports, newest first."""
    return Export.objects.filter(study=study).select_related("job__started_by", "created_by").order_by("-pk")


def export_of(study: Study, pk: int) -> Export:
    """One finished export of the study.

    Raises:
        Http404: when the study has none with this key, or it is not written.
    """
    found = exports(study).filter(pk=pk, job__state=JobState.DONE).exclude(stored_as="").first()
    if found is None:
        raise Http404(_("There is no such finished export in this study."))
    return found


def runs(study: Study) -> QuerySet[Run]:
    """The study's coding runs, newest first."""
    return (
        Run.objects.filter(study=study)
        .select_related("job__started_by", "dictionary_version__dictionary", "model_version", "routing")
        .order_by("-pk")
    )


def latest_run(study: Study) -> Run | None:
    """The newest run that has begun: what the study's answers are of."""
    return runs(study).exclude(job__state=JobState.QUEUED).first()


def run_of(study: Study, key: str) -> Run | None:
    """The study's coding run with this key, as an address gives it."""
    return runs(study).filter(pk=int(key)).first() if is_key(key) else None


def run_outcomes(run: Run) -> dict[str, int]:
    """How many records a coding run gave each outcome, in the order of the outcomes; none are left out."""
    counts = dict.fromkeys(Outcome.values, 0)
    counts.update(run.suggestion_sets.values_list("outcome").annotate(n=Count("pk")).order_by())
    return counts


def run_sources(run: Run) -> dict[str, int]:
    """How many records' first suggestions came from what; sources without one are left out."""
    first = Suggestion.objects.filter(suggestion_set__run=run, rank=1)
    return dict(first.values_list("source").annotate(n=Count("pk")).order_by())


def rerouting_of(job: Job) -> Rerouting:
    """The routing that a job takes to the records, and how far it is."""
    return Rerouting.objects.select_related("routing").get(job=job)


def interrupted_jobs(study: Study) -> QuerySet[Job]:
    """The failed or stopped jobs that nothing of the same kind came after: a person should look at them."""
    latest = Job.objects.filter(study=study).values("kind").annotate(latest=Max("pk")).values("latest")
    return (
        Job.objects.filter(study=study, pk__in=latest, state__in=[JobState.FAILED, JobState.CANCELLED])
        .select_related("started_by")
        .order_by("pk")
    )


def job_of(study: Study, pk: int) -> Job:
    """One job of the study.

    Raises:
        Http404: when the study has none with this key.
    """
    found = Job.objects.filter(study=study, pk=pk).select_related("started_by", "import_file").first()
    if found is None:
        raise Http404(_("There is no such job in this study."))
    return found


def members(study: Study) -> QuerySet[Membership]:
    """The study's members by user name, deactivated ones too."""
    return Membership.objects.filter(study=study).select_related("user").order_by("user__username")


def active_members(study: Study) -> QuerySet[Membership]:
    """The members for whom the study is there: those who can be given work."""
    return members(study).filter(deactivated_at=None, user__is_active=True)


def member_of(study: Study, pk: int) -> Membership:
    """One membership of the study.

    Raises:
        Http404: when the study has none with this key.
    """
    found = members(study).filter(pk=pk).select_related("study").first()
    if found is None:
        raise Http404(_("There is no such member of this study."))
    return found


def user_named(name: str) -> User | None:
    """The active user with this name, whatever its case where that leaves no doubt."""
    active = User.objects.filter(is_active=True)
    exact = active.filter(username=name).first()
    if exact is not None:
        return exact
    alike = list(active.filter(username__iexact=name)[:2])
    return alike[0] if len(alike) == 1 else None

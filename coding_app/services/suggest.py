"""Coding by machine: a run gives every record a suggestion set, accepts what is coded, queues the rest."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import dictionary
from coding_app import coders
from coding_app.choices import (
    Engine,
    JobKind,
    JobState,
    Outcome,
    QueueState,
    RecordStatus,
    Route,
    Verb,
)
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Job, QueueItem, Record, Run, Study, Suggestion, SuggestionSet
from coding_app.services import events, jobs

MACHINE_STATES = (
    RecordStatus.IMPORTED,
    RecordStatus.SET_ASIDE,
    RecordStatus.ACCEPTED,
    RecordStatus.WAITING,
)
CODED_FIELDS = (
    "status",
    "suggestion_set",
    "standardised",
    "final_code",
    "route",
    "decided_by",
    "decided_at",
    "version",
)
STATUS_OF = {
    Outcome.CODED: RecordStatus.ACCEPTED,
    Outcome.TIE: RecordStatus.WAITING,
    Outcome.NO_MATCH: RecordStatus.WAITING,
    Outcome.CHILD: RecordStatus.SET_ASIDE,
    Outcome.UNKNOWN: RecordStatus.SET_ASIDE,
}


def start(*, study: Study, user: User | None) -> Job:
    """Queue a run of the study's dictionary over every record that no person has decided.

    Raises:
        InvalidInput: when the study has no dictionary.
        Conflict: when its records are being coded already.
    """
    if study.dictionary_version is None:
        raise InvalidInput(_("This study has no dictionary: choose one before coding its records."))
    try:
        with transaction.atomic():
            job = jobs.create(study=study, kind=JobKind.CODE, user=user)
            Run.objects.create(
                study=study,
                job=job,
                engine=Engine.DICTIONARY,
                dictionary_version=study.dictionary_version,
                child_age=study.child_age,
            )
    except IntegrityError as error:
        raise Conflict(_("The records of this study are being coded already.")) from error
    return job


def follow_up(job: Job) -> None:
    """Code the study's new records after ``job``, if it is to be followed up and there is a dictionary.

    A run that is queued or running already is asked to be followed up in turn: it may have gone past the
    keys of the newest records.
    """
    if not job.follow_up or job.study.dictionary_version_id is None:
        return
    runs = Job.objects.filter(
        study=job.study, kind=JobKind.CODE, state__in=[JobState.QUEUED, JobState.RUNNING]
    )
    if runs.update(follow_up=True):
        return
    try:
        start(study=job.study, user=job.started_by)
    except Conflict:
        # Somebody else started one at this very moment.
        runs.update(follow_up=True)


def todo(run: Run) -> QuerySet[Record]:
    """Records that the run has not coded yet and may code, by key."""
    same = Q(
        suggestion_set__run__dictionary_version=run.dictionary_version,
        suggestion_set__run__child_age=run.child_age,
    )
    return (
        Record.objects.filter(study=run.study, status__in=MACHINE_STATES, pk__gt=run.after_record)
        .exclude(same)
        .order_by("pk")
    )


def run(claim: jobs.Claim) -> None:
    """Code what is left to code, a chunk a transaction; a second time there is nothing left."""
    current = Run.objects.select_related("study__classification", "dictionary_version").get(
        job_id=claim.job_id
    )
    if current.dictionary_version is None:
        raise InvalidInput(_("The run has no dictionary."))
    coder = coders.dictionary_coder(current.dictionary_version, child_age=current.child_age)
    codes = {code.code: code for code in Code.objects.filter(classification=current.study.classification)}
    left = todo(current).count()
    if not current.coded:
        machine = Record.objects.filter(study=current.study, status__in=MACHINE_STATES)
        current.unchanged = machine.count() - left
        current.save(update_fields=["unchanged"])
    total = current.coded + left
    claim.advance(done=current.coded, total=total)
    while True:
        claim.check()
        with transaction.atomic():
            chunk = list(todo(current).select_for_update(of=("self",))[: settings.JOB_CHUNK])
            if not chunk:
                break
            _code(current, coder, codes, chunk, claim)
            current.after_record = chunk[-1].pk
            current.coded += len(chunk)
            current.save(update_fields=["after_record", "coded"])
            total = max(total, current.coded)  # records may be imported meanwhile
            claim.advance(done=current.coded, total=total, lasting=True)


def _code(
    current: Run, coder: coders.Coder, codes: dict[str, Code], chunk: list[Record], claim: jobs.Claim
) -> None:
    results = list(
        coder.code_many(
            dictionary.Record(str(record.pk), record.occupation, record.industry, record.age)
            for record in chunk
        )
    )
    sets = SuggestionSet.objects.bulk_create(
        [_set(current, record, result, codes) for record, result in zip(chunk, results, strict=True)],
        batch_size=500,
    )
    Suggestion.objects.bulk_create(
        [
            Suggestion(
                suggestion_set=made,
                rank=rank,
                code=codes[candidate.code],
                source=candidate.source,
                priority=candidate.priority,
                reason={
                    "phrases": list(candidate.phrases),
                    "guesses": [list(guess) for guess in candidate.guesses],
                    "occupation_only": candidate.occupation_only,
                },
            )
            for made, result in zip(sets, results, strict=True)
            for rank, candidate in enumerate(result.candidates, start=1)
        ],
        batch_size=500,
    )
    journal = []
    now = timezone.now()
    for record, made, result in zip(chunk, sets, results, strict=True):
        before = record.status
        record.status = STATUS_OF[Outcome(made.outcome)]
        record.suggestion_set = made
        record.standardised = " ".join(result.words)
        record.final_code = made.code
        record.route = Route.DICTIONARY if made.code else ""
        record.decided_by = None
        record.decided_at = now if made.code else None
        record.version += 1
        journal.append(
            events.make(
                study=current.study,
                verb=Verb.RECORD_CODED,
                gesture=claim.token,
                record=record,
                before=before,
                after=record.status,
                data={"run": current.pk, "outcome": made.outcome, "code": result.code, "set": made.pk},
            )
        )
    # The rows are there and locked: inserting them again updates them, which takes a quarter of the time of
    # bulk_update and its CASE for every column and row.
    Record.objects.bulk_create(
        chunk, update_conflicts=True, unique_fields=["pk"], update_fields=CODED_FIELDS, batch_size=500
    )
    _queue(chunk)
    events.write_all(journal)


def _set(current: Run, record: Record, result: dictionary.Result, codes: dict[str, Code]) -> SuggestionSet:
    return SuggestionSet(
        record=record,
        run=current,
        outcome=Outcome(result.status.value),
        code=codes[result.code] if result.code else None,
        table=result.table or "",
        priority=result.priority,
        decided_by=result.decided_by,
        trace=[match.to_dict() for match in result.matches],
    )


def _queue(chunk: Iterable[Record]) -> None:
    """Open a place for every waiting record that has none; withdraw those of records no longer waiting."""
    waiting = [record for record in chunk if record.status == RecordStatus.WAITING]
    settled = [record.pk for record in chunk if record.status != RecordStatus.WAITING]
    QueueItem.objects.filter(record__in=settled, state=QueueState.OPEN).update(
        state=QueueState.WITHDRAWN, holder=None, leased_until=None
    )
    placed = set(
        QueueItem.objects.filter(record__in=waiting, state=QueueState.OPEN).values_list(
            "record_id", flat=True
        )
    )
    QueueItem.objects.bulk_create(
        [QueueItem(study_id=record.study_id, record=record) for record in waiting if record.pk not in placed],
        batch_size=500,
    )

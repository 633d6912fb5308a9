"""A coding run: every record that no person decided gets a suggestion set, and goes where the routing says.

What is coded with depends on what the study has: a dictionary, a current model, or both.
"""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from coding_app.choices import Engine, JobKind, JobState, RecordStatus, WorkQueue
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Job, Record, Run, Study
from coding_app.selectors.populations import held_by_rounds, held_keys
from coding_app.services import blending, engines, jobs
from coding_app.services.answering import Writer

MACHINE_STATES = (
    RecordStatus.IMPORTED,
    RecordStatus.SET_ASIDE,
    RecordStatus.ACCEPTED,
    RecordStatus.WAITING,
)


def start(*, study: Study, user: User | None) -> Job:
    """Queue a run of the study's dictionary and current model over every record that no person has decided.

    A run with a model is for the workers that take models.

    Raises:
        InvalidInput: when the study has neither.
        Conflict: when its records are being coded or routed already.
    """
    engine = engine_of(study)
    if engine is None:
        raise InvalidInput(
            _("This study has neither a dictionary nor a model: choose one before coding its records.")
        )
    queue = WorkQueue.DEFAULT if engine == Engine.DICTIONARY else WorkQueue.MODEL
    try:
        with transaction.atomic():
            job = jobs.create(study=study, kind=JobKind.CODE, user=user, queue=queue)
            Run.objects.create(
                study=study,
                job=job,
                engine=engine,
                dictionary_version=study.dictionary_version,
                model_version=study.model_version,
                routing=study.routing,
                child_age=study.child_age,
            )
    except IntegrityError as error:
        raise Conflict(_("The records of this study are being coded or routed already.")) from error
    return job


def engine_of(study: Study) -> Engine | None:
    """What a run of the study would code with; ``None`` when it has nothing to code with."""
    if study.model_version_id is None:
        return None if study.dictionary_version_id is None else Engine.DICTIONARY
    return Engine.MODEL if study.dictionary_version_id is None else Engine.BOTH


def follow_up(job: Job) -> None:
    """Code the study's new records after ``job``, if it is to be followed up and can be coded.

    A job that has the study's records already, queued or running, is asked to be followed up in turn: a run
    may have gone past the keys of the newest records, and a routing keeps others from coding.
    """
    if not job.follow_up or engine_of(job.study) is None:
        return
    having = Job.objects.filter(
        study=job.study,
        kind__in=[JobKind.CODE, JobKind.ROUTE],
        state__in=[JobState.QUEUED, JobState.RUNNING],
    )
    if having.update(follow_up=True):
        return
    try:
        start(study=job.study, user=job.started_by)
    except Conflict:
        # Somebody else started one at this very moment.
        having.update(follow_up=True)


def same_runs(run: Run) -> list[int]:
    """Keys of the runs whose answers this one would give again."""
    return list(
        Run.objects.filter(
            study=run.study,
            dictionary_version=run.dictionary_version,
            model_version=run.model_version,
            fallback=run.fallback,
            child_age=run.child_age,
        ).values_list("pk", flat=True)
    )


def todo(run: Run, same: list[int]) -> QuerySet[Record]:
    """Records that the run has not coded yet and may code, by key; ``same`` are the keys of same runs.

    What a round has is left alone: its coders would not all see the same.
    """
    found = Record.objects.filter(study=run.study, status__in=MACHINE_STATES, pk__gt=run.after_record)
    found = found.filter(~held_by_rounds())
    other = Q(suggestion_set__isnull=True) | ~Q(suggestion_set__run__in=same)
    return found.filter(other).order_by("pk")


def run(claim: jobs.Claim) -> None:
    """Code what is left to code, a chunk a transaction; a second time there is nothing left.

    Answers are found before the transaction of their chunk begins: a model may take long, and on SQLite
    nobody else could write meanwhile.
    """
    current = Run.objects.select_related(
        "study__classification", "dictionary_version", "model_version", "routing"
    ).get(job_id=claim.job_id)
    if current.dictionary_version is None and current.model_version is None:
        raise InvalidInput(_("The run has neither a dictionary nor a model."))
    codes = {code.code: code for code in Code.objects.filter(classification=current.study.classification)}
    codable = frozenset(text for text, code in codes.items() if code.codable)
    coder = engines.ready(current, codable)
    current.save(update_fields=["fallback", "fallback_reason"])
    coder.blends = blending.blends_of(current, coder, check=claim.check)
    same = same_runs(current)
    left = todo(current, same).count()
    if not current.coded:
        machine = Record.objects.filter(study=current.study, status__in=MACHINE_STATES)
        current.unchanged = machine.count() - left
        current.save(update_fields=["unchanged"])
    total = current.coded + left
    claim.advance(done=current.coded, total=total)
    writer = Writer(current, codes)
    while True:
        claim.check()
        waiting = todo(current, same)
        chunk = list(_with_sources(waiting, coder)[: settings.JOB_CHUNK])
        if not chunk:
            break
        answers = {record.pk: answer for record, answer in zip(chunk, coder.answers(chunk), strict=True)}
        with transaction.atomic():
            locked = _locked(waiting, chunk)
            writer.write([(record, answers[record.pk]) for record in locked], gesture=claim.token)
            current.after_record = chunk[-1].pk
            current.coded += len(locked)
            current.save(update_fields=["after_record", "coded"])
            total = max(total, current.coded)  # records may be imported meanwhile
            claim.advance(done=current.coded, total=total, lasting=True)


def _with_sources(records: QuerySet[Record], coder: engines.Engines) -> QuerySet[Record]:
    """A model reads columns by their names; the dictionary does without."""
    return records.select_related("source") if coder.scorer else records


def _locked(waiting: QuerySet[Record], chunk: list[Record]) -> list[Record]:
    """Those of a chunk that are still to be coded: locked, and as they are now."""
    locked = waiting.filter(pk__lte=chunk[-1].pk).select_for_update(of=("self",)).only("version")
    versions = {record.pk: record.version for record in locked}
    # A draw may have taken some while this waited for their locks: asked again, for what a lock waited for
    # is not seen in other tables.
    held = held_keys(versions)
    there = [record for record in chunk if record.pk in versions and record.pk not in held]
    changed = [record.pk for record in there if record.version != versions[record.pk]]
    fresh = Record.objects.in_bulk(changed) if changed else {}
    return [fresh.get(record.pk, record) for record in there]

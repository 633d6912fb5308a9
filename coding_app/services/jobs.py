"""The life of a job: queued, claimed, advanced, ended; taken up again when its worker is lost."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app.choices import JobKind, JobState, Verb, WorkQueue
from coding_app.exceptions import Conflict, InvalidInput, TiebreakError
from coding_app.models import Job, Study, WorkerHeartbeat
from coding_app.services import events

log = logging.getLogger(__name__)

TASK = "coding_app.run_job"
MAX_ATTEMPTS = 5  # without progress; a job that kills every worker must not go round for ever


class ClaimLost(Exception):
    """Another worker took the job over: this one's open chunk is rolled back, and it stops."""


class Cancelled(Exception):
    """A user asked to stop the job; what was committed stays."""


class _Turns:
    """Lets others write to SQLite while a job writes chunk after chunk.

    Who waits for the database looks again every tenth of a second. Without a pause of that length it finds
    the next chunk under way each time, until the job is done or the wait is given up.
    """

    EVERY, PAUSE = 1.0, 0.15  # seconds

    def __init__(self) -> None:
        self._last = time.monotonic()

    def offer(self) -> None:
        """Pause, if others have had no turn for a while. On PostgreSQL nobody waits for another's chunk."""
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            return
        if time.monotonic() - self._last >= self.EVERY:
            time.sleep(self.PAUSE)
            self._last = time.monotonic()


_turns = _Turns()


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to work on a job, until another takes it over."""

    job_id: int
    token: uuid.UUID

    @property
    def job(self) -> Job:
        """The job as it is in the database now."""
        return Job.objects.select_related("study", "started_by").get(pk=self.job_id)

    def check(self, *, writes: bool = True) -> None:
        """Stop here when the job was taken over or is to be stopped. Call it between chunks.

        Args:
            writes: whether the chunks are written to the database; on SQLite others get their turn here.

        Raises:
            ClaimLost, Cancelled
        """
        if writes:
            _turns.offer()
        wanted = Job.objects.filter(pk=self.job_id, claim=self.token, state=JobState.RUNNING)
        found = wanted.values_list("cancel_requested", flat=True).first()
        if found is None:
            raise ClaimLost(f"job {self.job_id}")
        if found:
            raise Cancelled(f"job {self.job_id}")

    def advance(self, *, done: int, total: int | None = None, lasting: bool = False) -> None:
        """Note the progress; call it in the transaction of the chunk, so that a lost claim undoes the chunk.

        ``lasting``: a chunk is written that no later attempt has to do again, so attempts count anew. What
        kills every worker before that must come to ``MAX_ATTEMPTS`` some time.

        Raises:
            ClaimLost: when another worker has the job by now.
        """
        changes: dict[str, object] = {"done": done, "heartbeat_at": timezone.now()}
        if lasting:
            changes["attempts"] = 1
        if total is not None:
            changes["total"] = total
        mine = Job.objects.filter(pk=self.job_id, claim=self.token, state=JobState.RUNNING)
        if not mine.update(**changes):
            raise ClaimLost(f"job {self.job_id}")


def enqueue(job: Job) -> None:
    """Tell the workers, once the surrounding transaction is committed."""
    transaction.on_commit(lambda: _send(job.pk, job.queue))


def _send(job_id: int, queue: str) -> None:
    # By name: services do not know tasks. A broker that is away must not lose the job: the row is there,
    # and the next sweep of a worker sends it again.
    try:
        current_app.send_task(TASK, args=[job_id], queue=queue, retry=False)
    except Exception:
        log.exception("job %s could not be sent to the broker; a worker will find it", job_id)


def create(
    *,
    study: Study,
    kind: JobKind,
    user: User | None,
    follow_up: bool = False,
    queue: WorkQueue = WorkQueue.DEFAULT,
) -> Job:
    """A new job, queued. Call it in the transaction that makes what the job works on."""
    job = Job.objects.create(study=study, kind=kind, started_by=user, follow_up=follow_up, queue=queue)
    enqueue(job)
    return job


@transaction.atomic
def claim(*, job_id: int, worker: str) -> Claim | None:
    """Take a queued job; ``None`` when it is not there to take (done, running elsewhere, stopped)."""
    token = uuid.uuid4()
    now = timezone.now()
    taken = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        claim=token,
        worker=worker,
        attempts=F("attempts") + 1,
        heartbeat_at=now,
        started_at=now,
    )
    if not taken:
        return None
    job = Job.objects.select_related("study", "started_by").get(pk=job_id)
    _event(job, Verb.JOB_STARTED, JobState.QUEUED, JobState.RUNNING)
    return Claim(job_id=job_id, token=token)


@contextmanager
def kept_alive(held: Claim) -> Iterator[None]:
    """Date the job now and then while its work is done inside, for a part of it may take long by itself.

    A large workbook is counted, or long literals are coded, for minutes before there is progress to note. The
    dates stop with the process, so that :func:`sweep` still finds the job of one that was killed.
    """
    done = threading.Event()
    beat = threading.Thread(target=_keep_alive, args=(held, done), daemon=True, name=f"job-{held.job_id}")
    beat.start()
    try:
        yield
    finally:
        done.set()
        beat.join()


def _keep_alive(held: Claim, done: threading.Event) -> None:
    mine = Job.objects.filter(pk=held.job_id, claim=held.token, state=JobState.RUNNING)
    while not done.wait(settings.JOB_STALLED_AFTER / 4):
        try:
            mine.update(heartbeat_at=timezone.now())
        except DatabaseError:
            # It may be away, or locked by the very chunk that takes so long: the next beat tries again.
            log.warning("job %s could not be dated", held.job_id, exc_info=True)
        finally:
            connection.close()


@contextmanager
def ending(held: Claim, *, then: Callable[[Job], object]) -> Iterator[None]:
    """Run a job's work inside: its end, good or bad, is written to the job.

    When it is good, ``then`` is called with the job, in the transaction that writes the end.

    A domain error is the user's to mend and is shown to them. A database that is away is nobody's fault: the
    job is queued again and the task retried. Any other error is shown in short and raised for the log.
    """
    try:
        yield
    except ClaimLost:
        log.warning("job %s was taken over by another worker", held.job_id)
    except Cancelled:
        _end(held, JobState.CANCELLED)
    except TiebreakError as error:
        _end(held, JobState.FAILED, error=str(error))
    except OperationalError:
        _requeue(Q(pk=held.job_id, claim=held.token, state=JobState.RUNNING))
        raise
    except Exception as error:
        # Its text may quote a person's row: that is for the log, not for the page.
        fault = type(error).__name__
        told = gettext_noop("Unexpected fault (%(fault)s); the worker's log tells more.")
        _end(held, JobState.FAILED, error=told % {"fault": fault})
        raise
    else:
        _end(held, JobState.DONE, then=then)


@transaction.atomic
def _end(
    held: Claim, state: JobState, *, error: str = "", then: Callable[[Job], object] | None = None
) -> None:
    mine = Job.objects.filter(pk=held.job_id, claim=held.token, state=JobState.RUNNING)
    if not mine.update(state=state, error=error, finished_at=timezone.now(), claim=None):
        return
    job = held.job
    _event(job, Verb.JOB_ENDED, JobState.RUNNING, state, user=False)
    if then is not None:
        then(job)


def _event(job: Job, verb: Verb, before: str, after: str, *, user: bool = True) -> None:
    events.write(
        study=job.study,
        verb=verb,
        actor=job.started_by if user else None,
        before=before,
        after=after,
        data={"job": job.pk, "kind": job.kind, "attempt": job.attempts},
    )


@transaction.atomic
def cancel(*, job: Job, user: User) -> None:
    """Stop a job: at once when no worker has it, otherwise after its open chunk.

    Raises:
        Conflict: when it has ended already.
    """
    now = timezone.now()
    if Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
        state=JobState.CANCELLED, finished_at=now, cancel_requested=True
    ):
        before = JobState.QUEUED
    elif Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(cancel_requested=True):
        return
    else:
        raise Conflict(_("This job has ended already."))
    events.write(
        study=job.study,
        verb=Verb.JOB_ENDED,
        actor=user,
        before=before,
        after=JobState.CANCELLED,
        data={"job": job.pk, "kind": job.kind},
    )


@transaction.atomic
def resume(*, job: Job, user: User) -> None:
    """Queue a failed or stopped job again; it goes on after its last committed chunk.

    Raises:
        InvalidInput: when it neither failed nor was stopped.
        Conflict: when another job does the same by now.
    """
    again = Job.objects.filter(pk=job.pk, state__in=[JobState.FAILED, JobState.CANCELLED])
    try:
        with transaction.atomic():
            changed = again.update(
                state=JobState.QUEUED,
                error="",
                attempts=0,
                cancel_requested=False,
                finished_at=None,
                heartbeat_at=timezone.now(),
            )
    except IntegrityError as error:
        if job.kind == JobKind.TRAIN:
            raise Conflict(_("A training of this study is under way: wait for its end.")) from error
        raise Conflict(_("The records of this study are being coded already.")) from error
    if not changed:
        raise InvalidInput(_("Only a job that failed or was stopped can be taken up again."))
    events.write(
        study=job.study,
        verb=Verb.JOB_STARTED,
        actor=user,
        before=job.state,
        after=JobState.QUEUED,
        data={"job": job.pk, "kind": job.kind},
    )
    enqueue(job)


def sweep() -> int:
    """Queue again what lost its worker or its message; returns how many jobs. Workers call it all the time.

    A running job is lost when its worker gives no sign of life, or when the process that does it has given
    none for ``JOB_STALLED_AFTER`` seconds (:func:`kept_alive`). A queued job without news for as long is
    sent again: sending twice is harmless, for only one worker can claim it.
    """
    now = timezone.now()
    living = WorkerHeartbeat.objects.filter(
        seen_at__gte=now - timedelta(seconds=settings.WORKER_SEEN_WITHIN)
    ).values("name")
    old = now - timedelta(seconds=settings.JOB_STALLED_AFTER)
    recent = now - timedelta(seconds=settings.WORKER_SEEN_WITHIN)
    lost = Q(heartbeat_at__lt=old) | (Q(heartbeat_at__lt=recent) & ~Q(worker__in=living))
    return _requeue(Q(state=JobState.RUNNING) & lost) + _resend(old)


def release(*, worker: str, started: datetime | None = None) -> int:
    """Queue again what a worker of this name held when it ``started``, just now if not given.

    Its former self is gone. What it has taken since is its own: a job that waited is claimed that moment.
    """
    before = started or timezone.now()
    return _requeue(Q(state=JobState.RUNNING, worker=worker, started_at__lt=before))


def _requeue(which: Q) -> int:
    count = 0
    for job in Job.objects.filter(which).select_related("study", "started_by"):
        hopeless = job.attempts >= MAX_ATTEMPTS
        state = JobState.FAILED if hopeless else JobState.QUEUED
        told = gettext_noop("Its worker was lost %(n)s times without progress.") % {"n": job.attempts}
        error = told if hopeless else ""
        with transaction.atomic():
            same = Job.objects.filter(which, pk=job.pk, claim=job.claim)
            if not same.update(state=state, error=error, claim=None, heartbeat_at=timezone.now()):
                continue
            verb = Verb.JOB_ENDED if hopeless else Verb.JOB_STARTED
            _event(job, verb, JobState.RUNNING, state, user=False)
            if not hopeless:
                enqueue(job)
                count += 1
    return count


def _resend(old: object) -> int:
    silent = Q(heartbeat_at__lt=old) | Q(heartbeat_at__isnull=True, created_at__lt=old)
    waiting = Job.objects.filter(silent, state=JobState.QUEUED)
    count = 0
    for job in waiting:
        if waiting.filter(pk=job.pk).update(heartbeat_at=timezone.now()):
            enqueue(job)
            count += 1
    return count


def note_heartbeat(*, worker: str, queues: list[str]) -> None:
    """A worker's sign of life; signs older than a day are removed."""
    now = timezone.now()
    WorkerHeartbeat.objects.update_or_create(name=worker, defaults={"queues": queues, "seen_at": now})
    WorkerHeartbeat.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


def forget_worker(*, worker: str) -> None:
    """A worker that stops in good order says so: the page need not wait for its silence."""
    WorkerHeartbeat.objects.filter(name=worker).delete()

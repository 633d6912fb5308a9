"""Long work, and the workers that do it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from coding_app.choices import JobKind, JobState, WorkQueue
from coding_app.models.studies import Study


class Job(models.Model):
    """Work for a Celery worker, with its progress.

    A job's life: ``queued`` -> a worker claims it by compare-and-set (``running``, with a fresh ``claim``)
    -> each chunk commits and moves ``done`` and ``heartbeat_at`` -> ``done``, ``failed`` or ``cancelled``.
    A running job whose heartbeat is old has lost its worker; it goes back to ``queued`` and the next worker
    goes on where the last committed chunk ended. The old claim is void from then on.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=20, choices=JobKind.choices)
    state = models.CharField(max_length=20, choices=JobState.choices, default=JobState.QUEUED)
    queue = models.CharField(max_length=20, choices=WorkQueue.choices, default=WorkQueue.DEFAULT)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, help_text="unknown while null")
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    worker = models.CharField(max_length=200, blank=True, help_text="who holds the claim")
    cancel_requested = models.BooleanField(default=False)
    follow_up = models.BooleanField(default=False, help_text="an import: code the records when it is done")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, help_text="null: the machine itself"
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "heartbeat_at"], name="job_state_heartbeat")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=JobKind.values), name="job_kind_known"),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(
                condition=Q(total__isnull=True) | Q(done__lte=F("total")), name="job_done_within_total"
            ),
            models.CheckConstraint(condition=Q(queue__in=WorkQueue.values), name="job_queue_known"),
            # Both write what the machine says of a record.
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(
                    kind__in=[JobKind.CODE, JobKind.ROUTE], state__in=[JobState.QUEUED, JobState.RUNNING]
                ),
                name="job_one_open_coding_a_study",
            ),
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(kind=JobKind.TRAIN, state__in=[JobState.QUEUED, JobState.RUNNING]),
                name="job_one_open_training_a_study",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether work remains to be done."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def percent(self) -> int | None:
        """Whole percent done, or ``None`` while the total is unknown."""
        if self.total is None:
            return None
        return 100 if self.total == 0 else int(100 * self.done / self.total)


class WorkerHeartbeat(models.Model):
    """A worker's last sign of life."""

    name = models.CharField(max_length=200, unique=True)
    queues = models.JSONField(default=list)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

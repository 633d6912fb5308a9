"""Jobs, and whether anybody is there to do them."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from coding_app.choices import JobState
from coding_app.models import Job, Study, WorkerHeartbeat


def job(job_id: int) -> Job:
    """A job as it is now.

    Raises:
        Job.DoesNotExist
    """
    return Job.objects.select_related("study", "started_by").get(pk=job_id)


def open_jobs(study: Study) -> QuerySet[Job]:
    """Jobs of a study that are queued or running, oldest first."""
    return (
        Job.objects.filter(study=study, state__in=[JobState.QUEUED, JobState.RUNNING])
        .select_related("started_by")
        .order_by("pk")
    )


def worker_is_there(queue: str = "") -> bool:
    """Whether a worker that takes jobs from ``queue`` (any, if not given) gave a sign of life lately."""
    since = timezone.now() - timedelta(seconds=settings.WORKER_SEEN_WITHIN)
    listening = WorkerHeartbeat.objects.filter(seen_at__gte=since).values_list("queues", flat=True)
    return any(not queue or queue in queues for queues in listening)

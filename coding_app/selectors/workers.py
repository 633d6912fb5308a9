"""Whether anybody is there to do the work."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from coding_app.models import WorkerHeartbeat


def worker_is_there() -> bool:
    """Whether a worker gave a sign of life lately."""
    since = timezone.now() - timedelta(seconds=settings.WORKER_SEEN_WITHIN)
    return WorkerHeartbeat.objects.filter(seen_at__gte=since).exists()

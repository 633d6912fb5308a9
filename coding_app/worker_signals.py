"""A worker's signs of life: while it runs it dates its row, and takes up jobs that lost their worker."""

import logging
import threading
from datetime import datetime
from typing import Any

from celery.signals import worker_ready, worker_shutdown
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

log = logging.getLogger(__name__)

EVERY = settings.WORKER_SEEN_WITHIN / 4  # seconds
_stop = threading.Event()


def _beat(name: str, queues: list[str], started: datetime) -> None:
    from coding_app.services import jobs, route

    released = False
    while True:
        try:
            close_old_connections()
            if not released:
                jobs.release(worker=name, started=started)
                released = True
            jobs.note_heartbeat(worker=name, queues=queues)
            jobs.sweep()
            route.start_waiting()
        except Exception:
            # The database may be away for a while: say so and try again, a worker must outlive that.
            log.exception("worker %s could not write its sign of life", name)
        if _stop.wait(EVERY):
            break
    connection.close()


@worker_ready.connect
def _started(sender: Any, **kwargs: Any) -> None:
    _stop.clear()
    queues = [queue.name for queue in sender.app.amqp.queues.consume_from.values()]
    # It takes no task before this returns: what is claimed in its name from now on, it has claimed itself.
    about = sender.hostname, queues, timezone.now()
    threading.Thread(target=_beat, args=about, daemon=True, name="heartbeat").start()


@worker_shutdown.connect
def _stopping(sender: Any, **kwargs: Any) -> None:
    from coding_app.services import jobs

    _stop.set()
    try:
        jobs.forget_worker(worker=sender.hostname)
    except Exception:
        log.exception("worker %s could not take its leave", sender.hostname)

"""A routing that waits for its turn is taken to the records by any worker, and on by the next."""

from collections.abc import Callable
from pathlib import Path

from django.db.models import Count, Q

from coding_app.choices import JobKind, JobState, Rule
from coding_app.models import Event, Job, Record, Rerouting
from coding_app.services import jobs, route
from tests import factories
from tests.faults.waiting import STEPS, done, wait_until
from tests.routed import NOBODY
from tests.workers import WorkerProcess

QUICK = {"JOB_CHUNK": "50", "WORKER_SEEN_WITHIN": "4", "JOB_STALLED_AFTER": "8"}
RECORDS = 4_000


def test_a_routing_saved_during_a_run_that_is_stopped_reaches_every_record_through_two_workers(
    start_worker: Callable[..., WorkerProcess], tmp_path: Path
) -> None:
    study = factories.make_study(tmp_path)
    words = [row[1:] for row in factories.ROWS[:6]]
    rows = [(f"{n:06}", *words[n % len(words)]) for n in range(RECORDS)]
    factories.bring_in(study, factories.csv_bytes(rows))
    factories.code(study)
    stopped = jobs.create(study=study, kind=JobKind.CODE, user=study.created_by)
    route.save(study=study, user=study.created_by, settings=NOBODY)
    Job.objects.filter(pk=stopped.pk).update(state=JobState.CANCELLED)
    assert Rerouting.objects.get().job is None
    first = start_worker(settings=QUICK | STEPS)
    wait_until(lambda: Rerouting.objects.filter(looked_at__gte=500).exists())
    first.kill()
    # In one query: the database may still be about to commit what the worker asked for last.
    routed = Q(study__events__verb="record_routed")
    work = Rerouting.objects.annotate(routed=Count("study__events", filter=routed)).get()
    assert 500 <= work.looked_at < RECORDS, "it was killed in the middle"
    assert work.routed == work.changed
    start_worker(settings=QUICK)
    assert work.job is not None
    done(work.job)
    assert not Record.objects.filter(status="accepted").exists()
    assert Record.objects.filter(rule=Rule.EVERYTHING).exists()
    events = Event.objects.filter(verb="record_routed").values("record").annotate(n=Count("pk"))
    assert events.count() == RECORDS - Record.objects.filter(rule=Rule.NO_CODE).count()
    assert not events.filter(n__gt=1).exists(), "nothing was routed twice"

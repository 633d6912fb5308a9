"""Two workers write into one study at the same moment: each record goes in once, and nothing fails."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from coding_app.choices import ImportState, JobState, Outcome
from coding_app.exceptions import Conflict
from coding_app.models import Event, Import, Job, Record, Study, SuggestionSet
from coding_app.services import import_rows, ingest, suggest, work
from tests import factories
from tests.faults.waiting import QUICK, done
from tests.workers import WorkerProcess

COLUMNS = ingest.Columns(id=0, occupation=1, industry=2, age=3)


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    return factories.make_study(tmp_path)


def rows(numbers: range) -> list[tuple[str, ...]]:
    words = [row[1:] for row in factories.ROWS]
    return [(f"{n:06}", *words[n % len(words)]) for n in numbers]


def queued(study: Study, content: bytes, *, then_code: bool = False) -> Job:
    return ingest.start(
        upload=factories.upload(study, content), columns=COLUMNS, user=None, then_code=then_code
    )


def test_an_import_waits_while_another_writes_the_same_ids(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = queued(study, factories.csv_bytes(rows(range(10))))
    second = queued(study, factories.csv_bytes([*rows(range(5, 12)), ("000000", "another", "", "")]))
    inside, both_inside = threading.Event(), threading.Event()
    write = import_rows._write

    def slow(*args: object) -> None:
        if inside.is_set():
            both_inside.set()
        inside.set()
        write(*args)  # type: ignore[arg-type]
        # The other has until here to look at the study: it must not have seen it without these rows.
        if both_inside.wait(1):
            time.sleep(1)

    monkeypatch.setattr(import_rows, "_write", slow)

    def go(job: Job) -> None:
        try:
            work.run_job(job_id=job.pk, worker=f"worker-{job.pk}")
        finally:
            connection.close()

    one, other = (threading.Thread(target=go, args=(job,)) for job in (first, second))
    one.start()
    assert inside.wait(30)
    other.start()
    one.join(60)
    other.join(60)
    assert [Job.objects.get(pk=job.pk).error for job in (first, second)] == ["", ""]
    assert list(Import.objects.order_by("pk").values_list("state", "added", "unchanged")) == [
        (ImportState.DONE, 10, 0),
        (ImportState.DONE, 2, 5),
    ]
    assert Record.objects.count() == 12
    assert Import.objects.latest("pk").issues.get().kind == "changed"


def test_two_workers_import_overlapping_files_while_a_third_job_codes(
    start_worker: Callable[..., WorkerProcess], study: Study
) -> None:
    factories.bring_in(study, factories.csv_bytes(rows(range(500))))
    start_worker(concurrency=3, settings=QUICK)
    upward = queued(study, factories.csv_bytes(rows(range(3000))), then_code=True)
    downward = queued(study, factories.csv_bytes(rows(range(3000))[::-1]), then_code=True)
    suggest.start(study=study, user=None)
    done(upward)
    done(downward)
    while open_run := Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).first():
        done(open_run)
    assert not Job.objects.exclude(state=JobState.DONE).exists()
    assert Record.objects.count() == 3000
    counts = list(Import.objects.values_list("added", "unchanged"))
    assert sum(added for added, _ in counts) == 3000
    assert sum(unchanged for _, unchanged in counts) == 3500
    assert Event.objects.filter(verb="record_imported").count() == 3000
    assert Event.objects.filter(verb="record_coded").count() == 3000
    assert SuggestionSet.objects.count() == 3000
    child = Record.objects.filter(suggestion_set__outcome=Outcome.CHILD)
    assert child.count() == 3000 // 8


def test_an_import_ends_well_when_somebody_starts_coding_at_that_moment(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = suggest.start

    def just_before(**options: object) -> Job:
        start(study=study, user=None)
        raise Conflict("The records of this study are being coded already.")

    monkeypatch.setattr(suggest, "start", just_before)
    job = queued(study, factories.csv_bytes(), then_code=True)
    work.run_job(job_id=job.pk, worker="test")
    job.refresh_from_db()
    assert job.state == JobState.DONE
    coding = Job.objects.get(kind="code")
    assert coding.follow_up, "it may have gone past the newest records"

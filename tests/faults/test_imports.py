"""Imports: stopped, left without file, broker or room; each is said, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import kombu
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from kombu.pools import producers

from coding_app.celery import app
from coding_app.choices import JobState
from coding_app.models import Event, Import, ImportIssue, Job, Record, Study
from coding_app.services import ingest, storage, work
from tests import factories
from tests.faults.waiting import QUICK, done, ended, wait_until
from tests.servers import free_port
from tests.workers import WorkerProcess

RECORDS = 5000
COLUMNS = ingest.Columns(id=0, occupation=1, industry=2, age=3)


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    return factories.make_study(tmp_path)


def supervisor() -> Client:
    client = Client()
    client.force_login(User.objects.get(username="supervisor"))
    return client


def test_an_import_stopped_by_a_person_goes_on_where_it_ended(
    start_worker: Callable[..., WorkerProcess], study: Study
) -> None:
    words = [row[1:] for row in factories.ROWS]
    content = factories.csv_bytes([(f"{n:06}", *words[n % 8]) for n in range(RECORDS)]) + b"broken,row\n"
    start_worker(settings=QUICK | {"JOB_CHUNK": "50"})
    received = factories.upload(study, content)
    client = supervisor()
    job = ingest.start(upload=received, columns=COLUMNS, user=None, then_code=True)
    wait_until(lambda: Record.objects.count() >= 300)
    client.post(reverse("job-stop", args=[study.slug, job.pk]))
    assert ended(job).state == JobState.CANCELLED
    left = Record.objects.count()
    assert 300 <= left < RECORDS
    assert Import.objects.get().rows_read == left
    assert not Job.objects.filter(kind="code").exists()
    page = supervisor().get(reverse("import", args=[study.slug, received.pk]))
    assert reverse("job-resume", args=[study.slug, job.pk]) in page.content.decode()
    supervisor().post(reverse("job-resume", args=[study.slug, job.pk]))
    done(job)
    told = Import.objects.get()
    assert (told.rows_read, told.added, told.unchanged) == (RECORDS + 1, RECORDS, 0)
    assert Record.objects.count() == Event.objects.filter(verb="record_imported").count() == RECORDS
    assert ImportIssue.objects.count() == 1
    done(Job.objects.get(kind="code"))
    assert not Record.objects.filter(status="imported").exists()


def test_a_job_made_while_the_broker_is_away_waits_and_is_found_by_the_next_worker(
    start_worker: Callable[..., WorkerProcess], study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = factories.upload(study)
    nowhere = kombu.Connection(
        f"redis://127.0.0.1:{free_port()}/0", transport_options={"max_retries": 0, "interval_start": 0}
    )
    with monkeypatch.context() as away:
        away.setattr(app.amqp, "_producer_pool", producers[nowhere])
        answer = supervisor().post(
            reverse("import", args=[study.slug, received.pk]), {"id": "0", "occupation": "1"}
        )
    assert answer.status_code == 302
    job = Job.objects.get()
    assert job.state == JobState.QUEUED
    page = supervisor().get(answer.headers["Location"]).content.decode()
    assert "No worker answers" in page
    start_worker(settings=QUICK)
    done(job)
    assert Record.objects.count() == len(factories.ROWS)


def test_an_import_whose_file_is_gone_fails_in_words(study: Study) -> None:
    received = factories.upload(study)
    storage.remove(received.stored_as)
    before = supervisor().get(reverse("import", args=[study.slug, received.pk]))
    assert before.status_code == 200
    assert "upload it again" in before.content.decode()
    job = ingest.start(upload=received, columns=COLUMNS, user=None, then_code=False)
    work.run_job(job_id=job.pk, worker="test")
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert received.file_name in job.error
    assert "upload it again" in job.error
    page = supervisor().get(reverse("import", args=[study.slug, received.pk]))
    assert "upload it again" in page.content.decode()


@pytest.mark.parametrize("fault", ["a full disk", "no folder"])
def test_an_upload_that_cannot_be_kept_is_said_beside_the_field(
    study: Study, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    if fault == "no folder":
        storage.path_of("uploads").write_text("a file in the place of the folder")
    else:
        storage.path_of("full.csv").symlink_to("/dev/full")
        monkeypatch.setattr(storage, "new_name", lambda **options: "full.csv")
    file = SimpleUploadedFile("records.csv", factories.csv_bytes())
    answer = supervisor().post(reverse("upload", args=[study.slug]), {"file": file})
    assert answer.status_code == 422
    [message] = answer.context["form"].errors["file"]
    assert "could not be written on the server" in message
    assert not Import.objects.exists()
    assert not storage.path_of("full.csv").is_symlink()

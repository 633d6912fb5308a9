"""Exports: never half a file, whatever ends the worker or fills the disk."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coding_app import datafiles
from coding_app.choices import FileKind, JobState
from coding_app.datafiles import writing
from coding_app.models import Export, Job, Study
from coding_app.services import exports, storage, work
from tests import factories
from tests.faults.waiting import QUICK, done, wait_until
from tests.workers import WorkerProcess

RECORDS = 5000


def parts() -> set[Path]:
    return set(storage.path_of("exports").rglob(".*"))


def manager() -> Client:
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    return client


def download(study: Study, export: Export) -> Any:
    return manager().get(reverse("export-download", args=[study.slug, export.pk]))


def killed_in_the_middle(start_worker: Callable[..., WorkerProcess], study: Study, kind: FileKind) -> Export:
    """An export whose worker was killed while it wrote; where one was done before that, the next is."""
    before = parts()
    for _time in range(5):
        worker = start_worker(settings=QUICK)
        export = exports.request(study=study, kind=kind, user=None)
        job = export.job

        def written_or_done(job: Job = job) -> bool:
            job.refresh_from_db()
            return parts() > before or not job.is_open

        wait_until(written_or_done)
        worker.kill()
        export.refresh_from_db()
        if export.job.state == JobState.RUNNING:
            return export
    raise AssertionError("it was never killed in the middle")


@pytest.mark.parametrize("kind", [FileKind.CSV, FileKind.XLSX])
def test_an_export_whose_worker_is_killed_is_offered_only_when_another_has_finished_it(
    start_worker: Callable[..., WorkerProcess], tmp_path: Path, kind: FileKind
) -> None:
    study = factories.make_study(tmp_path)
    words = [row[1:] for row in factories.ROWS]
    factories.bring_in(study, factories.csv_bytes([(f"{n:06}", *words[n % 8]) for n in range(RECORDS)]))
    before = parts()
    export = killed_in_the_middle(start_worker, study, kind)
    assert export.stored_as == ""
    assert download(study, export).status_code == 404
    page = manager().get(reverse("exports", args=[study.slug])).content.decode()
    assert reverse("export-download", args=[study.slug, export.pk]) not in page
    start_worker(settings=QUICK)
    done(export.job)
    export.refresh_from_db()
    assert export.rows == RECORDS
    assert parts() == before, "what was half written is removed"
    assert download(study, export).status_code == 200
    path = storage.path_of(export.stored_as)
    assert len(list(datafiles.read_rows(path, datafiles.sniff(path)))) == RECORDS


@pytest.fixture
def study(db: None, settings: Any, tmp_path: Path) -> Study:
    settings.MEDIA_ROOT = tmp_path / "media"
    return factories.make_study(tmp_path)


@pytest.mark.parametrize("kind", FileKind.values)
def test_a_study_without_records_exports_a_header_and_nothing_else(study: Study, kind: str) -> None:
    export = exports.request(study=study, kind=FileKind(kind), user=None)
    factories.do(export.job)
    export.refresh_from_db()
    assert export.rows == 0
    assert download(study, export).status_code == 200
    path = storage.path_of(export.stored_as)
    found = datafiles.sniff(path)
    assert "tiebreak_final_code" in found.header
    assert not list(datafiles.read_rows(path, found))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zipfile's, as it is freed
@pytest.mark.parametrize("kind", FileKind.values)
def test_a_full_disk_is_said_and_an_export_goes_on_when_there_is_room(
    study: Study, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.bring_in(study)
    export = exports.request(study=study, kind=FileKind(kind), user=None)

    @contextmanager
    def on_a_full_disk(path: Path) -> Iterator[Path]:
        full = path.with_name("full")
        full.symlink_to("/dev/full")
        yield full

    with monkeypatch.context() as patched:
        patched.setattr(writing, "written_whole", on_a_full_disk)
        work.run_job(job_id=export.job_id, worker="test")
        gc.collect()  # a half-written zip file complains once more when it is freed: here, not later
    export.refresh_from_db()
    assert export.job.state == JobState.FAILED
    assert "No space left on device" in export.job.error
    assert download(study, export).status_code == 404
    page = manager().get(reverse("exports", args=[study.slug])).content.decode()
    assert "No space left on device" in page or "Failed" in page
    manager().post(reverse("job-resume", args=[study.slug, export.job_id]))
    factories.do(export.job)
    export.refresh_from_db()
    assert export.rows == len(factories.ROWS)


def test_a_folder_that_cannot_be_made_is_said(study: Study) -> None:
    storage.path_of("").mkdir()
    storage.path_of("exports").write_text("a file in the place of the folder")
    export = exports.request(study=study, kind=FileKind.CSV, user=None)
    work.run_job(job_id=export.job_id, worker="test")
    export.refresh_from_db()
    assert export.job.state == JobState.FAILED
    assert "could not be written on the server" in export.job.error


def test_a_file_that_was_deleted_from_the_disk_is_not_offered(study: Study) -> None:
    export = exports.request(study=study, kind=FileKind.CSV, user=None)
    factories.do(export.job)
    export.refresh_from_db()
    storage.remove(export.stored_as)
    assert download(study, export).status_code == 404
    page = manager().get(reverse("exports", args=[study.slug])).content.decode()
    assert reverse("export-download", args=[study.slug, export.pk]) not in page

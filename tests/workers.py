"""Real Celery workers as processes, for the tests that need one (or need to kill one)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from django.db import connection

from tests.plugin import session_folder
from tests.servers import note_group, sqlite_url, wait_for
from tests.shared import REPOSITORY

READY_SECONDS = 90


def environment() -> dict[str, str]:
    """What a process started by a test needs to see the test's own database, files and queue."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        url = sqlite_url(Path(name))
    else:
        url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + quote(name)))
    return {**os.environ, "DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}


class WorkerProcess:
    """One ``celery worker`` in a process group of its own.

    Attributes:
        name: the worker's name, as Celery and the application's pages show it.
        log: the file that holds what it wrote.
    """

    def __init__(
        self,
        log: Path,
        *,
        name: str,
        concurrency: int = 1,
        queues: Sequence[str] = ("default",),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Start it and wait until it takes tasks.

        Args:
            log: where its output goes; the folder exists.
            name: what to call it; no two workers on one broker share a name.
            concurrency: how many tasks at once.
            queues: which it takes tasks from.
            settings: variables to set in its environment besides those of :func:`environment`.

        Raises:
            AssertionError: it ended, or was not ready after 90 seconds; with its log.
        """
        self.name = f"{name}@localhost"
        self.log = log
        # Without gossip and mingle: they cost a second at each start and serve clusters.
        command = [sys.executable, "-m", "celery", "-A", "coding_app", "worker", "--loglevel", "INFO"]
        command += ["--hostname", self.name, "--concurrency", str(concurrency), "--queues", ",".join(queues)]
        command += ["--without-gossip", "--without-mingle"]
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env={**environment(), **(settings or {})},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._note = note_group(session_folder(), self.pid)
        if not wait_for(lambda: self.answers() or not self.alive, seconds=READY_SECONDS):
            self.kill()
        assert self.alive, f"the worker {self.name} did not start; its log ends:\n{self.tail()}"

    @property
    def pid(self) -> int:
        """The process number, which is that of its group as well."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def answers(self) -> bool:
        """Whether it takes tasks: it answers a ping over the broker within a second."""
        from coding_app.celery import app

        return bool(app.control.inspect(destination=[self.name], timeout=1, limit=1).ping())

    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def tail(self, lines: int = 60) -> str:
        """The last ``lines`` lines it has written."""
        return "\n".join(self.output().splitlines()[-lines:])

    def stop(self) -> None:
        """Let it finish the task at hand and end; killed when that takes more than 30 seconds."""
        self._signal(signal.SIGTERM, group=False)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._note.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it at once with all its children, as a power cut would."""
        self._signal(signal.SIGKILL, group=True)
        self._process.wait()
        self._note.unlink(missing_ok=True)

    def _signal(self, number: signal.Signals, *, group: bool) -> None:
        if not self.alive:
            return
        if group:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)

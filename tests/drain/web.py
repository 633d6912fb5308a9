"""The web server in processes of its own, as the product runs it; to be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

from coding_app.management.commands.serve import HOST, web_command
from tests.servers import START_SECONDS, free_port, note_group, stop, wait_for
from tests.shared import REPOSITORY


class WebServer:
    """gunicorn with two processes on a free port of this machine: what many coders at once are given."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Start it.

        Args:
            folder: where its log and the note of its process group go.
            environment: what it is started with: the database, and the settings to be tried.

        Raises:
            AssertionError: it does not answer in time; with its log.
        """
        self.port = free_port()
        self._folder = folder
        self._environment = dict(environment)
        self._log = folder / f"web-{self.port}.log"
        self.start()

    def start(self) -> None:
        """Start it on its port, and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*web_command(self.port), "--workers", "2"],
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._note = note_group(self._folder, self._process.pid)
        assert wait_for(self._answers, seconds=START_SECONDS), f"no web server:\n{self.output()[-2000:]}"

    def kill(self) -> None:
        """End it with all its processes, as a power cut would."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._note.unlink(missing_ok=True)

    def kill_one_process(self) -> None:
        """End one of its two processes; gunicorn starts another."""
        psutil.Process(self._process.pid).children()[0].kill()

    def stop(self) -> None:
        """End it in good order."""
        stop(self._process)
        self._note.unlink(missing_ok=True)

    def output(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(errors="replace")

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex((HOST, self.port)) == 0

"""``serve``: web and workers on this machine, to try Tiebreak or to work alone."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from coding_app.choices import WorkQueue
from coding_app.selectors.studies import has_demo
from coding_app.services import demo

HOST = "127.0.0.1"


class Command(BaseCommand):
    """Start them, print where to go, start again what dies, and end all on Ctrl-C."""

    help = "Start web server and workers; PORT chooses the port (8000)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--demo", action="store_true", help="migrate and load the demo first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until interrupted."""
        port = _port(os.environ.get("PORT", "8000"))
        if options["demo"]:
            call_command("migrate", verbosity=0, interactive=False)
            _load_demo()
        commands = {f"{queue} worker": _worker(queue) for queue in WorkQueue.values}
        commands = {"web": web_command(port), **commands}
        running = {name: _start(name, command) for name, command in commands.items()}
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            self._welcome(port, running["web"])
            while True:
                time.sleep(1)
                for name, process in running.items():
                    if process.poll() is not None:
                        self.stderr.write(
                            f"The {name} ended ({process.returncode}), see {_log(name)}; starting it again."
                        )
                        running[name] = _start(name, commands[name])
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        finally:
            _stop(running.values())

    def _welcome(self, port: int, web: "subprocess.Popen[bytes]") -> None:
        while not _answers(port):
            if web.poll() is not None:
                raise CommandError(f"The web server did not start:\n{_log('web').read_text()[-2000:]}")
            time.sleep(0.1)
        self.stdout.write(f"\nTiebreak is at http://localhost:{port}/\n")
        if has_demo():
            self.stdout.write("Demo accounts (made-up records; the password of each is the same):\n")
            for name in demo.ACCOUNTS:
                self.stdout.write(f"  {name:<11} {demo.PASSWORD}")
        self.stdout.write(f"\nLogs are in {_log('web').parent}. Ctrl-C stops it.\n")
        self.stdout.flush()


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CommandError(f"PORT={text} is no port: choose a number from 1 to 65535.")
    if _answers(int(text)):
        raise CommandError(f"Port {text} is taken on this machine: choose another, PORT=8001 make run.")
    return int(text)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def web_command(port: int) -> list[str]:
    """What starts the web server on a port of this machine."""
    options = ["--workers", "1", "--threads", "8", "--worker-class", "gthread", "--log-level", "warning"]
    return [
        *(sys.executable, "-m", "gunicorn", "coding_app.wsgi"),
        *("--bind", f"{HOST}:{port}", "--timeout", "120"),
        *options,
    ]


def _worker(queue: str) -> list[str]:
    # One for each queue: a training of an hour keeps no file and no coding run waiting. It takes what
    # processor time the others leave, and gives its memory back afterwards.
    polite: list[str] = []
    options: list[str] = []
    if queue == WorkQueue.TRAINING:
        polite = ["nice", "-n", "10"] if shutil.which("nice") else []
        options = ["--max-tasks-per-child", "1"]
    return [
        *polite,
        *(sys.executable, "-m", "celery", "-A", "coding_app", "worker"),
        *("--queues", queue, "--concurrency", "1", "--loglevel", "info"),
        *("--hostname", f"{queue}.{os.getpid()}@%h"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *options,
    ]


def _load_demo() -> None:
    # In a process of its own: what a training loads is gone with it.
    done = subprocess.run([sys.executable, str(settings.BASE_DIR / "manage.py"), "load_demo"], check=False)
    if done.returncode:
        raise CommandError("The demo was not loaded; the lines above say why.")


def _log(name: str) -> Path:
    folder = Path(settings.DATA_DIR) / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name.replace(' ', '-')}.log"


def _start(name: str, command: list[str]) -> "subprocess.Popen[bytes]":
    # A group of its own: Ctrl-C reaches this process alone, which then ends both in good order.
    with _log(name).open("ab") as log:
        return subprocess.Popen(command, start_new_session=True, stdout=log, stderr=log)


def _stop(running: Collection["subprocess.Popen[bytes]"]) -> None:
    """Ask all to finish what they are at, and end those that have not after a while: no work is lost."""
    for process in running:
        process.terminate()
    deadline = time.monotonic() + 15
    for process in running:
        try:
            process.wait(timeout=max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            # With its group: a worker's child would go on alone.
            os.killpg(process.pid, signal.SIGKILL)

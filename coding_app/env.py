"""What the environment may set, read in one place.

========================  ===============================================  ==============================
variable                  meaning                                          when absent
========================  ===============================================  ==============================
``DEBUG``                 ``1`` for development                            off
``SECRET_KEY``            signs sessions; required in production           a random one in ``DATA_DIR``
``DATA_DIR``              database, queue, uploads and exports             ``var/`` in the project
``DATABASE_URL``          ``postgres://...`` or ``sqlite:///...``          SQLite in ``DATA_DIR``
``REDIS_URL``             broker, ``redis://...``                          files in ``DATA_DIR/queue``
``QUEUE_PREFIX``          keeps installations apart on one broker          none
``MEDIA_ROOT``            uploads and exports, for web and workers         ``DATA_DIR/media``
``MODELS_DIR``            encoders to train from, a folder each           ``DATA_DIR/models``
``HF_HUB_OFFLINE``        ``0`` lets trainings fetch encoders by name      ``1``: nothing is fetched
``OMP_NUM_THREADS``       threads of arithmetic with models, a process     one a core
``ALLOWED_HOSTS``         comma separated host names                       this machine only
``CSRF_TRUSTED_ORIGINS``  comma separated origins, behind a proxy          none
``SECURE_COOKIES``        ``1``: cookies over HTTPS only                   off
``TIME_ZONE``             a name such as ``Asia/Seoul``                    ``UTC``
``JOB_CHUNK``             records in one transaction                       1000
``WORKER_SEEN_WITHIN``    seconds of silence until a worker is gone        20
``JOB_STALLED_AFTER``     seconds without progress: another takes over     60
``LEASE_SECONDS``         how long a record stays with its coder           600
========================  ===============================================  ==============================
"""

import os
import secrets
from pathlib import Path


def text(name: str, default: str = "") -> str:
    """The variable ``name``, or ``default`` when it is absent or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """Whether ``name`` says yes (``1``, ``true``, ``yes``, ``on``).

    Raises:
        ValueError: when it says neither yes nor no.
    """
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"{name}={value!r} is neither yes nor no: set it to 1 or 0.")


def number(name: str, default: int) -> int:
    """The whole number ``name`` says, at least 1.

    Raises:
        ValueError: when it is none.
    """
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"{name}={value!r} is not a whole number from 1.")
    return int(value)


def words(name: str, default: list[str]) -> list[str]:
    """The comma separated values of ``name``."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or default


def usable_folder(folder: Path) -> Path:
    """The folder that holds what an installation keeps, made when it is not there.

    A server that keeps its secret, database and queue elsewhere only reads from it.

    Raises:
        SystemExit: when it cannot be made, or not be written to where it must: nothing can start then.
    """
    elsewhere = all(text(name) for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = elsewhere or os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise SystemExit(f"Tiebreak cannot write to {folder}: set DATA_DIR to a folder of yours.")
    return folder


def kept_secret(folder: Path) -> str:
    """A secret key of this installation's own, made once and kept readable by its owner only."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"secret_key.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(50))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was first: its key is the one that counts
        finally:
            fresh.unlink()
    return path.read_text()

"""Many coders drain a queue over HTTP while web processes are killed and started again."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import combinations

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

from coding_app.choices import QueueState
from coding_app.models import QueueItem, Study
from tests.drain.browsers import Browser
from tests.drain.coders import Coder, Log, Manner, Said, Showing
from tests.drain.web import WebServer


@dataclass(frozen=True)
class Drained:
    """What came of it: the logs of all coders, and how many seconds it took."""

    logs: Sequence[Log]
    seconds: float
    kills: int

    @property
    def accepted(self) -> list[Said]:
        """What coders were told is saved."""
        return [said for log in self.logs for said in log.accepted]

    @property
    def unheard(self) -> list[Said]:
        """What coders sent without waiting for the answer."""
        return [said for log in self.logs for said in log.unheard]

    @property
    def showings(self) -> list[Showing]:
        """What coders had before them."""
        return [one for log in self.logs for one in log.showings]

    @property
    def times(self) -> list[float]:
        """Seconds of every decision that was accepted, as its coder saw it."""
        return [one for log in self.logs for one in log.times]

    @property
    def refused(self) -> int:
        """How often a coder was told that nothing was saved, and why."""
        return sum(log.refused for log in self.logs)

    @property
    def dropped(self) -> int:
        """How often no answer came."""
        return sum(log.dropped for log in self.logs)


def drain(
    study: Study,
    coders: Sequence[User],
    server: WebServer,
    *,
    manner: Manner,
    lease: float,
    kills: int = 0,
    seed: int = 0,
    most_seconds: float = 3600.0,
) -> Drained:
    """Let the coders work until no place is open.

    Args:
        lease: seconds that the server was started with.
        kills: how often server processes are killed, at even steps of the work: one of two, then all.

    Raises:
        AssertionError: a coder saw what none should, or it took too long.
    """
    over = threading.Event()
    crew = _at_work(study, coders, server, manner=manner, lease=lease, over=over, seed=seed)
    left = total = _open_places(study)
    killed, began = 0, time.monotonic()
    with ThreadPoolExecutor(len(crew)) as pool:
        try:
            working = [pool.submit(coder.work) for coder in crew]
            while left:
                done, _ = wait(working, timeout=0.5, return_when=FIRST_EXCEPTION)
                _ = [one.result() for one in done]
                left = _open_places(study)
                assert time.monotonic() - began < most_seconds, f"{left} places are open still"
                assert len(done) < len(crew), f"everybody left, and {left} places are open"
                if killed < kills and total - left > total * (killed + 1) / (kills + 1):
                    killed += 1
                    _kill(server, whole=killed % 2 == 0)
            seconds = time.monotonic() - began
        finally:
            over.set()
    return Drained([one.result() for one in working], seconds, killed)


def in_turn(
    study: Study, coders: Sequence[User], server: WebServer, *, manner: Manner, lease: float, turns: int
) -> Drained:
    """Let one coder after the other go on, so many times, nobody at the same moment: always the same happens.

    Raises:
        AssertionError: a coder saw what none should.
    """
    crew = _at_work(study, coders, server, manner=manner, lease=lease, over=threading.Event(), seed=0)
    began = time.monotonic()
    for _ in range(turns):
        for coder in crew:
            coder.go_on()
    return Drained([coder.log for coder in crew], time.monotonic() - began, 0)


def _at_work(
    study: Study,
    coders: Sequence[User],
    server: WebServer,
    *,
    manner: Manner,
    lease: float,
    over: threading.Event,
    seed: int,
) -> list[Coder]:
    """The coders before the queue of the study, signed in, nothing opened yet."""
    address = f"/studies/{study.slug}/queue/"
    return [
        Coder(
            user.pk,
            Browser(server.port, _session(user)),
            address,
            manner=manner,
            lease=lease,
            over=over,
            seed=seed,
        )
        for user in coders
    ]


def _kill(server: WebServer, *, whole: bool) -> None:
    if whole:
        server.kill()
        server.start()
    else:
        server.kill_one_process()


def _open_places(study: Study) -> int:
    return QueueItem.objects.filter(study=study, state=QueueState.OPEN).count()


def _session(user: User) -> str:
    """The key of a session in which the user has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    assert session.session_key is not None
    return session.session_key


def served_to_two(showings: Iterable[Showing], lease: float) -> set[int]:
    """Places that two coders had before them at a time.

    A place is somebody's from a moment between ``asked`` and ``seen``, and for the time of a lease. Who had
    it later must have seen it when the lease of the earlier one was over; a decided place comes to nobody.
    """
    by_place = defaultdict(list)
    for one in showings:
        by_place[one.place].append(one)
    return {
        place
        for place, of_place in by_place.items()
        for one, other in combinations(of_place, 2)
        if one.coder != other.coder and one.seen < other.asked + lease and other.seen < one.asked + lease
    }


def several_times(showings: Iterable[Showing]) -> set[int]:
    """Places that came to more than one coder, one after the other: their leases had expired."""
    coders = defaultdict(set)
    for one in showings:
        coders[one.place].add(one.coder)
    return {place for place, seen in coders.items() if len(seen) > 1}

"""Coders as they are: most go on steadily; some dawdle past their lease, leave, or have two tabs open."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from tests.drain.browsers import Answer, Browser, Dropped, Screen

TRY_AGAIN_AFTER = 0.3
GIVE_UP_AFTER = 120.0
BY_CODE = "c"


class Habit(Enum):
    """What a coder does with a record that is not to decide it at once."""

    DAWDLE = auto()
    """Decides when the lease is over: nobody may have taken it, or somebody has."""
    AWAY = auto()
    """Leaves the page, and opens it again when the lease is over."""
    LEAVE = auto()
    """Goes home with the record open, for good."""
    SECOND_TAB = auto()
    """Has the record in two tabs, decides in one and then, differently, in the other."""
    RELOAD = auto()
    """Sends the decision and loads the page again before the answer has come."""


_EARLY = {
    2: {2: Habit.DAWDLE, 3: Habit.DAWDLE, 4: Habit.SECOND_TAB, 5: Habit.RELOAD},
    3: {0: Habit.LEAVE, 1: Habit.AWAY},
}
_LATER = {7: Habit.DAWDLE, 27: Habit.AWAY, 47: Habit.SECOND_TAB, 67: Habit.RELOAD, 87: Habit.SECOND_TAB}


def unsteady(coder: int, n: int) -> Habit | None:
    """What a coder does with their n-th record: each habit is met early by some, later now and then by all.

    One in ten leaves for good.
    """
    return _EARLY.get(n, {}).get(coder % 10) or _LATER.get((7 * coder + n) % 100)


class Showing(NamedTuple):
    """A place that came before a coder: asked for, and there at the latest, in seconds since the epoch."""

    place: int
    coder: int
    asked: float
    seen: float


class Said(NamedTuple):
    """A code that a coder sent for a record."""

    coder: int
    record: int
    code: str


@dataclass
class Log:
    """What one coder saw and was told. ``times`` are seconds from pressing the key to the next screen."""

    showings: list[Showing] = field(default_factory=list)
    accepted: list[Said] = field(default_factory=list)
    unheard: list[Said] = field(default_factory=list)
    """Sent, and the answer not waited for: they may have been accepted or not."""
    times: list[float] = field(default_factory=list)
    refused: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class Manner:
    """How coders work. ``habits`` says what one does with their n-th record, from 1; ``None``: decide it."""

    choose: Callable[[Screen, int], tuple[str, str]]
    """The value of the form and the code it means, for a screen and a coder."""
    habits: Callable[[int, int], Habit | None] = lambda coder, n: None
    pause: float = 0.0
    """Seconds, on average, that a person looks at a record."""


class Coder:
    """One person at the queue, until ``over`` is set."""

    def __init__(
        self,
        key: int,
        browser: Browser,
        address: str,
        *,
        manner: Manner,
        lease: float,
        over: threading.Event,
        seed: int,
    ) -> None:
        self.key = key
        self.log = Log()
        self._browser = browser
        self._address = address
        self._manner = manner
        self._lease = lease
        self._over = over
        self._draw = random.Random(seed * 1000 + key)
        self._screen: Screen | None = None
        self._n = 0
        self._gone = False

    def work(self) -> Log:
        """Take what the screen shows, as long as there is something to do.

        Raises:
            AssertionError: the server answered with what no coder should see.
        """
        while not (self._over.is_set() or self._gone):
            self.go_on()
        return self.log

    def go_on(self) -> None:
        """Open the queue, or do with the record on the screen what this coder does with it.

        Raises:
            AssertionError: the server answered with what no coder should see.
        """
        if self._screen is None:
            self._screen = self._open()
        elif self._screen.place:
            self._n += 1
            self._screen = self._work_on(self._screen, self._manner.habits(self.key, self._n))
        else:
            self._over.wait(self._draw.uniform(0.5, 1.5))
            self._screen = self._open()

    def _work_on(self, screen: Screen, habit: Habit | None) -> Screen:
        if habit is Habit.LEAVE:
            self._gone = True
            return screen
        if habit is Habit.AWAY:
            self._over.wait(1.5 * self._lease)
            return self._open()
        if habit is Habit.DAWDLE:
            self._over.wait(1.25 * self._lease)
        elif self._manner.pause:
            self._over.wait(self._draw.expovariate(1 / self._manner.pause))
        return screen if self._over.is_set() else self._decide(screen, habit)

    def _decide(self, screen: Screen, habit: Habit | None) -> Screen:
        value, code = self._manner.choose(screen, self.key)
        if habit is Habit.RELOAD:
            return self._reload(screen, value, code)
        other = self._open() if habit is Habit.SECOND_TAB else screen
        now = self._send(screen, value, code)
        if other is screen:
            return now
        value, code = next((one for one in other.candidates if one[1] != code), (f"{BY_CODE}{code}", code))
        return self._send(other, value, code)

    def _send(self, screen: Screen, value: str, code: str) -> Screen:
        """Send a decision, as often as it takes to hear what became of it."""
        began = time.time()
        answer = self._heard(lambda: self._browser.send(*self._form(screen, value)))
        if answer.status == 200:
            self.log.accepted.append(Said(self.key, screen.record, code))
            self.log.times.append(time.time() - began)
        else:
            assert answer.status == 409, f"{answer.status} to a decision: {answer.text[:500]}"
            self.log.refused += 1
        return self._seen(answer)

    def _reload(self, screen: Screen, value: str, code: str) -> Screen:
        self.log.unheard.append(Said(self.key, screen.record, code))
        try:
            self._browser.send_and_leave(*self._form(screen, value))
        except Dropped:
            self.log.dropped += 1
        return self._open()

    def _form(self, screen: Screen, value: str) -> tuple[str, dict[str, str]]:
        return f"{self._address}decide/", {**screen.fields, "choice": value, "note": "", "flag": ""}

    def _open(self) -> Screen:
        answer = self._heard(lambda: self._browser.get(self._address))
        assert answer.status == 200, f"{answer.status} to the queue: {answer.text[:500]}"
        return self._seen(answer)

    def _heard(self, ask: Callable[[], Answer]) -> Answer:
        """Ask again until an answer comes, as somebody does whose page says that the server is away."""
        deadline = time.time() + GIVE_UP_AFTER
        while True:
            try:
                return ask()
            except Dropped:
                self.log.dropped += 1
                assert time.time() < deadline, "the server was away for too long"
                time.sleep(self._draw.uniform(0.5, 1.5) * TRY_AGAIN_AFTER)

    def _seen(self, answer: Answer) -> Screen:
        screen = Screen.of(answer)
        if screen.place:
            # A record that is shown once more keeps the moment it was first opened.
            seen = screen.opened if screen.opened >= answer.asked else answer.answered
            self.log.showings.append(Showing(screen.place, self.key, answer.asked, seen))
        return screen

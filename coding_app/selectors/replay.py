"""Where a record stands by its history alone: the journal is what happened, the row what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from coding_app.choices import Verb
from coding_app.models import Event, Record

_ELSEWHERE = frozenset({Verb.LABEL_REVIEWED})
"""Events about a record whose states are those of something else."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a record stands; ``code`` is the text of its final code."""

    status: str = ""
    code: str | None = None
    route: str = ""
    version: int = 0


class Broken(ValueError):
    """The history does not hang together: an event begins where the one before did not end."""


def rebuilt(events: Iterable[Event]) -> State:
    """The state that events about one record, oldest first, lead to.

    An event that says nothing of code, route or version left them as they were.

    Raises:
        Broken: when an event's state before is not the state after the one before it.
    """
    state = State()
    for event in events:
        if event.verb in _ELSEWHERE:
            continue
        if event.before != state.status:
            raise Broken(
                f"{event.verb} of {event.at:%Y-%m-%d %H:%M:%S} begins with {event.before!r}, "
                f"not {state.status!r}"
            )
        state = _after(state, event)
    return state


def _after(state: State, event: Event) -> State:
    told: dict[str, Any] = {
        name: event.data[name] for name in ("code", "route", "version") if name in event.data
    }
    if isinstance(told.get("code"), dict):  # from one to another
        told["code"] = told["code"]["to"]
    return replace(state, status=event.after, **told)


def standing(record: Record) -> State:
    """What the row says."""
    code = record.final_code.code if record.final_code else None
    return State(record.status, code, record.route, record.version)

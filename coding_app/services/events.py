"""Writing the journal."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from coding_app.choices import Verb
from coding_app.models import Event, Record, Study
from coding_app.services import bulk


def make(
    *,
    study: Study,
    verb: Verb,
    gesture: uuid.UUID,
    actor: User | None = None,
    record: Record | None = None,
    before: str = "",
    after: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """An event that is not written yet, dated now; pass many of them to :func:`write_all`."""
    # By their keys: setting the rows themselves takes as long as all the rest.
    return Event(
        study_id=study.pk,
        verb=verb,
        gesture=gesture,
        actor_id=actor.pk if actor else None,
        record_id=record.pk if record else None,
        before=before,
        after=after,
        data=data or {},
        at=timezone.now(),
    )


def write(
    *,
    study: Study,
    verb: Verb,
    actor: User | None = None,
    record: Record | None = None,
    before: str = "",
    after: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Write one event that is a gesture of its own. Call it in the transaction that makes the change."""
    event = make(
        study=study,
        verb=verb,
        gesture=uuid.uuid4(),
        actor=actor,
        record=record,
        before=before,
        after=after,
        data=data,
    )
    event.save()
    return event


def write_all(events: Iterable[Event]) -> None:
    """Write many events at once, in the transaction that makes the changes."""
    bulk.insert(events)

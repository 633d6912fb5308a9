"""Leases: who has a place in the queue, or an adjudication, before them; nobody else gets it meanwhile."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from coding_app.models import Adjudication, Membership, QueueItem, Study

Leased = TypeVar("Leased", QueueItem, Adjudication)
_NOBODY: Final = Q(holder__isnull=True)


def until() -> datetime:
    """When a lease that begins now ends."""
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def free() -> Q:
    """Condition: nobody has it now."""
    return _NOBODY | Q(leased_until__lte=timezone.now())


def free_for(user: User) -> Q:
    """Condition: nobody else has it now."""
    return free() | Q(holder=user)


def held(by: User) -> Q:
    """Condition: this user has it now."""
    return Q(holder=by, leased_until__gt=timezone.now())


def one_at_a_time(study: Study, user: User) -> None:
    """Let the user's other tabs wait, within the transaction: two at once would be served two records."""
    list(Membership.objects.select_for_update(no_key=True).filter(study=study, user=user).values_list("pk"))


def take_first(places: QuerySet[Leased], user: User) -> Leased | None:
    """Lease the first free one of ``places``, which are in the order to be served; ``None`` if none is free.

    Call it within a transaction. On PostgreSQL many who ask at once go past the rows that others are just
    taking, instead of all waiting for the same one; SQLite lets one writer in at a time.
    """
    wanted = places.filter(free())
    if connection.features.has_select_for_update_skip_locked:
        wanted = wanted.select_for_update(of=("self",), skip_locked=True)
    else:
        wanted = wanted.select_for_update()
    found = wanted.first()
    if found is None:
        return None
    found.holder = user
    found.leased_until = until()
    found.save(update_fields=["holder", "leased_until"])
    return found

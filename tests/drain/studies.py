"""Studies for a drain: a queue of so many records, and coders with codes to choose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.models import User

from coding_app.choices import Role
from coding_app.models import Study
from coding_app.services import members
from tests import factories
from tests.drain.browsers import Screen
from tests.drain.coders import BY_CODE

LITERALS = (("contractor", "plumbing & heating"), ("zookeeper", ""), ("driver", "county office"))
FOUND = "900"
"""A code of the small study, for records without a candidate."""


def small(folder: Path, records: int) -> Study:
    """A study with the small dictionary of the tests, its records not coded yet; about 20 share a text."""
    made = factories.make_study(folder)
    rows = []
    for number in range(records):
        occupation, industry = LITERALS[number % len(LITERALS)]
        rows.append((f"{number:06}", occupation, f"{industry} {number // (20 * len(LITERALS))}", "40"))
    factories.bring_in(made, factories.csv_bytes(rows))
    return made


def crew(study: Study, count: int) -> list[User]:
    """So many new coders of the study."""
    made = []
    for number in range(1, count + 1):
        # Without a password: nobody signs in with one here, and making fifty takes long.
        user = User.objects.create_user(f"coder-{number:02}")
        members.add(study=study, member=user, role=Role.CODER, user=study.created_by)
        made.append(user)
    return made


def choosing(found: str, *, own_every: int = 1) -> Callable[[Screen, int], tuple[str, str]]:
    """Picks a candidate by record and coder, or the code ``found`` by search where there is none.

    Args:
        own_every: on the other records every coder picks the same.
    """

    def choose(screen: Screen, coder: int) -> tuple[str, str]:
        if not screen.candidates:
            return f"{BY_CODE}{found}", found
        own = coder if screen.record % own_every == 0 else 0
        return screen.candidates[(screen.record + own) % len(screen.candidates)]

    return choose

"""Fifty coders at one queue: every record decided once, none before two at a time, none lost.

The queue has TIEBREAK_DRAIN_RECORDS records (a few hundred when that is not set); `make bench ARGS=drain` has
twenty thousand.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.utils import timezone

from coding_app.choices import AcceptBy, RecordStatus, RoundKind
from coding_app.models import Decision, Record
from coding_app.routing import Settings
from tests import factories, rounds
from tests.drain import studies
from tests.drain.coders import Habit, Manner, Showing, unsteady
from tests.drain.engine import drain, in_turn, served_to_two, several_times
from tests.drain.verdict import faults
from tests.drain.web import WebServer
from tests.plugin import on_sqlite, session_folder
from tests.routed import save
from tests.workers import environment

RECORDS = int(os.environ.get("TIEBREAK_DRAIN_RECORDS", "600"))
CODERS = 50
LEASE = 8.0

pytestmark = [
    pytest.mark.skipif(on_sqlite(), reason="fifty coders at once need PostgreSQL: SQLite has one writer"),
    pytest.mark.timeout(120 + RECORDS),
]


@pytest.fixture
def serve(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., WebServer]]:
    """Starts a web server on the test's database, with settings of the environment besides."""
    with ExitStack() as stack:

        def start(**settings: str) -> WebServer:
            server = WebServer(session_folder(), {**environment(), **settings})
            stack.callback(server.stop)
            return server

        yield start


def steady_in_the_end(coder: int, n: int) -> Habit | None:
    """The same, but nobody leaves: in a round each has their own records, which nobody else may take."""
    habit = unsteady(coder, n)
    return None if habit is Habit.LEAVE else habit


def test_fifty_coders_drain_a_queue_while_servers_are_killed(
    serve: Callable[..., WebServer], tmp_path: Path
) -> None:
    study = studies.small(tmp_path, RECORDS)
    save(study, Settings(accept_by=AcceptBy.NOBODY))
    factories.code(study)
    server = serve(LEASE_SECONDS=str(int(LEASE)))
    found = drain(
        study,
        studies.crew(study, CODERS),
        server,
        manner=Manner(studies.choosing(studies.FOUND), unsteady),
        lease=LEASE,
        kills=2,
    )
    assert faults(study, found, lease=LEASE) == []
    assert Record.objects.filter(status=RecordStatus.DECIDED).count() == RECORDS
    assert "Traceback" not in server.output()
    assert found.kills == 2
    assert found.dropped, "no connection broke off: nothing was killed in the middle of a request"
    assert found.refused, "nobody was ever refused: no lease was lost"
    assert several_times(found.showings), "no lease expired"


def test_fifty_coders_drain_a_round_of_double_coding(serve: Callable[..., WebServer], tmp_path: Path) -> None:
    study = studies.small(tmp_path, RECORDS // 12)
    save(study, Settings(accept_by=AcceptBy.NOBODY))
    factories.code(study)
    crew = studies.crew(study, CODERS)
    rounds.drawn(study, RoundKind.DOUBLE, " ".join(user.username for user in crew))
    server = serve(LEASE_SECONDS=str(int(LEASE)))
    manner = Manner(studies.choosing(studies.FOUND, own_every=4), steady_in_the_end)
    found = drain(study, crew, server, manner=manner, lease=LEASE, kills=2)
    assert faults(study, found, lease=LEASE, each=2) == []
    assert Decision.objects.filter(undone_at=None).count() == 2 * (RECORDS // 12)
    assert "Traceback" not in server.output()
    assert found.kills == 2


def test_without_leases_records_come_before_several_at_a_time(
    serve: Callable[..., WebServer], tmp_path: Path
) -> None:
    """What looks for faults finds them: two at one record, and then a decision that is taken away."""
    study = studies.small(tmp_path, 20)
    save(study, Settings(accept_by=AcceptBy.NOBODY))
    factories.code(study)
    server = serve(DJANGO_SETTINGS_MODULE="tests.drain.unleased")
    manner = Manner(studies.choosing(studies.FOUND))
    # Each opens the queue; in every turn that follows the first decides the record that all have before them.
    lease = 600.0  # that they do not have: however long a turn takes, it would last
    found = in_turn(study, studies.crew(study, 4), server, manner=manner, lease=lease, turns=1 + 20)
    assert len(served_to_two(found.showings, lease)) == 20
    assert found.refused == 3 * 20
    (fault,) = faults(study, found, lease=lease)
    assert fault.startswith("places before two at a time")
    lost = Decision.objects.order_by("pk")[:1]
    Decision.objects.filter(pk__in=lost).update(undone_at=timezone.now())
    found_now = " ".join(faults(study, found, lease=lease))
    for fault in ("decided by too few", "accepted, and not there", "done places without", "were taken back"):
        assert fault in found_now


@pytest.mark.parametrize(
    ("later", "twice"),
    [
        (Showing(1, 2, asked=3.0, seen=4.0), True),
        (Showing(1, 2, asked=7.0, seen=9.9), True),
        (Showing(1, 2, asked=9.0, seen=10.1), False),
        (Showing(1, 1, asked=3.0, seen=4.0), False),
        (Showing(2, 2, asked=3.0, seen=4.0), False),
    ],
)
def test_a_place_is_somebodys_for_the_time_of_a_lease(later: Showing, *, twice: bool) -> None:
    earlier = Showing(1, 1, asked=0.0, seen=2.0)
    assert bool(served_to_two([earlier, later], lease=10.0)) is twice
    assert bool(served_to_two([later, earlier], lease=10.0)) is twice

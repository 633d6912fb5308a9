"""Fifty coders drain a queue over HTTP: `python -m tests.bench.drain`.

Records made of the literals of the English demonstration, coded by its dictionary and all sent to people, lie
in PostgreSQL; a web server of two processes serves them. First the coders go at a pace of their own, then one
works alone as fast as the server answers, then all do while server processes are killed and started again and
some of them dawdle past their lease, leave, or have two tabs open. In the end the database is held against
what each coder was told. The baseline is the same queue without leases. Options: --records N, --coders N,
--kills N, --lease SECONDS, --pace N (records of the first part), --pause SECONDS, --alone N, --naive N,
--seed N.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import statistics
import tempfile
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.coding_with_model import demo_literals, drawn, study_of
from tests.bench.decisions import set_up

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from coding_app.models import Study
    from tests.drain.coders import Manner
    from tests.drain.engine import Drained

FOUND = "5223"
"""The code of records without a candidate: shop sales assistants, as good as any."""
OTHERS = 8
"""People at once where Label Studio and doccano were measured; without leases there are as many here."""


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--coders", type=int, default=50)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--lease", type=int, default=15)
    parser.add_argument("--pace", type=int, default=500)
    parser.add_argument("--pause", type=float, default=6.0)
    parser.add_argument("--alone", type=int, default=200)
    parser.add_argument("--naive", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiebreak-bench-") as name, ExitStack() as stack:
        set_up(Path(name), stack)
        measure(Path(name), options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    """All parts on one study, which gets its records part by part."""
    from coding_app.choices import AcceptBy
    from coding_app.routing import Settings
    from tests.drain import studies
    from tests.drain.coders import Manner, unsteady
    from tests.routed import save

    work = _Work(folder, options.lease, options.seed)
    study = work.study
    save(study, Settings(accept_by=AcceptBy.NOBODY))
    crew = studies.crew(study, options.coders)
    choose = studies.choosing(FOUND)
    at_pace = work.part(options.pace, crew, Manner(choose, pause=options.pause))
    print(f"  {options.coders} coders, {options.pause:g} s a record:   {_figures(at_pace)}", flush=True)
    alone = work.part(options.alone, crew[:1], Manner(choose))
    print(f"  1 coder, as fast as it goes: {_figures(alone)}", flush=True)
    manner = Manner(choose, unsteady)
    drained = work.part(options.records, crew, manner, kills=options.kills)
    times = _rate(drained) / _rate(alone)
    print(f"  {options.coders} coders, as fast as it goes: {_figures(drained)}; {times:.1f} times one coder")
    _told(drained, options.lease)
    work.judge()
    naive = work.part(options.naive, crew[:OTHERS], Manner(choose), leased=False)
    two, sent = _before_two(naive, options.lease), len(naive.accepted) + naive.refused
    if not two:
        raise SystemExit("the queue without leases served nobody what another had: it is no baseline")
    print(
        f"  without leases, {OTHERS} coders:   {two} of {options.naive} records before two at a time,"
        f" {naive.refused / sent:.0%} of {sent} decisions refused"
    )
    print(
        f"  others, {OTHERS} people (two cores): Label Studio 1.23 served 26 of 400 records to two of them,"
        " doccano 1.8 handed 400 decisions to 27 records"
    )


class _Work:
    """A study, and what its coders were told in all parts."""

    def __init__(self, folder: Path, lease: int, seed: int) -> None:
        self._folder, self._lease, self._seed = folder, lease, seed
        self._numbers = count()
        self._literals = demo_literals()
        self._parts: list[Drained] = []
        self.study: Study = study_of(folder, [])

    def part(
        self, records: int, crew: list[User], manner: Manner, *, kills: int = 0, leased: bool = True
    ) -> Drained:
        """Bring in so many records, and let these coders drain the queue."""
        from tests import factories
        from tests.drain.engine import drain
        from tests.drain.web import WebServer

        text = io.StringIO()
        rows = [
            (str(next(self._numbers)), *literals)
            for _, *literals in drawn(self._literals, records, self._seed)
        ]
        csv.writer(text).writerows([("id", "occupation", "industry", "age"), *rows])
        factories.bring_in(self.study, text.getvalue().encode())
        factories.code(self.study)
        settings = (
            {"LEASE_SECONDS": str(self._lease)}
            if leased
            else {"DJANGO_SETTINGS_MODULE": "tests.drain.unleased"}
        )
        server = WebServer(self._folder, {**os.environ, "ALLOWED_HOSTS": "127.0.0.1", **settings})
        try:
            found = drain(
                self.study,
                crew,
                server,
                manner=manner,
                lease=self._lease,
                kills=kills,
                seed=self._seed,
            )
        finally:
            server.stop()
        self._parts.append(found)
        return found

    def judge(self) -> None:
        """Hold the database against what was told so far.

        Raises:
            SystemExit: they differ, or a record was before two at a time.
        """
        from tests.drain.engine import Drained
        from tests.drain.verdict import faults

        whole = Drained([log for part in self._parts for log in part.logs], 0, 0)
        if found := faults(self.study, whole, lease=self._lease):
            raise SystemExit("\n".join(found))
        print("  every record decided once, none before two at a time, none lost", flush=True)


def _rate(found: Drained) -> float:
    return len(found.times) / found.seconds


def _figures(found: Drained) -> str:
    times = [1000 * one for one in found.times]
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    return f"{_rate(found):5.1f} decisions/s, p50 {p50:6.0f} ms, p95 {p95:6.0f} ms"


def _told(found: Drained, lease: int) -> None:
    """How unquiet it was."""
    from tests.drain.engine import several_times

    places = len({one.place for one in found.showings})
    sent = len(found.accepted) + len(found.unheard) + found.refused
    again = len(several_times(found.showings))
    print(
        f"    {found.kills} kills, {found.dropped} connections broken off, {again / places:.2%} of records"
        f" came to another coder when a lease of {lease} s was over, {found.refused / sent:.2%} of {sent:,}"
        " decisions refused as out of date",
        flush=True,
    )


def _before_two(found: Drained, lease: int) -> int:
    from tests.drain.engine import served_to_two

    return len(served_to_two(found.showings, lease))


if __name__ == "__main__":
    main()

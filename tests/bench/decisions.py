"""Time per decision as a study grows: `python -m tests.bench.decisions`.

A coder works the queue of a study in PostgreSQL through Django's test client, as the browser does: one
request a decision, whose answer is the next record. The study is one of 1,000 records of the English
demonstration, coded by its dictionary, that grows to each size by copies made in the database: records with
candidates, places in the queue, decisions of the same coder and a journal; about twenty records share a text.
Time is that of the server for a request, all middlewares and templates included. Options: --sizes N N N,
--decisions N (timed at each size), --profile (where the time of the last size goes).
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import re
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from html import unescape
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from tests import servers
from tests.bench.coding_with_model import demo_literals, study_of

if TYPE_CHECKING:
    from django.db.models import Model
    from django.test import Client

    from coding_app.models import Study

BASE = 1_000
WARM_UP = 20
A_TEXT = 20
PEERS = (
    "at 100,000 records, next record and submit, 436 classes, SQLite, a run each on two cores: "
    "Label Studio 1.23 212 ms, doccano 1.8 192 ms at the median"
)


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--decisions", type=int, default=300)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiebreak-bench-") as name, ExitStack() as stack:
        set_up(Path(name), stack)
        measure(Path(name), sorted(options.sizes), options.decisions, profiled=options.profile)


def set_up(folder: Path, stack: ExitStack) -> None:
    """A PostgreSQL of its own, before Django reads its settings."""
    (folder / "data").mkdir()
    os.environ |= {
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": servers.start_postgres(folder, stack),
        "DJANGO_SETTINGS_MODULE": "coding_app.settings",
        "ALLOWED_HOSTS": "testserver",
    }
    os.environ.pop("REDIS_URL", None)
    import_module("coding_app.wsgi")  # sets up what the server does
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def measure(folder: Path, sizes: Sequence[int], decisions: int, *, profiled: bool) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, override_settings

    from tests import factories

    literals = demo_literals()[:BASE]
    rows = [(f"{at:04}", row["occupation"], row["industry"], "40") for at, row in enumerate(literals)]
    study = study_of(folder, rows)
    factories.code(study)
    send_to_people(study)
    coder = study.created_by
    assert coder is not None
    client = Client()
    client.force_login(coder)
    copies, smallest = 0, (0.0, 0.0)
    with override_settings(STORAGES=_plain_static()):
        for size in sizes:
            grow(study, copies + 1, size // BASE - 1)
            copies = size // BASE - 1
            page = client.get(address(study)).content.decode()
            _, page = work(client, study, page, WARM_UP)
            with CaptureQueriesContext(connection) as queries:
                _, page = work(client, study, page, 1)
            asked = list(queries.captured_queries)
            before = process_time()
            times, page = work(client, study, page, decisions)
            own = 1000 * (process_time() - before) / decisions
            shown = statistics.median(times), statistics.quantiles(times, n=20)[-1]
            smallest = smallest if smallest[0] else shown
            ratio = f"{shown[0] / smallest[0]:.2f} and {shown[1] / smallest[1]:.2f} times the smallest"
            print(
                f"  {size:9,} records: p50 {shown[0]:5.1f} ms, p95 {shown[1]:5.1f} ms ({ratio}),"
                f" of them {own:.1f} ms of Python; {len(asked)} queries, {len(page) / 1024:.0f} KiB",
                flush=True,
            )
        print(f"  {PEERS}")
        if profiled:
            for query in asked:
                print(f"    {1000 * float(query['time']):6.1f} ms  {query['sql']}")
            with cProfile.Profile() as profile:
                work(client, study, page, 100)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


def _plain_static() -> dict[str, dict[str, str]]:
    from django.conf import settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    return {**settings.STORAGES, "staticfiles": plain}


def send_to_people(study: Study) -> None:
    """Half of what the machine accepted waits for a person as well: there is enough to decide."""
    from coding_app.choices import RecordStatus
    from coding_app.models import QueueItem, Record

    accepted = Record.objects.filter(study=study, status=RecordStatus.ACCEPTED).order_by("pk")
    chosen = list(accepted.values_list("pk", flat=True))[::2]
    Record.objects.filter(pk__in=chosen).update(status=RecordStatus.WAITING, final_code=None, route="")
    QueueItem.objects.bulk_create(QueueItem(study=study, record_id=key) for key in chosen)


def address(study: Study, end: str = "") -> str:
    return f"/studies/{study.slug}/queue/{end}"


def work(client: Client, study: Study, page: str, count: int) -> tuple[list[float], str]:
    """Milliseconds of so many decisions, and the screen after the last: the first candidate, else a code."""
    times = []
    for _ in range(count):
        sent = {
            name: unescape(found)
            for name, found in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
            if name != "csrfmiddlewaretoken"
        }
        found = re.search(r'name="choice" value="([^"]*)"', page)
        sent["choice"] = found[1] if found else "c5223"
        started = perf_counter()
        answer = client.post(address(study, "decide/"), sent, headers={"HX-Request": "true"})
        times.append(1000 * (perf_counter() - started))
        assert answer.status_code == 200, answer.content.decode()[:2000]
        page = answer.content.decode()
    return times, page


def grow(study: Study, first: int, last: int) -> None:
    """Copies ``first`` to ``last`` of the study's first thousand records and all that hangs on them."""
    from django.db import connection, transaction

    from coding_app.models import Event, QueueItem, Record, Suggestion, SuggestionSet

    if first > last:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        first_ones = f"SELECT id FROM coding_app_record WHERE study_id = {study.pk} AND line <= {BASE + 1}"
        base = f"record_id IN ({first_ones})"
        own = f"base.id + copy * {10 * BASE}::bigint"
        by_record = f"base.record_id + copy * {10 * BASE}::bigint"
        by_set = f"base.suggestion_set_id + copy * {10 * BASE}::bigint"
        plans: list[tuple[type[Model], dict[str, str], str]] = [
            (
                Record,
                {
                    "id": own,
                    "external_id": "base.external_id || '-' || copy",
                    "line": f"base.line + copy * {BASE}",
                    "suggestion_set_id": by_set,
                    "text_key": f"CASE text_key WHEN '' THEN '' ELSE md5(text_key || copy / {A_TEXT}) END",
                },
                f"id IN ({first_ones})",
            ),
            (SuggestionSet, {"id": own, "record_id": by_record}, base),
            (
                Suggestion,
                {"id": own, "suggestion_set_id": by_set},
                f"suggestion_set_id IN (SELECT id FROM coding_app_suggestionset WHERE {base})",
            ),
            (
                QueueItem,
                {"id": "", "record_id": by_record, "holder_id": "NULL", "leased_until": "NULL"},
                f"{base} AND state = 'open'",
            ),
            (
                Event,
                {"id": "", "record_id": by_record},
                f"{base} AND verb IN ('record_imported', 'record_coded')",
            ),
        ]
        for model, changed, where in plans:
            every = [str(field.column) for field in model._meta.local_concrete_fields]
            columns = [column for column in every if changed.get(column) != ""]
            values = [changed.get(column, f'base."{column}"') for column in columns]
            names = ", ".join(f'"{column}"' for column in columns)
            cursor.execute(
                f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(values)}'
                f' FROM (SELECT * FROM "{model._meta.db_table}" WHERE {where}) AS base,'
                f" generate_series({first}, {last}) AS copy"
            )
        _decided(cursor, study)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _decided(cursor: object, study: Study) -> None:
    """What the machine accepted in copies was decided by the coder."""
    cursor.execute(  # type: ignore[attr-defined]
        """
        WITH changed AS (
            UPDATE coding_app_record
            SET status = 'decided', route = 'person', decided_by_id = %(user)s, version = version + 1
            WHERE study_id = %(study)s AND status = 'accepted' AND external_id LIKE '%%-%%'
            RETURNING id, final_code_id, version, decided_at
        )
        INSERT INTO coding_app_decision
            (record_id, coder_id, kind, code_id, reason, note, record_version, decided_at, blinded)
        SELECT id, %(user)s, 'code', final_code_id, '', '', version - 1, decided_at, false FROM changed
        """,
        {"user": study.created_by_id, "study": study.pk},
    )


if __name__ == "__main__":
    main()

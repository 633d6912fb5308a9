"""Export of records that people decided: `python -m tests.bench.export_decided`.

A study in PostgreSQL of 1,000 records, half decided in the queue, half by two coders each in rounds and by an
adjudicator where they differ, grows in the database to each size; no copy has the codes of another. It is
exported as CSV by a process of its own: the data alone, and with the companion files (decisions,
adjudications, agreement and so on), as the product does it. Memory is how far the peak rises above that of a
process with the program loaded. The baseline is the export one writes first: every row in a list, related
rows fetched as they are met. Options: --sizes N N N, --profile (where the time of the last size goes).
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import os
import pstats
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tests import servers
from tests.bench.import_export import measured, step

if TYPE_CHECKING:
    from django.db.models import Model

    from coding_app.models import Code, Record, Suggestion

BASE = 1_000
IN_ROUNDS = ("00", "01")
"""How the ids of the records in two rounds begin, 250 each."""
CODES = ("code_id", "final_code_id", "machine_code_id", "code_before_id")
STEP = 100_000
"""How far apart the keys of one copy and the next are; no table of the first thousand records has as many."""
BASELINE_ROWS = 2_000
PEERS = """\
  others at 100,000 records (two cores, 436 classes, SQLite): Label Studio 1.23 240 s (417 rows/s) at 1.6 GB,
  doccano 1.8 7.7 s (13,000 rows/s) at 1.8 GB; nothing of agreement, sampling or coverage goes with them"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rows", type=int)
    options = parser.parse_args()
    if options.step:
        step(STEPS[options.step], options.folder, options.rows)
        return
    with tempfile.TemporaryDirectory(prefix="tiebreak-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "server").mkdir()
        environment = {
            **{name: value for name, value in os.environ.items() if name != "REDIS_URL"},
            "DJANGO_SETTINGS_MODULE": "coding_app.settings",
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": servers.start_postgres(folder / "server", stack),
        }
        measure(folder, environment, sorted(options.sizes), profiled=options.profile)


def measure(folder: Path, environment: dict[str, str], sizes: Sequence[int], *, profiled: bool) -> None:
    """Every size in turn, in one study that grows."""

    def run(name: str, rows: int) -> tuple[float, float]:
        return measured(name, folder, rows, environment, measure="export_decided")

    run("prepare", BASE)
    first: dict[str, float] = {}
    for size in sizes:
        run("grow", size)
        print(f"  {size:,} decided records")
        for name, shown in (("data", "CSV alone"), ("whole", "with companion files")):
            seconds, rise = run(name, size)
            rate = size / seconds
            ratio = rate / first.setdefault(name, rate)
            print(
                f"    {shown:<21}{seconds:8.1f} s{rate:10,.0f} rows/s ({ratio:.2f} times the smallest)"
                f"{rise:8.0f} MiB",
                flush=True,
            )
        few = min(size, BASELINE_ROWS)
        seconds, rise = run("naive", few)
        base = few / seconds
        print(f"    {'row by row':<21}{seconds:8.1f} s{base:10,.0f} rows/s ({few:,} rows){rise:8.0f} MiB")
        print(f"    {rate / base:.1f} times the baseline", flush=True)
    if profiled:
        run("profile", sizes[-1])
        print((folder / "profile.txt").read_text())
    print(PEERS)


# Steps, each run in a process of its own ---------------------------------------------------------------


def prepare(folder: Path, count: int) -> None:
    """A thousand records that people decided."""
    from django.core.management import call_command

    from coding_app.choices import AcceptBy, RoundKind, Side
    from coding_app.models import Record, Study
    from coding_app.routing import Settings
    from coding_app.services import adjudicate, review
    from tests import factories, rounds
    from tests.bench.coding_with_model import demo_literals, study_of
    from tests.routed import save

    call_command("migrate", verbosity=0)
    study: Study = study_of(folder, _rows(demo_literals()))
    save(study, Settings(accept_by=AcceptBy.NOBODY))
    factories.code(study)
    names = [f"coder-{number}" for number in range(10)]
    for number, begin in enumerate(IN_ROUNDS):
        rounds.drawn(
            study, RoundKind.DOUBLE, " ".join(names[5 * number : 5 * number + 5]), population={"text": begin}
        )
    for at, name in enumerate(names):
        user = rounds.coder(study, name)
        for _ in range(count):
            item = review.open_next(study=study, user=user)
            if item is None or (item.round_record_id is None and at % 2):
                break
            record = Record.objects.select_related("study", "suggestion_set").get(pk=item.record_id)
            code, suggestion = _pick(record, at if record.pk % 5 == 0 else 0)
            review.decide(
                record=record, user=user, code=code, suggestion=suggestion, seen_version=record.version
            )
    judge = rounds.boss(study)
    while (dispute := adjudicate.open_next(study=study, user=judge)) is not None:
        adjudicate.settle(adjudication=dispute, user=judge, side=Side.FIRST, reason="as it is written")


def _rows(literals: Sequence[dict[str, str]]) -> list[tuple[str, ...]]:
    """A thousand records; those of the rounds come first."""
    made: list[tuple[str, ...]] = []
    for number, row in enumerate(literals[:BASE]):
        quarter, rest = divmod(number, BASE // 4)
        begin = (*IN_ROUNDS, "1", "2")[quarter]
        made.append((f"{begin}x{rest:03}", row["occupation"], row["industry"], "40"))
    return made


def _pick(record: Record, own: int) -> tuple[Code, Suggestion | None]:
    from coding_app.models import Code

    found = list(record.suggestion_set.suggestions.select_related("code")) if record.suggestion_set else []
    if found:
        chosen = found[(record.pk + own) % len(found)]
        return chosen.code, chosen
    codes = Code.objects.filter(classification=record.study.classification, codable=True).order_by("pk")
    return codes[(record.pk + own) % 400], None


def grow(folder: Path, count: int) -> None:
    """Copies of the first thousand records and all that an export reads of them, up to ``count`` records."""
    from django.db import connection, transaction
    from django.db.models import Max

    from coding_app.models import (
        Adjudication,
        Code,
        Decision,
        Record,
        RoundRecord,
        Suggestion,
        SuggestionSet,
    )

    newest = Record.objects.aggregate(newest=Max("pk"))["newest"]
    codes = list(Code.objects.filter(codable=True).order_by("pk").values_list("pk", flat=True))
    first, last = newest // STEP + 1, count // BASE - 1
    shifted: list[tuple[type[Model], tuple[str, ...], dict[str, str]]] = [
        (
            Record,
            ("suggestion_set_id",),
            {"external_id": "external_id || '-' || copy", "line": f"line + copy * {BASE}"},
        ),
        (SuggestionSet, ("record_id",), {}),
        (Suggestion, ("suggestion_set_id",), {}),
        (
            RoundRecord,
            ("record_id", "suggestion_set_id"),
            {"position": f"position + copy * {BASE}"},
        ),
        (Decision, ("record_id", "round_record_id", "suggestion_id"), {}),
        (Adjudication, ("record_id", "round_record_id", "first_id", "second_id"), {}),
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        for model, keys, changed in shifted if first <= last else ():
            values = {name: f"{name} + copy * {STEP}::bigint" for name in ("id", *keys)} | changed
            every = [str(field.column) for field in model._meta.local_concrete_fields]
            if model is not Suggestion:
                values |= {name: _another(name, len(codes)) for name in every if name in CODES}
            columns = ", ".join(f'"{name}"' for name in every)
            asked = ", ".join(values.get(name, f'"{name}"') for name in every)
            cursor.execute(
                f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {asked}'
                f' FROM (SELECT * FROM "{model._meta.db_table}" WHERE id < {STEP}) AS base,'
                f" generate_series({first}, {last}) AS copy",
                {"codes": codes},
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _another(name: str, codes: int) -> str:
    """The code that stands as many places behind the code of this column as the copy has number."""
    at = f"array_position(%(codes)s::bigint[], {name}) - 1"
    return f"(%(codes)s::bigint[])[1 + ({at} + copy) %% {codes}]"


def data(folder: Path, count: int) -> None:
    """The coded rows as CSV, and nothing besides."""
    from coding_app import datafiles
    from coding_app.models import Study
    from coding_app.selectors import coded_rows

    study = Study.objects.get()
    header = coded_rows.header(study)
    report = datafiles.write_rows(folder / "data.csv", "csv", header.names, coded_rows.rows(study, header))
    assert report.rows == count


def whole(folder: Path, count: int) -> None:
    """The export as the product makes it: data and companion files."""
    from django.core.management import call_command

    with (folder / "out.txt").open("w") as stream:
        call_command("export_records", "Bench", out=folder / "out.csv", stdout=stream)
    with (folder / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert sum(1 for _ in csv.reader(stream)) == count + 1


def profile(folder: Path, count: int) -> None:
    """Where the time of the export goes."""
    with cProfile.Profile() as found:
        whole(folder, count)
    with (folder / "profile.txt").open("w") as stream:
        pstats.Stats(found, stream=stream).sort_stats("cumulative").print_stats(60)


def naive(folder: Path, count: int) -> None:
    """Every row in a list, related rows fetched as they are met."""
    from coding_app.models import Record

    rows = []
    for record in Record.objects.order_by("pk")[:count]:
        made = record.suggestion_set
        candidates = [f"{one.rank} {one.code.code}" for one in made.suggestions.all()] if made else []
        code = record.final_code.code if record.final_code else ""
        said = [
            f"{one.coder.username} {one.code.code if one.code else one.reason}"
            for one in record.decisions.all()
        ]
        rows.append([*record.values, record.status, code, *candidates, *said])
    with (folder / "naive.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


STEPS: dict[str, Callable[[Path, int], None]] = {
    one.__name__: one for one in (prepare, grow, data, whole, profile, naive)
}


if __name__ == "__main__":
    main()

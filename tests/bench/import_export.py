"""Import, coding and export of a whole study: `python -m tests.bench.import_export`.

A file of six columns goes through the services as a worker runs them, each step in a process of its own, on
PostgreSQL and on SQLite. Memory is how far the peak rises above that of a process with the program loaded;
it must not grow with the file. The baselines are what one writes first: a record at a time by the ORM, and an
export that holds every row in a list. Options: --rows N, --small N, --databases postgres,sqlite.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from tests import servers

REPOSITORY = Path(__file__).resolve().parents[2]
HEADER = ("id", "occupation", "industry", "age", "place", "remark")
BASELINE_ROWS = 2000


def make_rows(count: int) -> Iterator[tuple[str, ...]]:
    """Rows in the manner of certificates: two in three can be coded by the small dictionary of the tests."""
    words = (
        ("TRK DRVR", "FUEL OIL CO"),
        ("machinist", "construction"),
        ("기계조작원", "원자력발전소"),
        ("contractor", "plumbing & heating"),
        ("HOUSEWIFE", "OWN HOME"),
        ("clerk, filing", "county office"),
    )
    for number in range(count):
        occupation, industry = words[number % len(words)]
        yield (f"{number:08}", occupation, f"{industry} {number % 97}", str(number % 80), "서울특별시", "")


def write_file(path: Path, count: int) -> None:
    """The file to import."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(make_rows(count))


# Steps, each run in a process of its own ---------------------------------------------------------------


def prepare(folder: Path, count: int) -> None:
    """An empty study, and the file."""
    from django.core.management import call_command

    from tests import factories

    call_command("migrate", verbosity=0)
    factories.make_study(folder)
    write_file(folder / "records.csv", count)


def bring_in(folder: Path, count: int) -> None:
    """Import the file."""
    from django.core.management import call_command

    call_command(
        "import_records",
        "Mills",
        str(folder / "records.csv"),
        id_column="id",
        occupation_column="occupation",
        industry_column="industry",
        age_column="age",
        verbosity=0,
        stdout=(folder / "out.txt").open("w"),
    )


def code(folder: Path, count: int) -> None:
    """Code every record."""
    from coding_app.models import Study
    from tests import factories

    factories.code(Study.objects.get())


def export(folder: Path, count: int) -> None:
    """Export every record as CSV."""
    from django.core.management import call_command

    call_command("export_records", "Mills", out=folder / "out.csv", stdout=(folder / "out.txt").open("w"))
    with (folder / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert sum(1 for _ in csv.reader(stream)) == count + 1


def naive_import(folder: Path, count: int) -> None:
    """A record at a time, looked for before it is written."""
    from coding_app.models import Import, Record, Study

    study = Study.objects.get()
    source = Import.objects.create(
        study=study, file_name="naive", stored_as="-", size=0, sha256="-", kind="csv", header=list(HEADER)
    )
    for line, values in enumerate(list(make_rows(count)), start=2):
        Record.objects.get_or_create(
            study=study,
            external_id=f"naive {values[0]}",
            defaults={
                "source": source,
                "line": line,
                "values": list(values),
                "row_hash": "-",
                "occupation": values[1],
                "industry": values[2],
                "age": float(values[3]),
            },
        )
    Record.objects.filter(source=source).delete()


def naive_export(folder: Path, count: int) -> None:
    """Every row in a list, related rows fetched as they are met."""
    from coding_app.models import Record

    rows = []
    for record in Record.objects.order_by("pk")[:count]:
        made = record.suggestion_set
        candidates = [f"{one.rank} {one.code.code}" for one in made.suggestions.all()] if made else []
        code = record.final_code.code if record.final_code else ""
        rows.append([*record.values, record.status, code, json.dumps(candidates)])
    with (folder / "naive.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


STEPS: dict[str, Callable[[Path, int], None]] = {
    one.__name__: one for one in (prepare, bring_in, code, export, naive_import, naive_export)
}


def step(one: Callable[[Path, int], None], folder: Path, count: int) -> None:
    """Run a step here and print its seconds and the rise of peak memory in MiB."""
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    one(folder, count)
    seconds = time.perf_counter() - began
    rise = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"seconds": seconds, "rise": rise}))


# The measure ------------------------------------------------------------------------------------------


def measured(
    name: str, folder: Path, count: int, environment: dict[str, str], *, measure: str = "import_export"
) -> tuple[float, float]:
    """Seconds and MiB of a step of a measure in a fresh process."""
    command = [sys.executable, "-m", f"tests.bench.{measure}", "--step", name]
    command += ["--folder", str(folder), "--rows", str(count)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stdout}\n{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    return float(found["seconds"]), float(found["rise"])


def study(database: str, count: int) -> dict[str, tuple[float, float]]:
    """All steps over a fresh study of ``count`` records."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiebreak-bench-")))
        environment = {
            **{name: value for name, value in os.environ.items() if name != "REDIS_URL"},
            "DJANGO_SETTINGS_MODULE": "coding_app.settings",
            "DATA_DIR": str(folder / "data"),
        }
        if database == "postgres":
            (folder / "server").mkdir()
            environment["DATABASE_URL"] = servers.start_postgres(folder / "server", stack)
        else:
            environment["DATABASE_URL"] = servers.sqlite_url(folder / "study.sqlite3")
        measured("prepare", folder, count, environment)
        found = {name: measured(name, folder, count, environment) for name in ("bring_in", "code", "export")}
        for name in ("naive_import", "naive_export"):
            found[name] = measured(name, folder, BASELINE_ROWS, environment)
        return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--small", type=int, default=20_000)
    parser.add_argument("--databases", default="postgres,sqlite")
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.step:
        step(STEPS[options.step], options.folder, options.rows)
        return
    for database in options.databases.split(","):
        small, large = study(database, options.small), study(database, options.rows)
        print(f"\n{database}: {options.rows:,} records (memory also at {options.small:,})")
        print(f"{'step':<8}{'rows/s':>10}{'baseline rows/s':>18}{'ratio':>8}{'MiB':>8}{'MiB small':>11}")
        for name, shown, naive in (
            ("bring_in", "import", "naive_import"),
            ("code", "code", ""),
            ("export", "export", "naive_export"),
        ):
            rate = options.rows / large[name][0]
            base = BASELINE_ROWS / large[naive][0] if naive else None
            compared = f"{base:>18,.0f}{rate / base:>8.1f}" if base else f"{'-':>18}{'-':>8}"
            print(f"{shown:<8}{rate:>10,.0f}{compared}{large[name][1]:>8.0f}{small[name][1]:>11.0f}")


if __name__ == "__main__":
    main()

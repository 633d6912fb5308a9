"""What goes with an export: all that a reader needs to judge the coded data, as one small ZIP file."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from django.utils import timezone

from coding_app import column_meanings, datafiles
from coding_app.choices import RoundKind
from coding_app.datafiles.atomic import written_whole
from coding_app.models import Export, Round, Routing, Study
from coding_app.selectors import (
    agreement_cells,
    decision_rows,
    evaluation_cells,
    evaluation_table,
    flow,
    independent,
)
from coding_app.selectors.agreement import Levels
from coding_app.selectors.coded_rows import Header
from coding_app.services import exports, storage

SUFFIX: Final = ".evidence.zip"
Cells = Sequence[str | None]

README: Final = """\
Evidence for {name}
{line}
Study            {study}
Classification   {classification}
Written          {written}
Coded records    {rows} rows in {name}, SHA-256 {sha256}

data-dictionary.csv  every column of {name}: what it holds and what it says
decisions.csv        every decision of a person, those taken back included; people by pseudonyms
adjudications.csv    every disagreement, how it was shown, and what the adjudicator chose
                     (neither has what an open round has not settled yet)
sampling.csv         every round: what it was drawn from, how many, by which seed, blinded or not; and the
                     audit samples of the routing
flow.csv             how many records took which way
coverage.csv         which share is coded, with and without the records set aside
agreement.csv        percent agreement, kappa and AC1 with 95 % intervals, by round, level and pair of coders
evaluation.csv       the machine and each coder against the adjudicated codes, by type of record
SHA256SUMS           hashes of all these files and of {name}: check them with sha256sum -c

CSV files are UTF-8; in them a cell that a spreadsheet would run as a formula begins with an apostrophe.
Times are ISO 8601, shares are between 0 and 1 unless the column says percent.
"""


def path_of(export: Export) -> Path:
    """Where the companion files of a written export lie."""
    return storage.path_of(f"{export.stored_as}{SUFFIX}")


def write(export: Export, header: Header, *, stored_as: str, rows: int, sha256: str) -> None:
    """Write the companion files of a data file; they are there whole or not at all.

    Raises:
        OSError: when the disk is full or the folder must not be written to.
    """
    study = export.study
    name = exports.file_name(export)
    readme = README.format(
        name=name,
        line="=" * (13 + len(name)),
        study=study.name,
        classification=study.classification,
        written=timezone.now().isoformat(timespec="seconds"),
        rows=rows,
        sha256=sha256,
    )
    found = flow.flow(study)
    files: dict[str, Callable[[], Iterable[str]]] = {
        "README.txt": lambda: [readme],
        "data-dictionary.csv": lambda: _csv(("column", "origin", "kind", "values", "says"), _columns(header)),
        "decisions.csv": lambda: _csv(decision_rows.DECISIONS, decision_rows.decisions(study)),
        "adjudications.csv": lambda: _csv(decision_rows.ADJUDICATIONS, decision_rows.adjudications(study)),
        "sampling.csv": lambda: _csv(SAMPLING, _sampling(study)),
        "flow.csv": lambda: _csv(("step", "records"), ((step, str(n)) for step, n in flow.lines(found))),
        "coverage.csv": lambda: _csv(COVERAGE, _coverage(found)),
        "agreement.csv": lambda: _csv(agreement_cells.HEADER, agreement_cells.rows(study)),
        "evaluation.csv": lambda: _csv(("round", *evaluation_cells.HEADER), _evaluations(study)),
    }
    with (
        written_whole(storage.path_of(f"{stored_as}{SUFFIX}")) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        sums = [f"{sha256}  {name}"]
        sums += [f"{_add(archive, inner, text())}  {inner}" for inner, text in files.items()]
        _add(archive, "SHA256SUMS", ["\n".join(sums), "\n"])


def _add(archive: zipfile.ZipFile, name: str, text: Iterable[str]) -> str:
    """Write a text into the archive piece by piece; its SHA-256."""
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as stream:
        for piece in text:
            data = piece.encode()
            digest.update(data)
            stream.write(data)
    return digest.hexdigest()


def _csv(header: Sequence[str], rows: Iterable[Cells]) -> Iterator[str]:
    """Lines of a CSV file, a few hundred together, with a mark so that spreadsheets show Korean."""
    piece = io.StringIO(newline="")
    piece.write("\ufeff")
    writer = csv.writer(piece)
    writer.writerow(header)
    for count, row in enumerate(rows, start=1):
        writer.writerow(["" if cell is None else datafiles.guard(cell) for cell in row])
        if count % 500 == 0:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def _columns(header: Header) -> Iterator[Cells]:
    for name in header.originals:
        yield (name, "original", "text", "", "as it was in the imported file, byte for byte")
    for name in header.own:
        meaning = column_meanings.meaning(name[len(header.prefix) :])
        yield (name, "Tiebreak", *meaning)


SAMPLING = (
    "round", "name", "kind", "state", "blinded", "coders", "coders_per_record", "selection", "population",
    "population_size", "size_asked_for", "drawn", "seed", "stratum_column", "strata", "set_up", "ended",
)  # fmt: skip


def _sampling(study: Study) -> Iterator[Cells]:
    for one in Round.objects.filter(study=study).order_by("number"):
        yield (
            str(one.number),
            one.name,
            one.kind,
            one.state,
            "yes" if one.blinded else "no",
            str(len(one.coders)) if one.coders else None,
            str(one.coders_per_record) if one.coders_per_record else "all",
            one.selection,
            json.dumps(one.population, ensure_ascii=False, sort_keys=True),
            _text(one.population_size),
            _text(one.size),
            str(one.drawn),
            str(one.seed),
            one.stratum_column or None,
            json.dumps(one.strata, ensure_ascii=False) if one.strata else None,
            one.created_at.isoformat(),
            one.closed_at.isoformat() if one.closed_at else None,
        )
    for routing in Routing.objects.filter(study=study, audit_share__gt=0).order_by("number"):
        yield (
            None,
            f"routing {routing.number}",
            "audit",
            *[None] * 4,
            "random",
            json.dumps({"status": "accepted", "share": routing.audit_share}),
            *[None] * 3,
            str(routing.audit_seed),
            *[None] * 2,
            routing.created_at.isoformat(),
            None,
        )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


COVERAGE = ("share_of", "records", "of", "value", "low_95", "high_95")


def _coverage(found: flow.Flow) -> Iterator[Cells]:
    for name, rate in flow.coverages(found):
        low, high = rate.interval or (None, None)
        shares = (None if one is None else f"{one:.4f}" for one in (rate.value, low, high))
        yield (name, str(rate.k), str(rate.n), *shares)


def _evaluations(study: Study) -> Iterator[Cells]:
    levels = Levels(study)
    for one in independent.rounds(study).filter(kind=RoundKind.EVALUATION).order_by("number"):
        made = evaluation_table.table(one, levels, levels.deepest)
        for row in evaluation_cells.rows(study, made):
            yield (str(one.number), *row)

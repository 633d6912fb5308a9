"""The management commands: the whole path from a terminal, and clear words where it cannot go on."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from coding_app.models import Classification, Record, Study
from coding_app.services import work
from tests import factories

pytestmark = pytest.mark.django_db


def run(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "codes.csv").write_text(factories.CODES, encoding="utf-8")
    factories.write_dictionary(tmp_path / "words")
    (tmp_path / "records.csv").write_bytes(factories.csv_bytes())
    return tmp_path


def prepare(files: Path) -> None:
    run("load_classification", "--name", "Jobs", "--edition", "1", str(files / "codes.csv"))
    run("load_dictionary", "--name", "Words", "--classification", "Jobs", str(files / "words"))
    run("create_study", "--name", "Mills", "--classification", "Jobs", "--dictionary", "Words")
    run(
        *("import_records", "Mills", str(files / "records.csv"), "--id-column", "id"),
        *("--occupation-column", "occupation", "--industry-column", "industry", "--age-column", "age"),
    )


def test_the_whole_path_from_a_terminal(files: Path) -> None:
    prepare(files)
    assert "is queued" in run("code_records", "Mills")
    study = Study.objects.get(name="Mills")
    work.run_job(job_id=study.jobs.get(kind="code").pk, worker="test")
    assert Record.objects.filter(status="accepted").count() == 4
    for kind in ("csv", "xlsx", "parquet"):
        assert "8 rows" in run("export_records", "Mills", "--out", str(files / f"coded.{kind}"))
    with (files / "coded.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == [row[0] for row in factories.ROWS]
    assert rows[0]["tiebreak_final_code"] == "716"
    sheet = load_workbook(files / "coded.xlsx", read_only=True).active
    assert sheet is not None
    by_row = list(sheet.iter_rows(values_only=True))
    assert by_row[1][:4] == factories.ROWS[0]
    table = pq.read_table(files / "coded.parquet").to_pylist()
    assert [row["id"] for row in table] == [row[0] for row in factories.ROWS]
    assert table[7]["industry"] == "N/A"


def test_importing_the_same_file_again_says_that_nothing_changed(files: Path) -> None:
    prepare(files)
    said = run(
        *("import_records", "Mills", str(files / "records.csv"), "--id-column", "id"),
        *("--occupation-column", "occupation", "--industry-column", "industry", "--age-column", "age"),
    )
    assert "0 added, 8 unchanged" in said


def test_waiting_shows_how_it_ended(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(files)

    def worker_meanwhile(seconds: float) -> None:
        work.run_job(job_id=Study.objects.get().jobs.get(kind="code").pk, worker="test")

    monkeypatch.setattr("coding_app.management.output.time.sleep", worker_meanwhile)
    said = run("code_records", "Mills", "--wait")
    assert "No worker answers yet" in said
    assert "coded: 4" in said
    assert "tie: 1" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("create_study", "--name", "X", "--classification", "None", "--dictionary", "Words"),
            "Jobs \\(1\\)",
        ),
        (("create_study", "--name", "X", "--classification", "Jobs", "--dictionary", "None"), "Words"),
        (("create_study", "--name", "Mills", "--classification", "Jobs", "--dictionary", "Words"), "already"),
        (("code_records", "Nobody"), "No study 'Nobody'. The studies are: Mills"),
        (("export_records", "Mills", "--out", "coded.doc"), "end the name in .csv, .xlsx or .parquet"),
        (("export_records", "Mills", "--out", "nowhere/coded.csv"), "no such folder"),
        (
            ("import_records", "Mills", "none.csv", "--id-column", "id", "--occupation-column", "o"),
            "there is no such file",
        ),
        (("load_classification", "--name", "N", "--edition", "1", "none.csv"), "there is no such file"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(files: Path, arguments: tuple[str, ...], says: str) -> None:
    prepare(files)
    with pytest.raises(CommandError, match=says):
        run(*arguments)


def test_a_classification_with_faults_is_refused_with_all_of_them(files: Path) -> None:
    (files / "bad.csv").write_text("code,title\n1,\n1,One\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"(?s)2 faults.*bad\.csv:2.*bad\.csv:3"):
        run("load_classification", "--name", "Bad", "--edition", "1", str(files / "bad.csv"))
    assert not Classification.objects.filter(name="Bad").exists()


def test_a_missing_column_is_refused_before_anything_is_kept(files: Path) -> None:
    prepare(files)
    with pytest.raises(CommandError, match="the columns are: id, occupation, industry, age"):
        run(
            *("import_records", "Mills", str(files / "records.csv")),
            *("--id-column", "id", "--occupation-column", "job"),
        )
    assert Study.objects.get().imports.count() == 1


def test_no_worker_alive_is_an_error(db: None) -> None:
    with pytest.raises(CommandError, match="No worker"):
        run("worker_alive")

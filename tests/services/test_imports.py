"""Importing: nothing twice, nothing lost, nothing changed silently."""

from pathlib import Path

import pytest
from django.db.models import F

from coding_app.choices import IssueKind, JobState
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Import, ImportIssue, Job, Record
from coding_app.services import ingest, jobs, work
from coding_app.services.import_rows import parse_age
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    first = factories.bring_in(study)
    before = list(Record.objects.values())
    second = factories.bring_in(study)
    assert (first.added, first.unchanged) == (8, 0)
    assert (second.added, second.unchanged) == (0, 8)
    assert list(Record.objects.values()) == before
    assert not ImportIssue.objects.exists()


def test_a_changed_row_is_reported_and_the_record_left_as_it_is(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    rows = [*factories.ROWS[:7], ("008", "BAKER", "bakery", "70"), ("009", "baker", "", "20")]
    again = factories.bring_in(study, factories.csv_bytes(rows))
    assert (again.added, again.unchanged) == (1, 7)
    issue = ImportIssue.objects.get(import_file=again)
    assert (issue.kind, issue.line, issue.external_id) == (IssueKind.CHANGED, 9, "008")
    assert "BAKER" in issue.raw
    assert factories.record(study, "008").occupation == "UNKNOWN"
    assert Record.objects.filter(study=study).count() == 9


def test_an_id_again_in_one_file_is_reported_unless_the_rows_are_equal(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    rows = [("1", "baker", "", ""), ("1", "baker", "", ""), ("1", "cook", "", "")]
    done = factories.bring_in(study, factories.csv_bytes(rows))
    assert (done.added, done.unchanged) == (1, 1)
    issue = ImportIssue.objects.get(import_file=done)
    assert (issue.kind, issue.line) == (IssueKind.REPEATED, 4)
    assert factories.record(study, "1").occupation == "baker"


def test_rows_that_cannot_be_read_are_kept_and_the_rest_go_in(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    content = (
        b"id,occupation,industry,age\n"
        b"1,baker,,30\n"
        b"2,co\xffok,,30\n"
        b"3,too,few\n"
        b"4,nul\x00byte,,30\n"
        b",no id,,30\n"
        b"6,cook,,abc\n"
        b"7,smith,,30\n"
    )
    done = factories.bring_in(study, content)
    found = {one.line: (one.kind, one.reason) for one in done.issues.all()}
    assert {line: kind for line, (kind, _) in found.items()} == {
        3: IssueKind.UNREADABLE,
        4: IssueKind.UNREADABLE,
        5: IssueKind.UNREADABLE,
        6: IssueKind.NO_ID,
        7: IssueKind.BAD_AGE,
    }
    assert "has 3 fields, the header has 4" in found[4][1]
    assert "\\xff" in done.issues.get(line=3).raw
    ids = list(Record.objects.filter(study=study).values_list("external_id", flat=True).order_by("pk"))
    assert ids == ["1", "6", "7"]
    assert factories.record(study, "6").age is None
    assert done.rows_read == 7


def test_every_row_of_a_file_is_accounted_for(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    rows = [*factories.ROWS, ("009", "x", "", "-1"), ("", "y", "", ""), ("001", "z", "", "")]
    done = factories.bring_in(study, factories.csv_bytes(rows))
    not_in = done.issues.exclude(kind=IssueKind.BAD_AGE).count()
    assert done.rows_read == done.added + done.unchanged + not_in == 11


def test_korean_in_cp949_goes_in_as_written(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    text = "id,occupation,industry,age\n1,기계조작원(으로),○○원자력발전소,41\n"
    done = factories.bring_in(study, text.encode("cp949"))
    assert done.encoding == "cp949"
    assert factories.record(study, "1").occupation == "기계조작원(으로)"


def test_two_files_with_other_columns_keep_all_of_them(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes([("1", "baker", "a")], ("id", "occupation", "sex")))
    factories.bring_in(study, factories.csv_bytes([("b", "2", "cook")], ("city", "id", "occupation")))
    assert factories.record(study, "1").values == ["1", "baker", "a"]
    assert factories.record(study, "2").values == ["b", "2", "cook"]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "empty.csv", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "picture.csv", "PNG"),
        (b"PK\x03\x04" + b"\0" * 100, "book.xlsx", "book.xlsx"),
    ],
)
def test_a_file_that_is_no_data_file_is_refused_and_not_kept(
    tmp_path: Path, content: bytes, name: str, says: str, settings: object
) -> None:
    study = factories.make_study(tmp_path)
    with pytest.raises(InvalidInput, match=says):
        ingest.receive(study=study, user=None, name=name, chunks=[content])
    assert not Import.objects.exists()


def test_a_column_cannot_be_two_things(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    received = factories.upload(study)
    with pytest.raises(InvalidInput, match="cannot be both the id and the occupation"):
        ingest.start(upload=received, columns=ingest.Columns(id=0, occupation=0), user=None)
    with pytest.raises(InvalidInput, match="no column number 10"):
        ingest.start(upload=received, columns=ingest.Columns(id=0, occupation=9), user=None)
    assert not Job.objects.exists()


def test_an_import_is_started_once(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    received = factories.upload(study)
    columns = ingest.Columns(id=0, occupation=1)
    ingest.start(upload=received, columns=columns, user=None)
    with pytest.raises(Conflict):
        ingest.start(upload=received, columns=columns, user=None)
    assert Job.objects.count() == 1


def test_a_missing_column_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="'job' is not there; the columns are: id, occupation"):
        ingest.Columns.by_name(["id", "occupation"], id="id", occupation="job")


def test_an_import_taken_over_goes_on_after_the_last_chunk(tmp_path: Path, settings: object) -> None:
    settings.JOB_CHUNK = 3  # type: ignore[attr-defined]
    study = factories.make_study(tmp_path)
    received = factories.upload(study)
    job = ingest.start(
        upload=received,
        columns=ingest.Columns(id=0, occupation=1, industry=2, age=3),
        user=None,
        then_code=False,
    )
    lost = jobs.claim(job_id=job.pk, worker="dies")
    assert lost is not None
    from coding_app.services import import_rows

    class Killed(BaseException):
        """Stands for a process that is gone."""

    steps = 0

    def dies_after_two() -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs.Claim, "check", lambda self: dies_after_two())
        with pytest.raises(Killed):
            import_rows.run(lost)
    assert Record.objects.filter(study=study).count() == 6
    assert jobs.release(worker="dies") == 1
    work.run_job(job_id=job.pk, worker="lives")
    job.refresh_from_db()
    received.refresh_from_db()
    assert job.state == JobState.DONE
    assert (received.rows_read, received.added, received.unchanged) == (8, 8, 0)
    assert Record.objects.filter(study=study).count() == 8


def test_the_import_codes_its_records_when_asked_to(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    received = factories.upload(study)
    columns = ingest.Columns(id=0, occupation=1, industry=2, age=3)
    factories.do(ingest.start(upload=received, columns=columns, user=None, then_code=True))
    coding = Job.objects.get(kind="code")
    assert coding.state == JobState.QUEUED
    factories.do(coding)
    assert not Record.objects.filter(status="imported").exists()


def test_records_that_arrive_during_a_run_are_coded_by_the_next(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    from coding_app.services import suggest

    running = suggest.start(study=study, user=None)
    claim = jobs.claim(job_id=running.pk, worker="busy")
    assert claim is not None
    received = factories.upload(study, factories.csv_bytes([("100", "driver", "", "")]))
    columns = ingest.Columns(id=0, occupation=1, industry=2, age=3)
    factories.do(ingest.start(upload=received, columns=columns, user=None, then_code=True))
    assert Job.objects.filter(kind="code").count() == 1
    with jobs.ending(claim, then=suggest.follow_up):
        pass  # its last look at the records was before the new ones came
    follow = Job.objects.filter(kind="code").exclude(pk=running.pk).get()
    factories.do(follow)
    assert factories.record(study, "100").final_code is not None


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("", None),
        (" 41 ", 41.0),
        ("0.5", 0.5),
        ("nan", None),
        ("inf", None),
        ("-3", None),
        ("12y", None),
        ("1_0", None),
    ],
)
def test_an_age_is_a_number_of_years_or_a_reported_fault(text: str, age: float | None) -> None:
    parsed, problem = parse_age(text)
    assert parsed == age
    assert bool(problem) == (age is None and bool(text.strip()))


def test_every_change_of_a_counter_is_of_the_import_it_belongs_to(tmp_path: Path) -> None:
    study, other = factories.make_study(tmp_path), factories.make_study(tmp_path, "Ports")
    factories.bring_in(study)
    factories.bring_in(other)
    assert Record.objects.exclude(source__study=F("study")).count() == 0
    assert Record.objects.filter(study=other).count() == 8

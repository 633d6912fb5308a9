"""From the file to the records: upload, mapping, progress and issues."""

import csv
import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from coding_app.choices import ImportState, JobKind, JobState
from coding_app.models import Import, Job, Record, Study
from coding_app.services import ingest, jobs, work
from coding_app.views.column_guess import guess
from tests import factories


@pytest.fixture
def supervisor(empty_study: Study, sign_in: Callable[[str], Client]) -> Client:
    """The browser of the supervisor."""
    return sign_in("supervisor")


def send(client: Client, study: Study, content: bytes, name: str = "records.csv") -> Import:
    """Upload a file that is good; the answer must lead to its own page."""
    sent = {"file": SimpleUploadedFile(name, content)}
    response = client.post(f"/studies/{study.slug}/upload/", sent)
    upload = Import.objects.latest("pk")
    assert response["Location"] == f"/studies/{study.slug}/imports/{upload.pk}/"
    return upload


def test_a_file_goes_from_the_upload_to_coded_records(supervisor: Client, empty_study: Study) -> None:
    upload = send(supervisor, empty_study, factories.csv_bytes())
    target = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    page = supervisor.get(target)
    assert "truck driver" in page.content.decode()
    assert "comma" in page.content.decode()
    chosen = page.context["form"].initial
    assert (chosen["id"], chosen["occupation"], chosen["industry"], chosen["age"]) == (0, 1, 2, 3)
    sent = {"id": 0, "occupation": 1, "industry": 2, "age": 3, "reference": "", "then_code": "on"}
    assert supervisor.post(target, sent)["Location"] == target
    page = supervisor.get(target)
    assert "Waiting for a worker" in page.content.decode()
    assert "No worker answers" in page.content.decode()
    assert 'hx-select="#counts"' in page.content.decode()
    work.run_job(job_id=Job.objects.get(kind=JobKind.IMPORT).pk, worker="test")
    page = supervisor.get(target)
    assert "Coding" in page.content.decode()  # the run that follows
    work.run_job(job_id=Job.objects.get(kind=JobKind.CODE).pk, worker="test")
    assert Record.objects.filter(study=empty_study).count() == len(factories.ROWS)
    assert Record.objects.filter(study=empty_study, status="imported").count() == 0
    page = supervisor.get(target)
    assert "No worker answers" not in page.content.decode()
    assert "hx-trigger" not in page.content.decode()
    assert f"?source={upload.pk}" in page.content.decode()


def test_a_worker_that_is_there_is_not_missed(supervisor: Client, empty_study: Study) -> None:
    jobs.note_heartbeat(worker="test", queues=["default"])
    upload = factories.upload(empty_study)
    target = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    supervisor.post(target, {"id": 0, "occupation": 1})
    assert "No worker answers" not in supervisor.get(target).content.decode()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.csv", b"", "empty"),
        ("wrong.xlsx", b"id,occupation\n1,x\n", "wrong.xlsx"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "picture.csv"),
    ],
)
def test_a_bad_file_is_explained_beside_the_field(
    supervisor: Client, empty_study: Study, name: str, content: bytes, problem: str
) -> None:
    response = supervisor.post(
        f"/studies/{empty_study.slug}/upload/", {"file": SimpleUploadedFile(name, content)}
    )
    assert response.status_code == 422
    assert problem in str(response.context["form"].errors["file"])
    assert not Import.objects.exists()


def test_no_file_at_all_is_said_beside_the_field(supervisor: Client, empty_study: Study) -> None:
    response = supervisor.post(f"/studies/{empty_study.slug}/upload/")
    assert "file" in response.context["form"].errors


def test_one_column_cannot_be_two_things(supervisor: Client, empty_study: Study) -> None:
    upload = factories.upload(empty_study)
    target = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    response = supervisor.post(target, {"id": 0, "occupation": 1, "industry": 1})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"industry"}
    assert "“Occupation”" in str(response.context["form"].errors["industry"])
    assert '<option value="1" selected>' in response.content.decode()
    upload.refresh_from_db()
    assert upload.state == ImportState.UPLOADED


@pytest.mark.parametrize("position", ["99", "-1", "x", "9" * 40, ""])
def test_a_column_that_is_not_there_is_refused(supervisor: Client, empty_study: Study, position: str) -> None:
    upload = factories.upload(empty_study)
    target = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    response = supervisor.post(target, {"id": position, "occupation": 1})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"id"}


def test_an_import_starts_once(supervisor: Client, empty_study: Study) -> None:
    upload = factories.upload(empty_study)
    target = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    for _ in range(2):
        response = supervisor.post(target, {"id": 0, "occupation": 1}, follow=True)
    assert "was started already" in response.content.decode()
    assert Job.objects.filter(kind=JobKind.IMPORT).count() == 1


def test_an_upload_that_was_not_started_can_be_removed_and_no_other(
    supervisor: Client, empty_study: Study
) -> None:
    upload = factories.upload(empty_study)
    supervisor.post(f"/studies/{empty_study.slug}/imports/{upload.pk}/discard/")
    assert not Import.objects.filter(pk=upload.pk).exists()
    started = factories.bring_in(empty_study)
    response = supervisor.post(f"/studies/{empty_study.slug}/imports/{started.pk}/discard/", follow=True)
    assert "is kept" in response.content.decode()
    assert Import.objects.filter(pk=started.pk).exists()


def test_issues_are_counted_by_kind_listed_and_downloaded(supervisor: Client, empty_study: Study) -> None:
    rows = [("1", "driver"), ("", "nobody"), ("1", "plumber"), ("2", "=1+1")]
    first = factories.bring_in(empty_study, factories.csv_bytes(rows, ("id", "occupation")))
    target = f"/studies/{empty_study.slug}/imports/{first.pk}/"
    page = supervisor.get(target)
    counts = {kind.value: number for kind, number in page.context["counts"]}
    assert counts == {"no_id": 1, "repeated": 1}
    for kind, number in counts.items():
        listed = supervisor.get(target, {"kind": kind}).context["page"]
        assert listed.paginator.count == number
    response = supervisor.get(f"{target}issues.csv")
    assert "attachment" in response["Content-Disposition"]
    text = response.getvalue().decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["line"] for row in found] == ["3", "4"]
    assert [row["kind"] for row in found] == ["no_id", "repeated"]


def test_a_formula_in_an_issue_is_harmless_in_the_download(supervisor: Client, empty_study: Study) -> None:
    rows = [("=cmd()", "driver"), ("=cmd()", "plumber")]
    upload = factories.bring_in(empty_study, factories.csv_bytes(rows, ("id", "occupation")))
    response = supervisor.get(f"/studies/{empty_study.slug}/imports/{upload.pk}/issues.csv")
    text = response.getvalue().decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(text)))["id"] == "'=cmd()"


def test_nothing_leads_to_a_list_of_nothing(supervisor: Client, empty_study: Study) -> None:
    factories.bring_in(empty_study)
    factories.bring_in(empty_study, name="again.csv")
    page = supervisor.get(f"/studies/{empty_study.slug}/imports/").content.decode()
    assert page.count("?source=") == 1
    assert "#issues" not in page


def test_the_polled_part_of_a_job_is_not_a_whole_page_and_asks_for_one_at_the_end(
    supervisor: Client, empty_study: Study
) -> None:
    upload = factories.upload(empty_study)
    supervisor.post(f"/studies/{empty_study.slug}/imports/{upload.pk}/", {"id": 0, "occupation": 1})
    job = Job.objects.get(kind=JobKind.IMPORT)
    target = f"/studies/{empty_study.slug}/jobs/{job.pk}/"
    part = supervisor.get(target, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert 'hx-trigger="every 1s"' in part.content.decode()
    assert "HX-Refresh" not in part
    work.run_job(job_id=job.pk, worker="test")
    part = supervisor.get(target, headers={"HX-Request": "true"})
    assert "hx-trigger" not in part.content.decode()
    assert part["HX-Refresh"] == "true"


def test_a_job_is_stopped_and_resumed(supervisor: Client, empty_study: Study) -> None:
    upload = factories.upload(empty_study)
    page = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    supervisor.post(page, {"id": 0, "occupation": 1})
    job = Job.objects.get(kind=JobKind.IMPORT)
    target = f"/studies/{empty_study.slug}/jobs/{job.pk}/"
    assert supervisor.post(f"{target}stop/")["Location"] == page
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert "Resume" in supervisor.get(page).content.decode()
    assert "has ended already" in supervisor.post(f"{target}stop/", follow=True).content.decode()
    supervisor.post(f"{target}resume/")
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_the_reason_of_a_failed_job_is_shown(supervisor: Client, empty_study: Study) -> None:
    upload = factories.upload(empty_study)
    page = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    supervisor.post(page, {"id": 0, "occupation": 1})
    Job.objects.update(state=JobState.FAILED, error="The disk <is> full.")
    for where in (page, f"/studies/{empty_study.slug}/"):
        assert "The disk &lt;is&gt; full." in supervisor.get(where).content.decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["id", "occupation", "industry", "age"], {"id": 0, "occupation": 1, "industry": 2, "age": 3}),
        (
            ["일련번호", "성별", "나이", "직업", "사업체명"],
            {"id": 0, "age": 2, "occupation": 3, "industry": 4},
        ),
        (["응답자번호", "하는 일", "업종", "만나이"], {"id": 0, "occupation": 1, "industry": 2, "age": 3}),
        (
            ["certificate_id", "USUAL OCCUPATION", "Kind of Business"],
            {"id": 0, "occupation": 1, "industry": 2},
        ),
        (["recordId", "jobTitle", "occupation_code"], {"id": 0, "occupation": 1, "reference": 2}),
        (["wages", "", "colour"], {}),
        (["No.", "page", "job", "job"], {"id": 0, "occupation": 2}),
    ],
)
def test_columns_are_guessed_by_their_names(header: list[str], expected: dict[str, int]) -> None:
    assert guess(header) == expected


def test_a_file_can_be_read_in_another_encoding_and_delimiter(supervisor: Client, empty_study: Study) -> None:
    upload = factories.upload(empty_study, "id;job,title\n1;caf\xe9, bar\n".encode("cp1252"))
    target = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    answer = supervisor.post(
        f"{target}read-as/", {"encoding": "cp1252", "delimiter": ","}, follow=True
    ).content.decode()
    upload.refresh_from_db()
    assert (upload.encoding, upload.delimiter, upload.header) == ("cp1252", ",", ["id;job", "title"])
    assert "1;café" in answer
    supervisor.post(f"{target}read-as/", {"encoding": "cp1252", "delimiter": ";"})
    upload.refresh_from_db()
    assert upload.header == ["id", "job,title"]
    started = ingest.start(
        upload=upload, columns=ingest.Columns(id=0, occupation=1), user=None, then_code=False
    )
    factories.do(started)
    assert factories.record(empty_study, "1").occupation == "café, bar"
    said = supervisor.post(f"{target}read-as/", {"encoding": "utf-8"}, follow=True).content.decode()
    assert "was started already" in said


def test_an_encoding_that_is_none_is_refused_and_the_reading_stays(
    supervisor: Client, empty_study: Study
) -> None:
    upload = factories.upload(empty_study)
    target = f"/studies/{empty_study.slug}/imports/{upload.pk}/read-as/"
    said = supervisor.post(target, {"encoding": "klingon"}, follow=True).content.decode()
    assert "There is no encoding" in said
    before = upload.header
    upload.refresh_from_db()
    assert upload.header == before


def test_a_guessed_encoding_is_said_until_a_person_chooses_one(
    supervisor: Client, empty_study: Study
) -> None:
    upload = factories.upload(empty_study, "id,occupation\n1,café\n".encode("cp1252"))
    target = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    assert "The file is not in UTF-8" in supervisor.get(target).content.decode()
    supervisor.post(f"{target}read-as/", {"encoding": "cp949", "delimiter": ","})
    assert "The file is not in UTF-8" not in supervisor.get(target).content.decode()

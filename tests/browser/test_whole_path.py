"""What a user can do, from the sign-in to the exported file, in a real browser with a real worker."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.utils import translation
from playwright.sync_api import BrowserContext, Locator, Page, expect

from coding_app import datafiles
from coding_app.models import Decision, Export, Record, Study
from coding_app.services import ingest
from tests import factories
from tests.browser.browsers import await_keys, shot
from tests.browser.old_file import COPIES, HEADER, ISSUES, ODD, OldFile, old_file
from tests.workers import WorkerProcess

STUDY = "방앗간 & <mills>"
PATIENCE = 120_000  # milliseconds, for what a worker does


@pytest.fixture
def catalogue(transactional_db: None, tmp_path: Path) -> None:
    """Two classifications to choose from, a dictionary for one, and somebody who may create studies."""
    factories.make_version(tmp_path, factories.make_classification(tmp_path))
    factories.make_classification(tmp_path, "Another", "code,title\n1,Everybody\n")
    factories.make_user("manager", may_create=True)


def sign_in(page: Page, *, name: str = "Sign in") -> None:
    page.goto("/")
    page.locator("[name=username]").fill("manager")
    page.locator("[name=password]").fill("secret")
    page.get_by_role("button", name=name).click()


def numbers(page: Page) -> dict[str, int]:
    """The counts at the head of a page, by label, once all of it is there."""
    page.wait_for_load_state()
    boxes: list[tuple[str, str]] = page.locator("dl.stats > div").evaluate_all(
        "all => all.map(one => [one.querySelector('dt').innerText.trim(),"
        " (one.querySelector('dd a') ?? one.querySelector('dd')).innerText])"
    )
    return {label: int(number.replace(",", "")) for label, number in boxes}


def outcomes(page: Page) -> dict[str, int]:
    """What the dictionary coder said, by outcome and table, once all of the page is there."""
    page.wait_for_load_state()
    rows: list[tuple[str, str]] = page.locator("section[aria-labelledby=machine] tbody tr").evaluate_all(
        "all => all.map(row => [row.cells[0].innerText.trim(), row.cells[1].innerText])"
    )
    return {label: int(number.replace(",", "")) for label, number in rows}


def fact(page: Page, name: str) -> Locator:
    return page.locator(f"dl.facts dt:text-is('{name}') + dd")


def test_from_the_sign_in_to_the_exported_file(
    page: Page,
    new_context: Callable[..., BrowserContext],
    catalogue: None,
    start_worker: Callable[..., WorkerProcess],
    tmp_path: Path,
) -> None:
    start_worker(settings={"JOB_CHUNK": "50"})
    file = old_file()
    sign_in(page)
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    shot(page, "path-01-studies")
    create_a_study(page)
    upload_and_map(page, file)
    watch_the_import(page, file)
    the_dashboard_counts(page, file)
    download_the_issues(page)
    work_the_queue_by_keys(page)
    export_and_check(page, file, tmp_path)
    the_same_numbers_in_korean(new_context, numbers(page_at_dashboard(page)))


def create_a_study(page: Page) -> None:
    page.get_by_role("link", name="New study").click()
    page.get_by_label("Name", exact=True).fill(STUDY)
    page.get_by_label("Classification").select_option(label="Another (1) (no dictionary)")
    expect(page.locator("#dictionary option")).to_have_count(1)
    page.get_by_label("Classification").select_option(label="Jobs (1) (1 dictionary)")
    expect(page.locator("#dictionary option")).to_have_count(2)
    page.get_by_label("Dictionary").select_option(label="Words v1")
    shot(page, "path-02-new-study")
    page.get_by_role("button", name="Create the study").click()
    expect(page.get_by_role("heading", name="Upload records")).to_be_visible()
    expect(page.locator(".bar .where a")).to_have_text(STUDY)


def upload_and_map(page: Page, file: OldFile) -> None:
    page.get_by_label("File").set_input_files(
        {"name": "설문 2003.csv", "mimeType": "text/csv", "buffer": file.content}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="설문 2003.csv")).to_be_visible()
    expect(fact(page, "Encoding")).to_have_text("cp949")
    expect(fact(page, "Delimiter")).to_have_text("semicolon")
    expect(fact(page, "Columns")).to_have_text(str(len(HEADER)))
    preview = page.locator("section[aria-labelledby=preview]")
    expect(preview.locator("thead th")).to_have_text([f"{n}. {name}" for n, name in enumerate(HEADER, 1)])
    expect(preview.locator("tbody tr")).to_have_count(20)
    expect(preview.locator("tbody tr").first.locator("td")).to_have_text(list(file.records[0]))
    for label, column in (("Record id", 0), ("Occupation", 1), ("Industry", 2), ("Age in years", 3)):
        page.get_by_label(label).select_option(str(column))
    shot(page, "path-03-columns")
    page.get_by_role("button", name="Start the import").click()


def watch_the_import(page: Page, file: OldFile) -> None:
    job = page.locator("section.job[aria-label=Import]")
    expect(job).to_be_visible()
    shot(page, "path-04-import")
    expect(job.locator(".badge")).to_have_text("Finished", timeout=PATIENCE)
    expect(page.locator("section.job[aria-label=Coding]")).to_have_count(0, timeout=PATIENCE)
    shot(page, "path-05-imported")
    assert numbers(page) == {
        "Rows read": len(file.records) + 4 + file.repeated,
        "Records added": len(file.records),
        "Unchanged: in the study already": file.repeated,
        "Issues": len(ISSUES),
    }


def page_at_dashboard(page: Page) -> Page:
    page.get_by_role("link", name="Dashboard").first.click()
    expect(page.get_by_role("heading", name=STUDY)).to_be_visible()
    return page


def the_dashboard_counts(page: Page, file: OldFile) -> None:
    page_at_dashboard(page)
    shot(page, "path-06-dashboard")
    assert numbers(page) == {
        "Records": len(file.records),
        "Accepted by machine": 4 * COPIES + 1,
        "Decided by a person": 0,
        "Set aside": 2 * COPIES,
        "Cannot be coded": 0,
        "Waiting for a person": 2 * COPIES + 1,
        "Not coded yet": 0,
    }
    assert outcomes(page) == {
        "Coded": 4 * COPIES + 1,
        "general table": 2 * COPIES + 1,
        "table “aircraft”": COPIES,
        "table “homemaker”": COPIES,
        "Tied": COPIES,
        "Not matched": COPIES + 1,
        "Child": COPIES,
        "Unknown or blank": COPIES,
    }
    coded, records = 4 * COPIES + 1, len(file.records)
    rates = page.locator("section[aria-labelledby=rates] tbody tr")
    without = f"{100 * coded / (records - 2 * COPIES):.1f}\N{NO-BREAK SPACE}%"
    counted = f"{100 * (coded + 2 * COPIES) / records:.1f}\N{NO-BREAK SPACE}%"
    expect(rates.nth(0).locator("td").first).to_have_text(without)
    expect(rates.nth(1).locator("td").first).to_have_text(counted)


def download_the_issues(page: Page) -> None:
    page.get_by_role("link", name="Imports").click()
    page.get_by_role("link", name="설문 2003.csv").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all as CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted(row["kind"] for row in rows) == sorted(ISSUES)
    lines = [int(row["line"]) for row in rows]
    assert lines == sorted(set(lines))
    not_text = next(row for row in rows if r"dri\xffver" in row["raw"])
    assert not_text["kind"] == "unreadable"


def work_the_queue_by_keys(page: Page) -> None:
    def on_screen(external_id: str) -> None:
        expect(page.locator("#record")).to_have_text(f"Record {external_id}")

    page_at_dashboard(page).get_by_role("link", name="Work the queue").click()
    await_keys(page)
    on_screen("000003")
    shot(page, "path-07-queue")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    on_screen("000004")
    page.keyboard.press("/")
    page.keyboard.type("plumb")
    expect(page.locator("#hits [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#picked input:checked")).to_have_count(1)
    page.keyboard.press("Enter")
    on_screen("000011")
    page.keyboard.press("s")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    on_screen("000012")
    page.keyboard.press("u")
    on_screen("000011")
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    on_screen("000012")
    page.keyboard.press("s")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    on_screen("000019")
    standing = Decision.objects.filter(undone_at=None).order_by("record_id")
    assert [(one.record.external_id, one.code.code if one.code else one.reason) for one in standing] == [
        ("000003", "510"),
        ("000004", "510"),
        ("000011", "406"),
        ("000012", "vague"),
    ]
    after = numbers(page_at_dashboard(page))
    assert (after["Decided by a person"], after["Cannot be coded"]) == (3, 1)
    assert after["Waiting for a person"] == 2 * COPIES + 1 - 4


def export_and_check(page: Page, file: OldFile, folder: Path) -> None:
    page.get_by_role("link", name="Exports").click()
    expect(page.locator(".empty")).to_be_visible()
    saved = {}
    for label, kind in (("CSV", "csv"), ("Excel (XLSX)", "xlsx"), ("Parquet", "parquet")):
        page.get_by_label("Format").select_option(label=label)
        page.get_by_role("button", name="Export", exact=True).click()
        row = page.locator("tbody tr").first
        expect(row.locator("td").first).to_have_text(label)
        with page.expect_download(timeout=PATIENCE) as download:
            row.get_by_role("link", name="Download").click(timeout=PATIENCE)
        saved[kind] = folder / download.value.suggested_filename
        download.value.save_as(saved[kind])
        assert saved[kind].suffix == f".{kind}"
        digest = hashlib.sha256(saved[kind].read_bytes()).hexdigest()
        expect(row.locator("td.hash")).to_have_text(digest)
    shot(page, "path-08-exports")
    expect(page.get_by_role("link", name="Download")).to_have_count(3)
    assert not Export.objects.exclude(rows=len(file.records)).exists()
    check_csv(saved["csv"], file)
    check_xlsx(saved["xlsx"], file)
    check_parquet(saved["parquet"], file)


def guarded(row: tuple[str, ...]) -> tuple[str, ...]:
    """A record's cells as CSV holds them: what would be run as a formula begins with an apostrophe."""
    harmless = {"=1+1": "'=1+1", " -3 ": "' -3 "}
    return tuple(harmless.get(cell, cell) for cell in row)


def check_csv(path: Path, file: OldFile) -> None:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert tuple(header[: len(HEADER)]) == HEADER
    assert [tuple(row[: len(HEADER)]) for row in rows] == [guarded(row) for row in file.records]
    found = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    machine, person, neither = found["000001"], found["000003"], found["000012"]
    assert (machine["tiebreak_final_code"], machine["tiebreak_route"]) == ("716", "dictionary")
    assert machine["tiebreak_dictionary_version"] == "Words v1"
    assert (person["tiebreak_final_code"], person["tiebreak_final_title"]) == ("510", "Plumber")
    assert (person["tiebreak_route"], person["tiebreak_decided_by"]) == ("person", "person-01")
    assert '"HEATING CONTRACTOR"' in person["tiebreak_candidates"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*\+00:00", person["tiebreak_decided_at"])
    assert (neither["tiebreak_final_code"], neither["tiebreak_reason"]) == ("", "vague")


def check_xlsx(path: Path, file: OldFile) -> None:
    found = datafiles.sniff(path)
    assert found.header[: len(HEADER)] == HEADER
    rows = [row.values for row in datafiles.read_rows(path, found) if isinstance(row, datafiles.Row)]
    assert [row[: len(HEADER)] for row in rows] == list(file.records)
    # A cell that is text is never run, whatever it begins with; another reader has to see it so too.
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


def check_parquet(path: Path, file: OldFile) -> None:
    table = pq.read_table(path)
    assert tuple(table.column_names[: len(HEADER)]) == HEADER
    columns = [table.column(name).to_pylist() for name in HEADER]
    assert list(zip(*columns, strict=True)) == list(file.records)
    assert ODD[0] in file.records


def the_same_numbers_in_korean(new_context: Callable[..., BrowserContext], english: dict[str, int]) -> None:
    page = new_context(locale="ko-KR").new_page()
    with translation.override("ko"):
        sign_in(page, name=str(translation.gettext("Sign in")))
        expect(page.locator("html")).to_have_attribute("lang", "ko")
        heading = page.get_by_role("heading", name=str(translation.gettext("Studies")))
        expect(heading).to_be_visible()
        page.get_by_role("link", name=STUDY).click()
        expect(page.get_by_role("heading", name=STUDY)).to_be_visible()
        shot(page, "path-09-dashboard-korean")
        korean = numbers(page)
        assert list(korean.values()) == list(english.values())
        assert korean[str(translation.gettext("Waiting for a person"))] == 2 * COPIES + 1 - 4
        untranslated = set(korean) & set(english)
        assert not untranslated
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_no_worker_at_all_is_said_on_the_page(page: Page, catalogue: None, tmp_path: Path) -> None:
    study: Study = factories.make_study(tmp_path)
    received = factories.upload(study)
    ingest.start(upload=received, columns=ingest.Columns(id=0, occupation=1), user=study.created_by)
    sign_in(page)
    page.goto(f"/studies/{study.slug}/imports/{received.pk}/")
    expect(page.locator("section.job .badge")).to_have_text("Waiting for a worker")
    expect(page.locator("section.job .warning")).to_contain_text("No worker answers")
    shot(page, "path-10-no-worker")
    page.goto(f"/studies/{study.slug}/")
    expect(page.locator("section.job .warning")).to_contain_text("No worker answers")
    assert not Record.objects.exists()

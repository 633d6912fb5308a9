"""A model from its training to its removal, in a real browser with a real worker."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from coding_app.choices import WorkQueue
from coding_app.models import Study
from tests import models
from tests.browser.browsers import BrowserLog, shot
from tests.browser.test_whole_path import sign_in
from tests.workers import WorkerProcess

pytestmark = pytest.mark.timeout(900)  # two trainings and a comparison, each with the patience below
PATIENCE = 180_000  # milliseconds, for what a worker does


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """Records with codes known beforehand, some of them wrong."""
    return models.labelled_study(tmp_path, count=200, noise=0.15)


def row(page: Page, number: int) -> Locator:
    """A version in the registry."""
    name = page.get_by_role("link", name=f"Model {number}", exact=True)
    return page.locator("table.versions tbody tr").filter(has=page.locator("th.version").filter(has=name))


def to_models(page: Page) -> None:
    page.get_by_role("link", name="Models").first.click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()


def test_a_model_is_trained_watched_judged_promoted_and_rolled_back(
    page: Page, study: Study, start_worker: Callable[..., WorkerProcess], browser_log: BrowserLog
) -> None:
    browser_log.allow("status of 422")  # a form that is sent with a fault in it
    browser_log.allow("Blocked script execution in .*/report/")  # this test's own, which looks at styles
    start_worker(queues=tuple(WorkQueue.values))
    sign_in(page)
    page.get_by_role("link", name=study.name).click()
    to_models(page)
    expect(page.locator(".empty")).to_contain_text("200 records of this study have a code to learn from")
    shot(page, "training-01-no-model")
    fill_in_the_form(page)
    watch_it(page, number=1)
    expect(page.locator(".notice.success")).to_contain_text("no current model")
    read_the_report(page)
    train_another_that_does_not_win(page)
    compare_both(page)
    roll_back_and_promote(page)
    download_and_remove(page)


def fill_in_the_form(page: Page) -> None:
    page.locator(".empty").get_by_role("link", name="Train a model").click()
    expect(page.get_by_role("radio", name="Codes known beforehand", exact=True)).not_to_be_checked()
    page.get_by_role("radio", name="Codes known beforehand", exact=True).check()
    texts = page.locator("#preview table td")
    expect(texts).to_have_count(3)
    template = page.get_by_label("Text template")
    template.fill("{occupation")
    expect(page.locator("#preview .error")).to_be_visible()
    template.fill("")
    page.get_by_role("button", name="occupation", exact=True).click()
    page.get_by_role("button", name="industry", exact=True).click()
    expect(template).to_have_value("{occupation} {industry}")
    expect(page.locator("#preview .error")).to_have_count(0)
    expect(texts.first).to_contain_text(re.compile(r"\w+ \w+"))
    page.get_by_label("Class filter: records a code needs").fill("60")
    page.get_by_label("Taught by title and description as well").select_option("none")
    expect(page.locator("#preview")).to_contain_text("left out")
    page.get_by_label("Class filter: records a code needs").fill("11")
    page.get_by_label("Taught by title and description as well").select_option("small")
    expect(page.locator("#preview")).to_contain_text("No code is left out.")
    page.get_by_role("radio", name="Baseline", exact=True).check()
    page.get_by_text("Test, epochs and seed").click()
    page.get_by_label("Learning rate").fill("7")
    shot(page, "training-02-form")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_label("Learning rate")).to_be_visible()
    expect(page.locator(".field.invalid .errorlist")).to_contain_text("between 0 and 1")
    page.get_by_label("Learning rate").fill("")
    page.get_by_role("button", name="Train", exact=True).click()


def watch_it(page: Page, *, number: int) -> None:
    job = page.locator("section.job")
    expect(job).to_be_visible()
    expect(job.locator(".badge")).to_have_text("Finished", timeout=PATIENCE)
    expect(page.get_by_role("link", name=f"Model {number}", exact=True).first).to_be_visible()
    expect(page.locator("figure.curve polyline")).to_have_attribute("points", re.compile(r"\d"))
    page.get_by_text("The table this curve is drawn from").click()
    table = page.get_by_role("region", name="Loss").locator("tbody")
    expect(table.locator("tr").last).to_be_visible()
    shot(page, f"training-03-done-{number}")


def read_the_report(page: Page) -> None:
    here = page.url
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.locator("h1")).to_contain_text("training")
    assert page.locator("figure svg").count() >= 4
    assert page.locator("script").count() == 0
    box = page.locator("figure svg").first.bounding_box()
    assert box is not None
    assert box["width"] > 200
    # Its own styles hold: on the page itself, and within its figures.
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
    strokes: list[str] = page.locator("figure svg [style*=stroke]").evaluate_all(
        "all => all.map(one => getComputedStyle(one).stroke)"
    )
    assert len({stroke for stroke in strokes if stroke.startswith("rgb")}) >= 2
    shot(page, "training-04-report", full_page=False)
    page.get_by_role("link", name="Coverage against accuracy").click()
    assert page.url.endswith("#coverage")
    assert page.evaluate("window.origin") == "null"  # nothing of this server's is within its reach
    page.goto(here)


def train_another_that_does_not_win(page: Page) -> None:
    page.get_by_role("link", name="Train again with other settings").click()
    page.get_by_text("Test, epochs and seed").click()
    page.get_by_label("Seed").fill("1")
    page.get_by_label("Class filter: records a code needs").fill("12")
    page.get_by_role("button", name="Train", exact=True).click()
    watch_it(page, number=2)
    verdict = page.locator("section[aria-labelledby=verdict]")
    expect(verdict.locator(".notice.warning")).to_be_visible()
    to_models(page)
    expect(row(page, 1).locator(".badge")).to_have_text("current")
    expect(row(page, 2).locator(".why")).not_to_be_empty()
    row(page, 2).get_by_role("button", name="Promote model 2").click()
    expect(page.locator(".messages .warning")).to_be_visible()
    shot(page, "training-05-not-promoted")
    to_models(page)
    expect(row(page, 1).locator(".badge")).to_have_text("current")


def compare_both(page: Page) -> None:
    page.get_by_label("Compare model 1").check()
    page.get_by_label("Compare model 2").check()
    page.get_by_role("button", name="Compare the ticked").click()
    expect(page.locator("[name=versions]:checked")).to_have_count(2)
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
    levels = page.locator("section[aria-labelledby=levels] tbody tr")
    expect(levels.first).to_contain_text("First code", timeout=PATIENCE)
    expect(page.locator("section[aria-labelledby=pair-1] tbody tr").first.locator("td")).to_have_count(6)
    shot(page, "training-06-comparison")
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.locator("h1")).to_be_visible()
    page.go_back()


def roll_back_and_promote(page: Page) -> None:
    to_models(page)
    page.get_by_role("button", name="Roll back to no model").click()
    expect(page.locator(".messages")).to_contain_text("No model is current.")
    expect(page.locator("table.versions .badge")).to_have_count(0)
    row(page, 1).get_by_role("button", name="Promote model 1").click()
    expect(page.locator(".messages")).to_contain_text("Model 1 is current now.")
    expect(row(page, 1).locator(".badge")).to_have_text("current")
    shot(page, "training-07-registry")


def download_and_remove(page: Page) -> None:
    with page.expect_download() as download:
        row(page, 2).get_by_role("link", name="Download model 2").click()
    assert download.value.suggested_filename.endswith("-model-2.zip")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert any(name.endswith("model.json") for name in archive.namelist())
    row(page, 2).get_by_role("link", name="Remove model 2").click()
    page.get_by_role("button", name="Remove for good").click()
    expect(page.locator(".messages")).to_contain_text("Model 2 is removed.")
    expect(page.locator("table.versions tbody tr")).to_have_count(1)


def test_a_chosen_file_offers_its_columns_at_once(page: Page, study: Study, browser_log: BrowserLog) -> None:
    sign_in(page)
    page.goto(f"/studies/{study.slug}/trainings/new/")
    column = page.locator("#id_code_column")
    expect(column).to_be_hidden()
    page.get_by_role("radio", name="A file", exact=True).check()
    expect(column).to_be_visible()
    content = "occupation,industry,분류\nlathe,mill,465\nboiler,mill,510\n".encode("cp949")
    page.get_by_label("File of coded records").set_input_files(
        {"name": "coded.csv", "mimeType": "text/csv", "buffer": content}
    )
    expect(page.locator("select#id_code_column option")).to_have_count(4)
    page.locator("select#id_code_column").select_option("분류")
    expect(page.locator("#columns-of-file").get_by_role("button", name="분류")).to_have_count(0)
    expect(page.locator("#preview table td").first).to_have_text("lathe mill")
    expect(page.locator("#preview")).to_contain_text("2 codes have fewer")
    shot(page, "training-08-file")

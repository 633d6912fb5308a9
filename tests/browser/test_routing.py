"""A routing previewed, applied and watched; a threshold explored; a code in doubt sorted by keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from coding_app.choices import JobKind, RecordStatus, Rule
from coding_app.models import Code, Job, LabelSuspect, Record, Routing, Study
from tests import factories, kept_models, scored
from tests.browser.browsers import BrowserLog, shot
from tests.workers import WorkerProcess

HEADER = ("id", "occupation", "industry", "age", "sex", "reference")
RECORDS = 120
PATIENCE = 60_000  # milliseconds, for what a worker does


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """Records whose probability falls from 0.99; the worst tenth is wrong, and two codes are in doubt."""
    made = factories.make_study(tmp_path)
    rows, answers = [], {}
    for at in range(RECORDS):
        name = f"{at:03}"
        wrong = at >= 0.9 * RECORDS
        rows.append(
            (name, "truck driver", "fuel oil", "40", "f" if at % 2 else "m", "715" if wrong else "716")
        )
        best = round(0.99 - 0.7 * at / RECORDS, 4)
        answers[name] = scored.Answer({"716": best, "715": round((1 - best) / 2, 4)})
    factories.bring_in(made, factories.csv_bytes(rows, HEADER))
    factories.code(made)
    scored.score(made, answers)
    training = kept_models.add_training(made)
    for name, quality in (("110", 0.01), ("119", 0.02)):
        LabelSuspect.objects.create(
            study=made,
            training=training,
            record=factories.record(made, name),
            code=Code.objects.get(code="715"),
            suggested=Code.objects.get(code="716"),
            quality=quality,
        )
    return made


def sign_in(page: Page) -> None:
    page.goto("/")
    page.locator("[name=username]").fill("manager")
    page.locator("[name=password]").fill("secret")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()


def change_of(page: Page, rule: str) -> list[str]:
    """Now, then and change of a rule in the preview."""
    row = page.locator("#preview tbody tr", has=page.locator(f"th:text-is('{rule}')"))
    return row.locator("td.num").all_inner_texts()


def test_preview_apply_watch_and_see_the_counts(
    page: Page, study: Study, start_worker: Callable[..., WorkerProcess], browser_log: BrowserLog
) -> None:
    start_worker()
    sign_in(page)
    page.goto(f"/studies/{study.slug}/routing/")
    page.get_by_label("What is probable enough").check()
    page.get_by_label("Threshold").fill("7")
    browser_log.allow("status of 422")
    page.locator("#ask").click()
    expect(page.locator("#routing .errorlist").first).to_contain_text("less than or equal to 1")
    page.get_by_label("Threshold").fill("0.64")
    page.locator("[name=person_code]").first.fill("716")
    expect(page.locator("[name=person_code]")).to_have_count(2)
    page.locator("[name=person_code]").first.fill("411 Carpenter")
    page.locator("#ask").click()
    expect(page.locator("#apply")).to_be_enabled()
    accepted = sum(round(0.99 - 0.7 * at / RECORDS, 4) >= 0.64 for at in range(RECORDS))
    assert change_of(page, "At or above the threshold") == ["0", str(accepted), f"+{accepted}"]
    assert change_of(page, "Below the threshold") == ["0", str(RECORDS - accepted), f"+{RECORDS - accepted}"]
    shot(page, "routing-preview")
    page.get_by_label("Threshold").fill("0.65")
    expect(page.locator("#apply")).to_be_disabled()
    expect(page.locator(".outdated")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#apply")).to_be_enabled()
    page.locator("#apply").click()
    expect(page.locator(".messages")).to_contain_text("Routing 1 is saved")
    expect(page.locator("section.job")).to_have_count(0, timeout=PATIENCE)
    job = Job.objects.get(kind=JobKind.ROUTE)
    page.goto(f"/studies/{study.slug}/jobs/{job.pk}/")
    expect(page.locator("section.job .badge")).to_have_text("Finished", timeout=PATIENCE)
    shot(page, "routing-job")
    accepted = sum(round(0.99 - 0.7 * at / RECORDS, 4) >= 0.65 for at in range(RECORDS))
    assert Record.objects.filter(status=RecordStatus.ACCEPTED, rule=Rule.THRESHOLD).count() == accepted
    page.goto(f"/studies/{study.slug}/")
    waiting = page.locator("section[aria-labelledby=routes] tr", has_text="Below the threshold")
    expect(waiting.locator("td.num").first).to_have_text(str(RECORDS - accepted))
    shot(page, "routing-dashboard")
    assert Routing.objects.get().person_codes == ["411"]


def test_a_threshold_is_explored_and_put_into_the_form(page: Page, study: Study) -> None:
    sign_in(page)
    page.goto(f"/studies/{study.slug}/explorer/?max_error=10")
    expect(page.locator("figure.curve .line")).to_be_visible()
    offered = page.locator("section[aria-labelledby=offered] .big").inner_text()
    shot(page, "explorer")
    page.get_by_role("link", name="Put it into the routing").click()
    assert float(page.get_by_label("Threshold").input_value()) == float(offered)
    expect(page.get_by_label("What is probable enough")).to_be_checked()
    assert not Routing.objects.exists()


def test_codes_in_doubt_are_sorted_by_keys(page: Page, study: Study) -> None:
    sign_in(page)
    page.goto(f"/studies/{study.slug}/labels/review/")
    heading = page.locator("#record")
    expect(heading).to_have_text("Record 110")
    shot(page, "label-review")
    page.keyboard.press("n")
    page.keyboard.type("1 load of oil")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(heading).to_have_text("Record 119")
    page.keyboard.press("2")
    expect(page.locator("#screen .empty")).to_contain_text("Every code in doubt is sorted")
    page.keyboard.press("u")
    expect(heading).to_have_text("Record 119")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#screen .empty")).to_contain_text("left for later")
    found = {one.record.external_id: (one.verdict, one.note) for one in LabelSuspect.objects.all()}
    assert found == {"110": ("data_error", "1 load of oil"), "119": ("", "")}


WINDOWS: dict[str, dict[str, Any]] = {
    "narrow": {"viewport": {"width": 700, "height": 900}},
    "dark": {"color_scheme": "dark"},
    "korean": {"locale": "ko-KR"},
}


@pytest.mark.parametrize("name", WINDOWS)
def test_pages_fit_other_windows_and_languages(
    study: Study, new_context: Callable[..., BrowserContext], name: str
) -> None:
    page = new_context(**WINDOWS[name]).new_page()
    page.goto("/login/")
    page.locator("[name=username]").fill("manager")
    page.locator("[name=password]").fill("secret")
    page.locator("main button").click()
    for part in ("routing", "explorer", "labels", "labels/review", "queue"):
        page.goto(f"/studies/{study.slug}/{part}/")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, part
        shot(page, f"{part.replace('/', '-')}-{name}")

"""The coder's screen in its empty, usual and extreme states: everything is there, and nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from coding_app.models import Code, CodeLabel, Study
from tests import factories
from tests.browser.browsers import await_keys, shot
from tests.browser.test_queue_keys import on_screen, sign_in

LONG = "운전원 및 화물 취급 관련 단순 노무 종사자 (기타 분류되지 않은 도로 운송 장비 조작원 포함) "
HEADER = ("id", "occupation", "industry", "age", "county", "remark")
NARROW = 720  # the laptop's 1280 px at nearly 200 %


def wide(literal: str, length: int) -> str:
    return (literal * (length // len(literal) + 1))[:length]


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """Literals of 900 characters, 600 codes, titles of 200 Korean letters, definitions, texts that repeat."""
    groups = [f"{top},Group {top},,1,{wide(LONG, 200)}," for top in range(100, 130)]
    codes = [
        f"{top}{at:02},Worker {top} {at},{top},2,{wide(LONG, 190)} {at},"
        for top in range(100, 130)
        for at in range(20)
    ]
    usual = "\n".join(factories.CODES.splitlines() + groups + codes) + "\n"
    factories.make_classification(tmp_path, codes=usual)
    study = factories.make_study(tmp_path)
    text = wide("contractor for plumbing and heating, ", 900)
    rows = [
        ("001", "contractor", "plumbing & heating", "33", "Marlow", ""),
        ("002", "contractor", "Plumbing & heating", "44", "Marlow", wide("Said that he also drives. ", 600)),
        ("003", text, wide("난방 및 배관 공사업, ", 900), "50", "Hill", "x"),
        *((f"1{at:02}", "contractor", "plumbing & heating", "40", "Marlow", "") for at in range(60)),
    ]
    factories.bring_in(study, factories.csv_bytes(rows, HEADER))
    factories.code(study)
    for code in Code.objects.filter(code__in=["470", "510", "406"]):
        CodeLabel.objects.update_or_create(
            code=code,
            language="en",
            defaults={
                "description": wide(f"What {code.title.lower()}s do. ", 500),
                "includes": wide("Includes this. ", 300),
                "excludes": wide("Excludes that. ", 300),
            },
        )
    return study


def fits(page: Page) -> None:
    """Nothing makes the page wider than its window."""
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_usual_screen(new_context: Callable[..., BrowserContext], study: Study, scheme: str) -> None:
    page = sign_in(new_context(color_scheme=scheme).new_page(), study)
    page.keyboard.press("2")
    expect(page.locator(".about.shown")).to_have_count(1)
    expect(page.locator("#show-same")).to_contain_text("61")
    fits(page)
    for name in ("#accept", "#cannot > summary", "#flag > summary", "#show-same", "#note"):
        expect(page.locator(name)).to_be_in_viewport(ratio=1)
    shot(page, f"queue-usual-{scheme}", full_page=False)


def test_all_records_of_a_text_are_listed_and_coded_by_keys(page: Page, study: Study) -> None:
    sign_in(page, study)
    page.keyboard.press("1")
    page.keyboard.press("g")
    preview = page.locator("#same-preview")
    expect(preview).to_be_focused()
    expect(preview.locator("li")).to_have_count(61)
    expect(page.locator("input[data-number='1']")).to_be_checked()
    shot(page, "queue-same-text", full_page=False)
    page.keyboard.press("Escape")
    expect(preview).to_have_count(0)
    page.keyboard.press("g")
    expect(preview).to_be_focused()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    on_screen(page, "003")
    expect(page.locator("#announce")).to_contain_text("62 records")
    page.keyboard.press("u")
    on_screen(page, "001")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (NARROW, 450), (390, 800)])
def test_long_literals_and_titles(
    new_context: Callable[..., BrowserContext], study: Study, width: int, height: int
) -> None:
    context = new_context(viewport={"width": width, "height": height}, locale="ko-KR", color_scheme="dark")
    page = sign_in(context.new_page(), study)
    page.goto(f"/studies/{study.slug}/records/?text=003")
    page.locator("tbody a").first.click()
    page.locator("form[action*='queue/open'] button").click()
    expect(page.locator("#record")).to_contain_text("003")
    await_keys(page)
    fits(page)
    expect(page.locator("#accept")).to_be_in_viewport(ratio=1)
    shot(page, f"queue-long-{width}", full_page=False)
    page.keyboard.press("/")
    page.keyboard.type("운전원 노무")
    expect(page.locator("#hits [role=option]")).to_have_count(20)
    expect(page.locator("#q")).to_be_in_viewport(ratio=1)
    fits(page)
    shot(page, f"queue-search-long-{width}", full_page=False)


def test_the_classification_is_walked_by_keys_among_600_codes(page: Page, study: Study) -> None:
    sign_in(page, study)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#hits [role=option]")).to_have_count(34)
    first = page.locator("#hits [role=option]").first
    expect(first).to_have_attribute("aria-selected", "true")
    shot(page, "queue-walk", full_page=False)
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    under = page.locator("#hits [aria-selected=true]").get_attribute("data-under")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#hits")).to_have_attribute("data-level", under or "")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#hits")).to_have_attribute("data-level", "")
    page.keyboard.press("Enter")
    expect(page.locator("#hits")).not_to_have_attribute("data-level", "")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(
        page.locator("input[name=choice]:checked, #hits[data-level='11'], #hits[data-level='21']")
    ).to_have_count(1)


def test_the_screen_without_candidates_and_with_a_filter(page: Page, study: Study) -> None:
    sign_in(page, study)
    page.locator("#narrow > summary").click()
    shot(page, "queue-filter", full_page=False)
    page.get_by_label("Column").select_option("county")
    page.get_by_label("Value").fill("nowhere")
    page.get_by_role("button", name="Serve these").click()
    expect(page.locator(".empty")).to_contain_text("No waiting record is like what you filter for")
    shot(page, "queue-filter-empty", full_page=False)
    page.get_by_role("button", name="Clear the filter").click()
    on_screen(page, "001")

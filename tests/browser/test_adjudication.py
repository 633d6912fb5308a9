"""A supervisor's path by keyboard alone, in a browser: settle what is disputed, read agreement, export."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from coding_app.choices import AdjudicationState, RecordStatus, Side
from coding_app.models import Adjudication, Study
from tests import drawn, factories
from tests.browser.browsers import BrowserLog, await_keys, shot

ROWS = [
    ("001", "truck driver", "fuel oil", "40"),
    ("002", "MACHINIST", "construction", "51"),
    ("003", "contractor", "plumbing & heating", "33"),
    ("004", "zookeeper", "", "28"),
    ("005", "riveter", "aircraft", "45"),
]
CODES = {"001": "716", "002": "465", "003": "510", "004": "411", "005": "801"}
OTHERS = {"002": "411", "003": "470", "004": drawn.CANNOT, "005": "465"}


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """Four of five records are disputed."""
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes(ROWS))
    factories.code(study)
    drawn.draw(study, "coder", "ada")
    drawn.decide(study, "coder", CODES)
    drawn.decide(study, "ada", CODES | OTHERS)
    return study


def sign_in(page: Page, study: Study, name: str = "supervisor") -> Page:
    page.goto(f"/login/?next=/studies/{study.slug}/adjudication/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", "secret")
    page.press("[name=password]", "Enter")
    expect(page.locator("#screen")).to_be_visible()
    return page


@pytest.fixture
def desk(page: Page, study: Study) -> Page:
    sign_in(page, study)
    await_keys(page)
    return page


def on_screen(page: Page, external_id: str) -> None:
    expect(page.locator("#record")).to_have_text(f"Record {external_id}")


def tab_to(page: Page, name: str) -> None:
    """Move the focus to a link or button by the Tab key."""
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip() == name:
            return
    raise AssertionError(f"{name} cannot be reached by the Tab key")


def settled() -> dict[str, str]:
    found = Adjudication.objects.filter(state=AdjudicationState.SETTLED).select_related("code", "record")
    return {one.record.external_id: one.code.code if one.code else one.cannot_reason for one in found}


def letter_of(page: Page, code: str) -> str:
    found = page.locator(f"#decide input[data-letter][data-code='{code}']").get_attribute("data-letter")
    assert found is not None
    return found


def test_the_whole_path_of_a_supervisor_by_keyboard(desk: Page, study: Study) -> None:
    on_screen(desk, "002")
    shot(desk, "adjudication-usual")
    desk.keyboard.press(letter_of(desk, "411"))
    expect(desk.locator("[data-code='411']").first).to_be_checked()
    desk.keyboard.press("Enter")
    on_screen(desk, "003")
    expect(desk.locator("#announce")).to_have_text("Settled as 411. Next record.")
    desk.keyboard.press("u")
    on_screen(desk, "002")
    desk.keyboard.press(letter_of(desk, "465"))
    desk.keyboard.press("Enter")
    on_screen(desk, "003")
    desk.keyboard.press("/")
    desk.keyboard.type("labour")
    expect(desk.locator("#hits [role=option]").first).to_contain_text("982")
    desk.keyboard.press("Enter")
    expect(desk.locator("#picked input")).to_be_checked()
    desk.keyboard.press("n")
    desk.keyboard.type("abc: helps on a site")
    shot(desk, "adjudication-another-code")
    desk.keyboard.press("Control+Enter")
    on_screen(desk, "004")
    desk.keyboard.press("s")
    desk.keyboard.press("3")
    desk.keyboard.press("Escape")
    desk.keyboard.press("n")
    desk.keyboard.type("two jobs")
    desk.keyboard.press("Escape")
    desk.keyboard.press("s")
    desk.keyboard.press("3")
    shot(desk, "adjudication-cannot-code")
    desk.keyboard.press("Enter")
    on_screen(desk, "005")
    desk.keyboard.press("f")
    desk.keyboard.type("Which part of the aircraft?")
    shot(desk, "adjudication-question")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_text("Nothing is disputed now.")).to_be_visible()
    shot(desk, "adjudication-empty")
    assert settled() == {"002": "465", "003": "982", "004": "several"}
    assert factories.record(study, "004").status == RecordStatus.CANNOT_CODE
    assert Adjudication.objects.get(record__external_id="003").side == Side.OTHER
    read_agreement_and_export(desk, study)


def read_agreement_and_export(page: Page, study: Study) -> None:
    tab_to(page, "Agreement")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Agreement", exact=True)).to_be_visible()
    expect(page.locator("main")).to_contain_text(re.compile("kappa", re.IGNORECASE))
    shot(page, "adjudication-agreement")
    tab_to(page, "Exports")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Exports")).to_be_visible()
    tab_to(page, "Export")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert study.jobs.filter(kind="export").count() == 1


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (700, 800), (640, 400)])
def test_the_question_and_the_actions_are_in_sight_whatever_the_window(
    desk: Page, width: int, height: int
) -> None:
    desk.set_viewport_size({"width": width, "height": height})
    for name in ("#accept", "#cannot > summary", "#note", "#flag > summary"):
        expect(desk.locator(name)).to_be_in_viewport(ratio=1)
    desk.keyboard.press("f")
    for name in ("#flag-note", "#raise"):
        expect(desk.locator(name)).to_be_in_viewport(ratio=1)
    assert desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_no_letter_acts_while_one_writes_or_composes_korean(desk: Page) -> None:
    on_screen(desk, "002")
    desk.keyboard.press("n")
    desk.keyboard.type("abcsuf")
    expect(desk.locator("#note")).to_have_value("abcsuf")
    expect(desk.locator("#decide input[data-letter]:checked")).to_have_count(0)
    desk.keyboard.press("Escape")
    desk.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'a', code: 'KeyA', isComposing: true, bubbles: true}))"
    )
    expect(desk.locator("#decide input[data-letter]:checked")).to_have_count(0)
    # A Korean keyboard gives another letter by the same key: its place counts.
    desk.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㅁ', code: 'KeyA', bubbles: true}))"
    )
    expect(desk.locator("#decide input[data-letter=a]")).to_be_checked()


def test_shortcuts_that_are_off_do_nothing(desk: Page) -> None:
    on_screen(desk, "002")
    desk.keyboard.press("?")
    desk.locator("#shortcuts").uncheck()
    desk.keyboard.press("Escape")
    desk.keyboard.press("a")
    expect(desk.locator("#decide input[data-letter]:checked")).to_have_count(0)


def test_what_was_settled_elsewhere_is_refused_and_the_next_is_shown(
    desk: Page, study: Study, browser_log: BrowserLog
) -> None:
    on_screen(desk, "002")
    Adjudication.objects.filter(record__external_id="002").update(state=AdjudicationState.WITHDRAWN)
    browser_log.allow("status of 409")
    desk.keyboard.press("a")
    desk.keyboard.press("Enter")
    expect(desk.locator("#notice")).to_contain_text("settled or taken back meanwhile")
    on_screen(desk, "003")


def test_everything_works_without_scripts(new_context: Callable[..., BrowserContext], study: Study) -> None:
    page = sign_in(new_context(java_script_enabled=False).new_page(), study)
    page.locator("#q").fill("labourer")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Construction labourer").click()
    page.locator("#note").fill("helps")
    page.get_by_role("button", name="Settle and go on").click()
    on_screen(page, "003")
    page.locator("#flag > summary").click()
    page.locator("#flag-note").fill("Pipes or boilers?")
    page.get_by_role("button", name="Send back and go on").click()
    on_screen(page, "004")
    page.get_by_role("button", name="Undo").click()
    on_screen(page, "002")

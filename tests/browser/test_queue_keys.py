"""The coder's screen by keyboard alone, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from coding_app.choices import RecordStatus
from coding_app.models import Decision, QueueItem, Study
from coding_app.services import review
from tests import factories
from tests.browser.browsers import BrowserLog, await_keys, shot

ROWS = [
    ("001", "contractor", "plumbing & heating", "33"),
    ("002", "zookeeper", "", "28"),
    ("003", "contractor", "plumbing & heating", "44"),
    ("004", "lion tamer", "", "50"),
]
LITERAL = ".literal.first"


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes(ROWS))
    factories.code(study)
    return study


def sign_in(page: Page, study: Study, name: str = "coder", *, scripts: bool = True) -> Page:
    """Sign in and wait for the coder's screen, until its keys do something where scripts run."""
    page.goto(f"/login/?next=/studies/{study.slug}/queue/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", "secret")
    page.press("[name=password]", "Enter")
    expect(page.locator("#screen")).to_be_visible()
    if scripts:
        await_keys(page)
    return page


@pytest.fixture
def desk(page: Page, study: Study) -> Page:
    return sign_in(page, study)


def on_screen(page: Page, external_id: str) -> None:
    expect(page.locator("#record")).to_have_text(f"Record {external_id}")


def standing() -> list[tuple[str, str]]:
    found = Decision.objects.filter(undone_at=None).order_by("pk").select_related("record", "code")
    return [(one.record.external_id, one.code.code if one.code else one.reason) for one in found]


def test_a_number_chooses_enter_accepts_and_the_next_record_is_there(desk: Page) -> None:
    on_screen(desk, "001")
    desk.keyboard.press("2")
    expect(desk.locator("input[data-number='2']")).to_be_checked()
    desk.keyboard.press("1")
    expect(desk.locator("input[data-number='1']")).to_be_checked()
    code = desk.locator("input[data-number='1']").get_attribute("data-code")
    shot(desk, "queue-chosen")
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    expect(desk.locator("#announce")).to_have_text(f"Coded {code}. Next record.")
    expect(desk.locator("#record")).to_be_focused()
    assert desk.url.endswith("/queue/")
    assert standing() == [("001", code)]


def test_enter_accepts_nothing_before_a_code_is_chosen(desk: Page) -> None:
    desk.keyboard.press("Enter")
    expect(desk.locator("#trouble")).to_contain_text("Choose a code first")
    desk.keyboard.press("9")
    desk.keyboard.press("Enter")
    on_screen(desk, "001")
    assert standing() == []


def test_a_code_is_found_picked_and_accepted_by_keys(desk: Page) -> None:
    desk.keyboard.press("/")
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("dr", delay=20)
    expect(desk.locator("#hits [role=option]")).to_have_count(5)
    desk.keyboard.press("ArrowDown")
    second = desk.locator("#hits [role=option]").nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    expect(desk.locator("#q")).to_have_attribute("aria-activedescendant", "hit-2")
    code = second.get_attribute("data-code")
    shot(desk, "queue-search")
    desk.keyboard.press("Enter")
    on_screen(desk, "001")
    expect(desk.locator(f"#picked input[data-code='{code}']")).to_be_checked()
    expect(desk.locator("#hits [role=option]")).to_have_count(0)
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    assert standing() == [("001", code)]


def test_enter_pressed_before_the_list_is_there_picks_from_the_list_that_comes(desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("carp")
    desk.keyboard.press("Enter")
    expect(desk.locator("#picked input[data-code='411']")).to_be_checked()
    on_screen(desk, "001")
    assert standing() == []


def test_a_candidate_found_by_search_is_chosen_where_it_stands(desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("배관")
    expect(desk.locator("#hits [role=option]")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.locator(".candidate input[data-code='510']")).to_be_checked()
    expect(desk.locator("#picked input")).to_have_count(0)


def test_no_key_acts_while_somebody_writes(desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("12su/n?")
    expect(desk.locator("#q")).to_have_value("12su/n?")
    desk.keyboard.press("Escape")
    desk.keyboard.press("n")
    expect(desk.locator("#note")).to_be_focused()
    desk.keyboard.type("1 s u / ? n")
    desk.keyboard.press("Enter")
    desk.keyboard.type("2")
    expect(desk.locator("#note")).to_have_value("1 s u / ? n\n2")
    expect(desk.locator("input[name=choice]:checked")).to_have_count(0)
    expect(desk.locator("#cannot")).not_to_have_attribute("open", "")
    expect(desk.locator("#help")).to_be_hidden()
    on_screen(desk, "001")
    desk.keyboard.press("Escape")
    desk.keyboard.press("1")
    expect(desk.locator("input[data-number='1']")).to_be_checked()
    assert standing() == []


def send_key(page: Page, **options: object) -> None:
    page.evaluate(
        "options => document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...options}))",
        options,
    )


def test_no_key_acts_while_korean_is_composed_and_the_place_of_a_key_counts_after(desk: Page) -> None:
    send_key(desk, key="ㄴ", code="KeyS", isComposing=True)
    send_key(desk, key="Process", code="KeyS", keyCode=229)
    send_key(desk, key="1", code="Digit1", isComposing=True)
    expect(desk.locator("input[name=choice]:checked")).to_have_count(0)
    expect(desk.locator("#cannot")).not_to_have_attribute("open", "")
    send_key(desk, key="ㄴ", code="KeyS")
    expect(desk.locator("#cannot")).to_have_attribute("open", "")


def test_a_key_held_down_decides_one_record(desk: Page) -> None:
    desk.keyboard.press("1")
    send_key(desk, key="Enter", code="Enter", repeat=True)
    on_screen(desk, "001")
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    assert len(standing()) == 1


def test_a_record_that_cannot_be_coded_by_keys(desk: Page) -> None:
    desk.keyboard.press("s")
    expect(desk.locator("#cannot")).to_have_attribute("open", "")
    desk.keyboard.press("Enter")
    expect(desk.locator("#trouble")).to_contain_text("Choose a reason")
    desk.keyboard.press("5")
    expect(desk.locator("#note")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Enter")
    expect(desk.locator("#trouble")).to_contain_text("Say in the note")
    desk.keyboard.type("the rest is torn off")
    shot(desk, "queue-cannot-code")
    desk.keyboard.press("Control+Enter")
    on_screen(desk, "002")
    desk.keyboard.press("s")
    desk.keyboard.press("1")
    expect(desk.locator("#cannot input[value=vague]")).to_be_checked()
    expect(desk.locator("input[name=choice]:checked")).to_have_count(0)
    desk.keyboard.press("Enter")
    on_screen(desk, "003")
    assert standing() == [("001", "other"), ("002", "vague")]


def test_escape_closes_what_is_open(desk: Page) -> None:
    desk.keyboard.press("s")
    desk.keyboard.press("Escape")
    expect(desk.locator("#cannot")).not_to_have_attribute("open", "")
    desk.keyboard.press("?")
    expect(desk.locator("#help")).to_be_visible()
    shot(desk, "queue-help", full_page=False)
    desk.keyboard.press("1")
    desk.keyboard.press("Escape")
    expect(desk.locator("#help")).to_be_hidden()
    expect(desk.locator("input[name=choice]:checked")).to_have_count(0)


def test_undo_by_key_returns_to_the_record_with_the_choice(desk: Page, study: Study) -> None:
    desk.keyboard.press("2")
    code = desk.locator("input[data-number='2']").get_attribute("data-code")
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    desk.keyboard.press("u")
    on_screen(desk, "001")
    expect(desk.locator(f"input[data-code='{code}']")).to_be_checked()
    expect(desk.locator("#announce")).to_contain_text(f"Taken back: 001 {code}")
    expect(desk.locator("#notice")).to_contain_text(f"Taken back: 001 {code}")
    assert standing() == []
    assert factories.record(study, "001").status == RecordStatus.WAITING


def test_the_queue_is_worked_to_its_end_without_a_mouse(desk: Page) -> None:
    for external_id, key in (("001", "1"), ("002", ""), ("003", "2"), ("004", "")):
        on_screen(desk, external_id)
        if key:
            desk.keyboard.press(key)
        else:
            desk.keyboard.press("/")
            desk.keyboard.type("labour")
            desk.keyboard.press("Enter")
            expect(desk.locator("#picked input")).to_be_checked()
        desk.keyboard.press("Enter")
    expect(desk.locator(".empty")).to_contain_text("every record is decided")
    shot(desk, "queue-done")
    desk.keyboard.press("u")
    on_screen(desk, "004")
    assert len(standing()) == 3


def test_shortcuts_are_switched_off_and_stay_off(desk: Page) -> None:
    desk.keyboard.press("?")
    desk.locator("#shortcuts").uncheck()
    desk.get_by_role("button", name="Close").click()
    desk.reload()
    desk.keyboard.press("1")
    desk.keyboard.press("s")
    expect(desk.locator("input[name=choice]:checked")).to_have_count(0)
    expect(desk.locator("#cannot")).not_to_have_attribute("open", "")
    desk.locator(".candidate").first.click()
    desk.get_by_role("button", name=re.compile("Accept")).click()
    on_screen(desk, "002")


def test_a_conflict_is_told_on_the_screen_and_nothing_is_lost(
    desk: Page, study: Study, browser_log: BrowserLog
) -> None:
    browser_log.allow("status of 409")
    desk.keyboard.press("n")
    desk.keyboard.type("seen on the photograph")
    desk.keyboard.press("Escape")
    desk.keyboard.press("1")
    QueueItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    review.open_next(study=study, user=User.objects.get(username="supervisor"))
    desk.keyboard.press("Enter")
    expect(desk.locator("#notice")).to_contain_text("Another coder has this record open")
    expect(desk.locator("#notice")).to_contain_text("seen on the photograph")
    on_screen(desk, "002")
    shot(desk, "queue-conflict")
    assert standing() == []


def test_a_server_that_cannot_be_reached_loses_nothing(desk: Page, browser_log: BrowserLog) -> None:
    browser_log.allow("decide|ERR_CONNECTION_REFUSED|htmx:(sendError|afterRequest)")
    desk.route("**/queue/decide/", lambda route: route.abort("connectionrefused"))
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("#trouble")).to_contain_text("cannot be reached")
    expect(desk.locator("input[data-number='1']")).to_be_checked()
    desk.unroute("**/queue/decide/")
    desk.keyboard.press("Enter")
    on_screen(desk, "002")


def test_somebody_signed_out_is_told_and_no_sign_in_page_lands_on_the_screen(desk: Page) -> None:
    desk.context.clear_cookies(name="sessionid")
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("#trouble")).to_contain_text("signed out")
    on_screen(desk, "001")


def test_a_lost_lease_is_told(desk: Page, study: Study) -> None:
    QueueItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    review.open_next(study=study, user=User.objects.get(username="supervisor"))
    desk.evaluate("htmx.trigger('#lease', 'renew')")
    expect(desk.locator("#lease")).to_contain_text("no longer kept for you")


def test_everything_works_without_scripts(new_context: Callable[..., BrowserContext], study: Study) -> None:
    page = sign_in(new_context(java_script_enabled=False).new_page(), study, scripts=False)
    page.fill("#q", "labour")
    page.press("#q", "Enter")
    page.get_by_role("link", name="982 Construction labourer").click()
    expect(page.locator("input[data-code='982']")).to_be_checked()
    page.get_by_role("button", name=re.compile("Accept")).click()
    on_screen(page, "002")
    page.locator("#cannot summary").click()
    page.get_by_label("Too vague").check()
    page.locator("#refuse").click()
    on_screen(page, "003")
    page.locator("#undo").click()
    on_screen(page, "002")
    assert standing() == [("001", "982")]

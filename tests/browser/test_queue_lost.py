"""Nothing is lost by a dropped connection, a second tab, a lease that ended, or a page loaded again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from coding_app.models import Decision, Flag, QueueItem, Study
from coding_app.services import review
from tests import factories
from tests.browser.browsers import BrowserLog, shot
from tests.browser.test_queue_keys import ROWS, on_screen, sign_in, standing


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes(ROWS))
    factories.code(study)
    return study


@pytest.fixture
def desk(page: Page, study: Study) -> Page:
    return sign_in(page, study)


def note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    page.keyboard.type(text)
    page.keyboard.press("Escape")


def test_offline_all_stays_and_is_saved_once_the_connection_is_back(
    desk: Page, browser_log: BrowserLog
) -> None:
    browser_log.allow("ERR_INTERNET_DISCONNECTED|htmx:(sendError|afterRequest)")
    note(desk, "torn at the edge")
    desk.keyboard.press("2")
    desk.context.set_offline(True)
    desk.keyboard.press("Enter")
    expect(desk.locator("#trouble")).to_contain_text("cannot be reached")
    expect(desk.locator("#note")).to_have_value("torn at the edge")
    expect(desk.locator("input[data-number='2']")).to_be_checked()
    shot(desk, "queue-offline", full_page=False)
    desk.context.set_offline(False)
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    assert Decision.objects.get().note == "torn at the edge"


def test_an_answer_that_never_came_is_sent_again_and_decides_once(
    desk: Page, browser_log: BrowserLog
) -> None:
    browser_log.allow("decide|ERR_|htmx:(sendError|afterRequest)")

    def lose(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]  # the server decides, and its answer is lost
        route.abort("connectionreset")  # type: ignore[attr-defined]

    desk.route("**/queue/decide/", lose)
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("#trouble")).to_contain_text("cannot be reached")
    desk.unroute("**/queue/decide/")
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    assert len(standing()) == 1


def test_what_was_entered_is_there_after_the_page_is_loaded_again(desk: Page) -> None:
    note(desk, "half a thought")
    desk.keyboard.press("2")
    desk.keyboard.press("f")
    desk.keyboard.type("is this one of ours?")
    desk.reload()
    expect(desk.locator("#note")).to_have_value("half a thought")
    expect(desk.locator("#flag-note")).to_have_value("is this one of ours?")
    expect(desk.locator("input[data-number='2']")).to_be_checked()
    expect(desk.locator("#trouble")).to_contain_text("is here again")
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    expect(desk.locator("#note")).to_have_value("")


def test_a_second_tab_decides_the_record_once_and_says_so(
    desk: Page, study: Study, browser_log: BrowserLog
) -> None:
    browser_log.allow("status of 409")
    other = desk.context.new_page()
    other.goto(f"/studies/{study.slug}/queue/")
    on_screen(other, "001")
    other.keyboard.press("1")
    other.keyboard.press("Enter")
    on_screen(other, "002")
    note(desk, "from the first tab")
    desk.keyboard.press("2")
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    expect(desk.locator("#notice")).to_contain_text("from the first tab")
    assert len(standing()) == 1


def test_a_lease_that_ended_is_no_loss_while_nobody_else_took_the_record(desk: Page) -> None:
    QueueItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    note(desk, "after lunch")
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    on_screen(desk, "002")
    assert Decision.objects.get().note == "after lunch"


def test_a_flag_at_a_record_that_another_took_is_raised_all_the_same(desk: Page, study: Study) -> None:
    QueueItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    review.open_next(study=study, user=User.objects.get(username="supervisor"))
    desk.keyboard.press("f")
    desk.keyboard.type("look at this")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#notice")).to_contain_text("Flagged")
    assert Flag.objects.get().record.external_id == "001"

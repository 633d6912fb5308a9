"""The browser the other tests of this folder drive: it shows Korean, and its complaints fail a test."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Response

from tests.browser.browsers import BrowserLog, shot


def test_an_error_on_the_console_is_noticed(page: Page, browser_log: BrowserLog) -> None:
    page.set_content("<script>console.error('the queue is empty')</script>")
    assert browser_log.problems == ["console: the queue is empty"]
    browser_log.allow("queue is empty")
    assert not browser_log.problems


def test_an_exception_in_a_script_is_noticed(page: Page, browser_log: BrowserLog) -> None:
    page.set_content("<script>throw new Error('no such key')</script>")
    assert browser_log.problems == ["script: no such key"]
    browser_log.allow("no such key")


def test_a_request_that_fails_is_noticed(page: Page, browser_log: BrowserLog) -> None:
    page.route("**/unreachable.js", lambda route: route.abort("connectionrefused"))
    page.set_content("<script src='http://localhost/unreachable.js'></script>", wait_until="load")
    assert "request: GET http://localhost/unreachable.js: net::ERR_CONNECTION_REFUSED" in browser_log.problems
    browser_log.allow("unreachable|CONNECTION_REFUSED")


def test_the_live_server_answers_the_browser(page: Page, browser_log: BrowserLog) -> None:
    browser_log.allow("status of 404")
    answer = page.goto("/no-such-page/")
    assert isinstance(answer, Response)
    assert answer.status == 404


@pytest.mark.django_db(transaction=True)
def test_a_test_may_use_the_database_while_the_browser_runs(page: Page) -> None:
    from django.contrib.auth.models import User

    User.objects.create_user("someone")
    page.set_content("<p>직업 코딩</p>")
    assert User.objects.count() == 1
    assert shot(page, "korean").stat().st_size > 0

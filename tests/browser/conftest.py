"""A real browser for the tests of this folder, which are all marked ``browser``.

``page`` is a page on the live server (``page.goto("/")``); a test fails when the console shows an error, a
script throws or a request fails, unless it said so with ``browser_log.allow("status of 404")``.
``browsers.shot(page, name)`` saves a picture under ``var/screenshots``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser import browsers

HERE = Path(__file__).parent
PATIENCE = 15_000  # milliseconds, for what a page does by itself, on a machine that does much else besides


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without a browser skip before any other fixture starts; where CI runs there has to be one."""
    if item.get_closest_marker("browser") and browsers.find_chromium() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(browsers.MISSING, pytrace=False)
        pytest.skip(browsers.MISSING)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the package.

    Playwright keeps an event loop running in this thread for as long as it is started, which Django takes for
    asynchronous code and refuses to query the database from; hence the variable, for just as long.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(
            executable_path=browsers.find_chromium(), headless=True, args=browsers.launch_flags()
        )
        expect.set_options(timeout=PATIENCE)
        yield chromium
        chromium.close()


@pytest.fixture
def browser_log() -> browsers.BrowserLog:
    """What the pages of this test complained of."""
    return browsers.BrowserLog()


@pytest.fixture
def new_context(
    browser: Browser, live_server: LiveServer, browser_log: browsers.BrowserLog
) -> Iterator[Callable[..., BrowserContext]]:
    """Opens another visitor's browser (cookies of its own) on the live server; its pages are watched as well.

    Takes the options of Playwright's ``new_context``. At its end the test fails for what the pages
    complained of.
    """
    opened: list[BrowserContext] = []

    def open_context(**options: object) -> BrowserContext:
        settings = {
            "base_url": live_server.url,
            "viewport": {"width": 1280, "height": 800},
            "locale": "en-GB",
        }
        context = browser.new_context(**{**settings, **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        context.on("page", browser_log.watch)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()
    assert not browser_log.problems, "the browser complained:\n" + "\n".join(browser_log.problems)


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A fresh page of a fresh visitor; relative addresses are the live server's."""
    return new_context().new_page()

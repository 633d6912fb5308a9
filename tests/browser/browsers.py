"""Which browser the tests drive, and what it said while they did."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Error, Page, Request, expect

from tests.shared import REPOSITORY

SCREENSHOTS = REPOSITORY / "var" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no chromium found: run .ci/install-browser, or set TIEBREAK_CHROMIUM to the program"


def find_chromium() -> str | None:
    """The path of a Chromium: ``TIEBREAK_CHROMIUM`` or the first usual name on ``PATH``; None without one."""
    named = os.environ.get("TIEBREAK_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def launch_flags() -> list[str]:
    """Chromium's flags: nothing that asks the network for anything but the page under test."""
    flags = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",  # containers give it 64 MB, too little for a page
    ]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium's sandbox refuses root
    return flags


def shot(page: Page, name: str, *, full_page: bool = True) -> Path:
    """Save what ``page`` shows as ``var/screenshots/NAME.png``, over an older one; returns the path."""
    path = SCREENSHOTS / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=full_page, animations="disabled")
    return path


def await_keys(page: Page) -> None:
    """Wait until the keys of a coder's or an adjudicator's screen do something.

    The mark is set by the first of the page's scripts. The letters are in the second, and htmx sends forms
    only when all have run: a key that is pressed in between is lost, or loads a page.
    """
    expect(page.locator("html.with-scripts")).to_be_attached()
    page.wait_for_load_state()


class BrowserLog:
    """Errors that pages reported: on the console, uncaught in a script, or as requests that failed.

    ``allow`` names what a test provokes on purpose; everything else fails the test when it ends.
    """

    def __init__(self) -> None:
        self._found: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    def watch(self, page: Page) -> None:
        """Note what goes wrong on ``page`` from now on."""
        page.on("console", self._on_console)
        page.on("pageerror", self._on_page_error)
        page.on("requestfailed", self._on_request_failed)

    def allow(self, pattern: str) -> None:
        """Let errors pass that the regular expression ``pattern`` is found in, such as ``status of 404``."""
        self._allowed.append(re.compile(pattern))

    @property
    def problems(self) -> list[str]:
        """The errors seen so far that were not allowed."""
        return [text for text in self._found if not any(rule.search(text) for rule in self._allowed)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            source = message.location["url"]
            self._found.append(f"console: {message.text}" + (f" ({source})" if source else ""))

    def _on_page_error(self, error: Error) -> None:
        self._found.append(f"script: {error.message}")

    def _on_request_failed(self, request: Request) -> None:
        # Leaving a page and starting a download abort what was under way: no fault of the page.
        if request.failure != "net::ERR_ABORTED":
            self._found.append(f"request: {request.method} {request.url}: {request.failure}")

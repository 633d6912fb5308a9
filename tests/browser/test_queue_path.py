"""A coder's day by keyboard alone: sign in, code twenty records, undo one, search for one, flag one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import translation
from playwright.sync_api import BrowserContext, Page, expect

from coding_app.models import Decision, Flag, Study
from tests import factories
from tests.browser.browsers import shot

TWENTY = 20


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """Records that a person codes, each with a text of its own."""
    rows = [(f"{at:02}", f"contractor {at}", "plumbing & heating", "40") for at in range(1, TWENTY + 3)]
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes(rows))
    factories.code(study)
    return study


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element, once it is there, has the focus."""
    expect(page.locator(selector)).to_be_visible()
    for _ in range(60):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_day_by_keyboard(new_context: Callable[..., BrowserContext], study: Study, language: str) -> None:
    page = new_context(locale={"en": "en-GB", "ko": "ko-KR"}[language]).new_page()
    page.goto("/login/")
    expect(page.locator("html")).to_have_attribute("lang", language)
    tab_to(page, "[name=username]")
    page.keyboard.type("coder")
    tab_to(page, "[name=password]")
    page.keyboard.type("secret")
    page.keyboard.press("Enter")
    tab_to(page, f"main a[href='/studies/{study.slug}/']")
    page.keyboard.press("Enter")
    tab_to(page, "nav.tabs a[href$='/queue/']")
    page.keyboard.press("Enter")
    expect(page.locator("html.with-scripts")).to_be_attached()

    def on_screen(number: int) -> None:
        with translation.override(language):
            heading = translation.gettext("Record %(id)s") % {"id": f"{number:02}"}
        expect(page.locator("#record")).to_have_text(heading)

    for number in range(1, TWENTY + 1):
        on_screen(number)
        if number == 7:
            page.keyboard.press("/")
            page.keyboard.type("ㅂㄱㄱ" if language == "ko" else "plumer")
            expect(page.locator("#hits [role=option]").first).to_have_attribute("data-code", "510")
            page.keyboard.press("Enter")
            expect(page.locator(".candidate input[data-code='510']")).to_be_checked()
        elif number == 9:
            page.keyboard.press("f")
            page.keyboard.type("난방인가 배관인가?" if language == "ko" else "Heating or plumbing?")
            page.keyboard.press("Control+Enter")
            expect(page.locator("#notice")).to_be_visible()
            on_screen(9)
            page.keyboard.press("2")
        else:
            page.keyboard.press("1")
        page.keyboard.press("Enter")
    on_screen(TWENTY + 1)
    page.keyboard.press("u")
    on_screen(TWENTY)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    on_screen(TWENTY + 1)
    shot(page, f"queue-day-{language}", full_page=False)
    standing = Decision.objects.filter(undone_at=None).select_related("code", "record")
    codes = {one.record.external_id: one.code.code for one in standing if one.code}
    assert len(codes) == TWENTY
    assert codes["07"] == "510"
    assert codes["01"] != codes[f"{TWENTY}"]
    assert Decision.objects.exclude(undone_at=None).count() == 1
    assert Flag.objects.get().record.external_id == "09"

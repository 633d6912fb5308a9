"""A supervisor answers flags by keyboard, and the coder sees the answer at the record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, expect

from coding_app.models import Study
from coding_app.services import flags
from tests import factories
from tests.browser.browsers import shot
from tests.browser.test_queue_keys import ROWS, sign_in


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes(ROWS))
    factories.code(study)
    return study


def test_flags_are_answered_by_keyboard_and_seen_at_the_record(
    new_context: Callable[..., BrowserContext], study: Study
) -> None:
    page = sign_in(new_context().new_page(), study, "supervisor")
    page.goto(f"/studies/{study.slug}/flags/")
    expect(page.get_by_text("No flag waits for an answer")).to_be_visible()
    shot(page, "flags-empty", full_page=False)
    coder = User.objects.get(username="coder")
    flags.raise_flag(record=factories.record(study, "002"), user=coder, note="Heating or plumbing?")
    flags.raise_flag(record=factories.record(study, "003"), user=coder, note="Is this work? " * 140)
    page.reload()
    expect(page.locator("article")).to_have_count(2)
    shot(page, "flags-usual", full_page=False)
    page.get_by_role("textbox", name="Answer").first.focus()
    page.keyboard.type("The van says plumbing.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("Answered.")
    shot(page, "flags-answered")
    queue = sign_in(new_context().new_page(), study)
    expect(queue.locator(".asked")).to_contain_text("The van says plumbing.")
    shot(queue, "queue-answered", full_page=False)

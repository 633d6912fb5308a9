"""What of the coder's screen is in sight, and what it does by itself, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from coding_app.models import Job, Study
from coding_app.services import suggest, work
from tests import factories
from tests.browser.browsers import shot
from tests.browser.test_queue_keys import ROWS, on_screen, sign_in


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """Records that are not coded yet."""
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes(ROWS))
    return study


def test_an_empty_queue_opens_the_first_record_when_the_coding_ends(page: Page, study: Study) -> None:
    job = suggest.start(study=study, user=None)
    sign_in(page, study)
    expect(page.locator(".empty")).to_contain_text("4 records are being coded by machine")
    page.wait_for_event("response", lambda answer: answer.url.endswith("/queue/"))  # asked again
    expect(page.locator(".empty")).to_be_visible()
    work.run_job(job_id=job.pk, worker="test")
    on_screen(page, "001")
    expect(page.locator("#announce")).to_have_text("A record has come.")
    expect(page.locator("#record")).to_be_focused()


def test_nothing_is_asked_for_again_where_no_coding_is_under_way(page: Page, study: Study) -> None:
    sign_in(page, study)
    expect(page.locator(".empty")).to_contain_text("not coded by machine yet")
    expect(page.locator(".empty[hx-get]")).to_have_count(0)
    assert not Job.objects.filter(kind="code").exists()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1280, 600), (700, 800), (640, 400)])
def test_accept_and_every_reason_are_in_sight_whatever_the_window(
    page: Page, study: Study, width: int, height: int
) -> None:
    factories.code(study)
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, study)
    for name in ("#accept", "#cannot > summary", "#note"):
        expect(page.locator(name)).to_be_in_viewport(ratio=1)
    bar = page.locator(".actions").bounding_box()
    assert bar is not None
    assert bar["height"] <= height / 5  # most of the window is the record's
    page.keyboard.press("s")
    shot(page, f"queue-cannot-code-{width}x{height}", full_page=False)
    for label in page.locator("#cannot label").all():
        expect(label).to_be_in_viewport(ratio=1)
    expect(page.locator("#refuse")).to_be_in_viewport(ratio=1)


def test_a_complaint_goes_when_what_it_was_about_changes(page: Page, study: Study) -> None:
    factories.code(study)
    sign_in(page, study)
    trouble = page.locator("#trouble")
    page.keyboard.press("Enter")
    expect(trouble).to_contain_text("Choose a code first")
    page.keyboard.press("s")
    expect(trouble).to_be_hidden()
    page.keyboard.press("Enter")
    expect(trouble).to_contain_text("Choose a reason first")
    page.keyboard.press("1")
    expect(trouble).to_be_hidden()
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(trouble).to_contain_text("Say in the note")
    page.keyboard.type("torn")
    expect(trouble).to_be_hidden()


def test_the_tabs_stand_still_and_counts_of_leaves_stand_under_those_of_branches(
    page: Page, study: Study
) -> None:
    factories.bring_in(study, factories.csv_bytes([("101", "truck driver", "fuel oil", "40")]))
    factories.code(study)
    sign_in(page, study)
    lefts = "all => all.map(one => one.getBoundingClientRect().left)"
    before = page.locator(".tabs a").evaluate_all(lefts)
    page.goto(f"/studies/{study.slug}/classification/?code=716")
    assert page.locator(".tabs a").evaluate_all(lefts) == before
    rights: list[float] = page.locator(".tree a.num:visible").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().right)"
    )
    assert len(rights) == 3  # a leaf and the two above it
    assert rights == pytest.approx([rights[0]] * 3, abs=0.6)

"""What somebody fills in before the scripts of a page have started is asked for once they have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from coding_app.models import Study
from tests import factories
from tests.browser.test_whole_path import sign_in


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """A study with records; a second classification, so that none is chosen on its own."""
    study = factories.make_study(tmp_path)
    factories.make_classification(tmp_path, "Another", "code,title\n1,Everybody\n")
    factories.bring_in(study, factories.csv_bytes())
    factories.code(study)
    return study


@pytest.fixture
def open_slowly(page: Page, study: Study) -> Callable[[str], Callable[[], None]]:
    """Opens a page whose scripts do not come; what it returns lets them come."""
    held: list[Route] = []
    may_come = False

    def hold(route: Route) -> None:
        if may_come:
            route.continue_()
        else:
            held.append(route)

    def open_page(address: str) -> Callable[[], None]:
        page.route("**/*.js", hold)
        page.goto(address, wait_until="commit")
        page.locator("main button").first.wait_for()

        def let_come() -> None:
            nonlocal may_come
            may_come = True  # the browser may ask for some of them only now
            for route in held:
                route.continue_()

        return let_come

    sign_in(page)
    expect(page.locator("h1")).to_be_visible()
    return open_page


def test_dictionaries_come_for_a_classification_chosen_before_the_scripts(
    page: Page, open_slowly: Callable[[str], Callable[[], None]]
) -> None:
    let_come = open_slowly("/new-study/")
    page.get_by_label("Classification").select_option(label="Jobs (1) (1 dictionary)")
    expect(page.locator("#dictionary option")).to_have_count(0)
    let_come()
    expect(page.locator("#dictionary option")).to_have_count(2)


def test_the_preview_of_a_round_is_of_what_was_chosen_before_the_scripts(
    page: Page, study: Study, open_slowly: Callable[[str], Callable[[], None]]
) -> None:
    let_come = open_slowly(f"/studies/{study.slug}/rounds/new/?kind=double")
    drawn = page.locator("#preview > p:not(.notice) > b").first
    expect(drawn).to_have_text("6")
    page.locator("[name=status]").select_option("waiting")
    let_come()
    expect(drawn).to_have_text("2")

"""The whole path by keyboard alone: coding twenty records, adjudicating what is disputed, agreement, export.

No test here may use the mouse: nothing is clicked, filled in or chosen but by keys, from the sign-in on.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import translation
from playwright.sync_api import BrowserContext, Page, expect

from coding_app.choices import JobKind, RoundRecordState, Side
from coding_app.models import Adjudication, Decision, Flag, RoundRecord, Study
from coding_app.services import work
from tests import drawn, factories
from tests.browser.browsers import await_keys, shot

TWENTY = 20
LOCALES = {"en": "en-GB", "ko": "ko-KR"}
SEARCH, FLAG = 7, 9
"""In which place a code is searched for, and in which a record is flagged."""


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """Records that two people are to code, each with a text of its own and candidates."""
    rows = [(f"{at:02}", f"contractor {at}", "plumbing & heating", "40") for at in range(1, TWENTY + 3)]
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes(rows))
    factories.code(study)
    drawn.draw(study, "coder", "ada", blinded=False)
    return study


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element, once it is there, has the focus."""
    expect(page.locator(selector)).to_be_visible()
    for _ in range(80):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")


def follow(page: Page, selector: str) -> None:
    """Go to a link or button by Tab, and press it."""
    tab_to(page, selector)
    page.keyboard.press("Enter")


def sign_in(page: Page, study: Study, name: str, language: str, tab: str) -> None:
    """From the sign-in to a tab of the study whose keys do something."""
    page.goto("/login/")
    expect(page.locator("html")).to_have_attribute("lang", language)
    tab_to(page, "[name=username]")
    page.keyboard.type(name)
    tab_to(page, "[name=password]")
    page.keyboard.type("secret")
    page.keyboard.press("Enter")
    follow(page, f"main a[href='/studies/{study.slug}/']")
    follow(page, f"nav.tabs a[href$='/{tab}/']")
    await_keys(page)


def record_after(page: Page, last: str, language: str) -> str:
    """The id of the record on the screen, once another than ``last`` is there."""
    with translation.override(language):
        pattern, rest = translation.gettext("Record %(id)s").split("%(id)s")
    heading = re.compile(rf"^{pattern}(?!{last or 'none'}{rest}$)(\d\d){rest}$")
    expect(page.locator("#record")).to_have_text(heading)
    found = heading.match(page.locator("#record").inner_text())
    assert found is not None
    return found[1]


def on_screen(page: Page, external_id: str, language: str) -> None:
    with translation.override(language):
        expect(page.locator("#record")).to_have_text(
            translation.gettext("Record %(id)s") % {"id": external_id}
        )


@pytest.mark.timeout(240)
@pytest.mark.parametrize("language", LOCALES)
def test_the_whole_path_by_keyboard(
    new_context: Callable[..., BrowserContext], study: Study, tmp_path: Path, language: str
) -> None:
    order = code_twenty(new_context(locale=LOCALES[language]).new_page(), study, language)
    standing = Decision.objects.filter(undone_at=None).select_related("code", "record")
    codes = {one.record.external_id: one.code.code for one in standing if one.code}
    assert len(codes) == TWENTY
    assert codes[order[SEARCH - 1]] == "510"
    assert codes[order[0]] != codes[order[-1]]
    assert Decision.objects.exclude(undone_at=None).count() == 1
    assert Flag.objects.get().record.external_id == order[FLAG - 1]

    disputed = order[:3]
    drawn.decide(study, "ada", dict.fromkeys(all_ids(study), "801") | codes | dict.fromkeys(disputed, "900"))
    page = new_context(locale=LOCALES[language]).new_page()
    sign_in(page, study, "supervisor", language, "adjudication")
    results = adjudicate_three(page, language)
    assert sorted(results) == sorted(disputed)
    assert settled() == results
    read_agreement(page, language)
    export(page, study, language, tmp_path, codes | results)


def code_twenty(page: Page, study: Study, language: str) -> list[str]:
    """Code twenty records: one after a search, one flagged, the last again after it was undone."""
    sign_in(page, study, "coder", language, "queue")
    order: list[str] = []
    for place in range(1, TWENTY + 1):
        order.append(record_after(page, order[-1] if order else "", language))
        if place == SEARCH:
            page.keyboard.press("/")
            page.keyboard.type("ㅂㄱㄱ" if language == "ko" else "plumer")
            expect(page.locator("#hits [role=option]").first).to_have_attribute("data-code", "510")
            page.keyboard.press("Enter")
            expect(page.locator(".candidate input[data-code='510']")).to_be_checked()
        elif place == FLAG:
            page.keyboard.press("f")
            page.keyboard.type("난방인가 배관인가?" if language == "ko" else "Heating or plumbing?")
            page.keyboard.press("Control+Enter")
            expect(page.locator("#notice")).to_be_visible()
            on_screen(page, order[-1], language)
            page.keyboard.press("2")
        else:
            page.keyboard.press("1")
        page.keyboard.press("Enter")
    record_after(page, order[-1], language)
    page.keyboard.press("u")
    on_screen(page, order[-1], language)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    record_after(page, order[-1], language)
    shot(page, f"path-coder-{language}", full_page=False)
    return order


def adjudicate_three(page: Page, language: str) -> dict[str, str]:
    """Settle all: by a letter after an undo, by a searched code with a reason, and by a letter again."""
    results: dict[str, str] = {}
    first = record_after(page, "", language)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    second = record_after(page, first, language)
    page.keyboard.press("u")
    on_screen(page, first, language)
    page.keyboard.press("b")
    results[first] = chosen(page)
    page.keyboard.press("Enter")
    on_screen(page, second, language)
    page.keyboard.press("/")
    page.keyboard.type("ㄱㄱㄱ" if language == "ko" else "machinst")
    expect(page.locator("#hits [role=option]").first).to_have_attribute("data-code", "465")
    page.keyboard.press("Enter")
    results[second] = chosen(page)
    page.keyboard.press("n")
    page.keyboard.type("a 기계공 all the same")
    shot(page, f"path-adjudicator-{language}", full_page=False)
    page.keyboard.press("Control+Enter")
    third = record_after(page, second, language)
    page.keyboard.press("a")
    results[third] = chosen(page)
    page.keyboard.press("Enter")
    expect(page.locator("#screen .empty")).to_be_visible()
    return results


def chosen(page: Page) -> str:
    """The code that is chosen on the screen."""
    choice = page.locator("#decide input[name=choice]:checked")
    expect(choice).to_have_count(1)
    code = choice.get_attribute("data-code")
    assert code is not None
    return code


def settled() -> dict[str, str]:
    """The codes that adjudicators gave, by record; what was undone is not there."""
    found = Adjudication.objects.filter(state="settled").select_related("code", "record")
    assert Side.OTHER in {one.side for one in found}
    return {one.record.external_id: one.code.code for one in found if one.code}


def read_agreement(page: Page, language: str) -> None:
    """Three of the twenty that both have coded differ; the number leads to them."""
    follow(page, "nav.tabs a[href$='/agreement/']")
    deepest = page.locator("section[aria-labelledby=by-level] tbody tr").last
    numbers = deepest.locator("td.num")
    expect(numbers.nth(1)).to_have_text(str(TWENTY))
    expect(numbers.nth(2)).to_have_text("3")
    expect(numbers.nth(3)).to_have_text(re.compile(r"85\.0\s%"))
    shot(page, f"path-agreement-{language}")
    follow(page, "section[aria-labelledby=by-level] tbody tr:last-child a[href*=agreeing]")
    expect(page.locator("main tbody tr")).to_have_count(3)


def export(page: Page, study: Study, language: str, folder: Path, codes: dict[str, str]) -> None:
    """Ask for a file, and download it once a worker has written it: it holds what was decided."""
    follow(page, "nav.tabs a[href$='/exports/']")
    # The page that is left has such a button, too: it must not be pressed while this one is on its way.
    expect(page).to_have_url(re.compile(r"/exports/$"))
    follow(page, "main form button.primary")
    expect(page.locator("main tbody tr")).to_have_count(1)
    work.run_job(job_id=study.jobs.get(kind=JobKind.EXPORT).pk, worker="test")
    with page.expect_download() as download:
        follow(page, "main tbody a[href$='/download/']")
    shot(page, f"path-export-{language}")
    path = folder / "export.csv"
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["id"]: row["tiebreak_final_code"] for row in csv.DictReader(stream)}
    assert {name: code for name, code in rows.items() if code} == codes
    states = dict(RoundRecord.objects.values_list("record__external_id", "state"))
    assert {name for name, state in states.items() if state == RoundRecordState.CODING} == {
        name for name, code in rows.items() if not code
    }


def all_ids(study: Study) -> list[str]:
    return list(study.records.values_list("external_id", flat=True))

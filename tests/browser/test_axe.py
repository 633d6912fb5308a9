"""No page of the application has a serious or critical fault of accessibility, in light or in dark.

Every address of the URL configuration that gives a page to the manager of a study with one of everything is
looked at with axe, and what visitors, coders and blinded coders see besides. A new page is looked at, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from coding_app.models import Study
from tests import test_permission_matrix as matrix
from tests.addresses import addresses
from tests.browser.browsers import BrowserLog

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
study = matrix.study
_media = matrix._media

axe = Axe()
OURS = ("admin:", "api:")
"""Pages of packages are theirs; of the API there are no pages but the documentation, which is a package's."""
GRAVE = {"serious", "critical"}


def seen_by(name: str, study: Study) -> list[str]:
    """Addresses of pages that somebody may look at."""
    client = Client()
    client.force_login(User.objects.get(username=name))
    found = matrix.keys(study)
    pages = []
    for address in addresses():
        if address.name.startswith(OURS):
            continue
        target = matrix.target(address, study, found)
        answer = client.get(target)
        page = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
        page = page and b"<html" in answer.content  # rather than a part of a page
        # A document that is downloaded, or may run no script, not even axe, is a file rather than a page.
        is_file = "Content-Disposition" in answer or "sandbox" in answer.get("Content-Security-Policy", "")
        if page and not is_file:
            pages.append(target)
    return pages


def as_user(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, name: str, **options: Any
) -> Page:
    """A page of somebody who is signed in."""
    client = Client()
    client.force_login(User.objects.get(username=name))
    context = new_context(**options)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    return context.new_page()


def faults(page: Page, target: str, *rules: str) -> Iterator[str]:
    """What axe finds grave on a page, with where it is."""
    page.goto(target)
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    for fault in axe.run(page, options=options).response["violations"]:
        if fault["impact"] in GRAVE:
            places = "; ".join(f"{node['target']} {node['html'][:160]}" for node in fault["nodes"][:3])
            yield f"{target}: {fault['id']} ({fault['impact']}): {places}"


def test_every_page_of_a_study_is_accessible(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, study: Study
) -> None:
    page = as_user(new_context, live_server, "manager")
    targets = seen_by("manager", study)
    assert len(targets) > 30
    found = [fault for target in targets for fault in faults(page, target)]
    assert not found, "\n".join(found)


def test_colours_are_told_apart_in_the_dark(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, study: Study
) -> None:
    page = as_user(new_context, live_server, "manager", color_scheme="dark")
    found = [
        fault for target in seen_by("manager", study) for fault in faults(page, target, "color-contrast")
    ]
    assert not found, "\n".join(found)


def test_what_others_see_is_accessible(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, study: Study, browser_log: BrowserLog
) -> None:
    browser_log.allow("status of 40[34]")
    found = [
        fault for target in ("/login/", "/nowhere/") for fault in faults(new_context().new_page(), target)
    ]
    for name in ("coder", "blinded"):
        page = as_user(new_context, live_server, name)
        here = f"/studies/{study.slug}"
        for target in (f"{here}/queue/", f"{here}/records/", f"{here}/flags/", f"{here}/members/"):
            found += faults(page, target)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens_on_the_coders_screen_is_accessible(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, study: Study, scheme: str
) -> None:
    page = as_user(new_context, live_server, "manager", color_scheme=scheme)
    page.goto(f"/studies/{study.slug}/queue/")
    page.locator("html.with-scripts").wait_for(state="attached")

    def checked(what: str) -> list[str]:
        violations = axe.run(page).response["violations"]
        return [
            f"{what}: {one['id']} {one['nodes'][0]['html'][:200]}"
            for one in violations
            if one["impact"] in GRAVE
        ]

    found = []
    page.keyboard.press("1")
    for key, wait in (("s", "#cannot[open]"), ("f", "#flag[open]"), ("?", "#help[open]")):
        page.keyboard.press(key)
        page.locator(wait).wait_for()
        found += checked(key)
        page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("dri")
    page.locator("#hits [role=option]").first.wait_for()
    found += checked("/")
    page.keyboard.press("Escape")
    page.locator("#narrow summary").click()
    found += checked("filter")
    assert not found, "\n".join(found)

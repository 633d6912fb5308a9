"""Members on their page, and a link from its making to the account it ends in."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from coding_app.choices import Role
from coding_app.models import Invitation, Membership, Study
from coding_app.services import invitations
from tests import drawn

PASSWORD = "correct horse battery"


def link_in(page: str) -> str:
    """The address of an invitation that was just made."""
    found = re.search(r'value="http://testserver(/invitations/[\w-]+/)"', page)
    assert found, page
    return found.group(1)


@pytest.fixture
def link(empty_study: Study, sign_in: Callable[[str], Client]) -> str:
    """A link for a coder, made on the page."""
    sent = {"note": "for Ada", "role": "coder", "days": 7}
    page = sign_in("manager").post(f"/studies/{empty_study.slug}/members/invite/", sent)
    assert page.status_code == 200
    return link_in(page.content.decode())


def test_a_link_is_shown_once_and_kept_nowhere(
    empty_study: Study, sign_in: Callable[[str], Client], link: str
) -> None:
    secret = link.split("/")[-2]
    page = sign_in("manager").get(f"/studies/{empty_study.slug}/members/").content.decode()
    assert "for Ada" in page
    assert secret not in page
    assert secret not in str(list(Invitation.objects.values()))


def test_somebody_without_an_account_makes_one_and_is_a_member(empty_study: Study, link: str) -> None:
    client = Client()
    assert empty_study.name in client.get(link).content.decode()
    weak = client.post(link, {"username": "ada", "password1": "12345", "password2": "12345"})
    assert weak.status_code == 422
    assert not User.objects.filter(username="ada").exists()
    made = client.post(link, {"username": "ada", "password1": PASSWORD, "password2": PASSWORD}, follow=True)
    assert made.redirect_chain[-1][0] == f"/studies/{empty_study.slug}/"
    assert made.status_code == 200
    assert Membership.objects.get(user__username="ada").role == Role.CODER
    assert Client().get(link).status_code == 404


def test_somebody_with_an_account_joins_with_it(
    empty_study: Study, sign_in: Callable[[str], Client], link: str
) -> None:
    assert f"/login/?next={link.replace('/', '%2F')}" in Client().get(link).content.decode()
    client = sign_in("ada")
    assert "Join as ada" in client.get(link).content.decode()
    assert client.post(link).status_code == 302
    assert client.get(f"/studies/{empty_study.slug}/queue/").status_code == 200


def test_a_withdrawn_link_leads_nowhere(
    empty_study: Study, sign_in: Callable[[str], Client], link: str
) -> None:
    pk = Invitation.objects.get().pk
    withdrawn = f"/studies/{empty_study.slug}/members/invitations/{pk}/withdraw/"
    assert sign_in("manager").post(withdrawn).status_code == 302
    answer = sign_in("ada").get(link)
    assert answer.status_code == 404
    assert empty_study.name not in answer.content.decode()
    assert sign_in("ada").post(link).status_code == 404


def test_a_member_is_deactivated_and_active_again(
    empty_study: Study, sign_in: Callable[[str], Client]
) -> None:
    here = f"/studies/{empty_study.slug}/"
    member = Membership.objects.get(study=empty_study, user__username="coder").pk
    boss, coder = sign_in("manager"), sign_in("coder")
    boss.post(f"{here}members/", {"action": "deactivate", "member": member})
    assert coder.get(f"{here}queue/").status_code == 404
    assert empty_study.name not in coder.get("/").content.decode()
    assert coder.get("/api/v1/studies/").json()["results"] == []
    boss.post(f"{here}members/", {"action": "reactivate", "member": member})
    assert coder.get(f"{here}queue/").status_code == 200


def test_open_work_is_transferred_on_a_page(coded_study: Study, sign_in: Callable[[str], Client]) -> None:
    made = drawn.draw(coded_study, "anna", "ben", blinded=False)
    anna = Membership.objects.get(study=coded_study, user__username="anna")
    here = f"/studies/{coded_study.slug}/members/{anna.pk}/transfer/"
    boss = sign_in("manager")
    ben = Membership.objects.get(study=coded_study, user__username="ben")
    refused = boss.post(here, {"to": ben.user_id})
    assert refused.status_code == 422
    assert "nobody codes a record twice" in refused.content.decode()
    assert boss.post(here, {"to": "everybody"}).status_code == 302
    assert not made.records.filter(places__assigned=anna.user, places__state="open").exists()


def test_the_api_invites_and_transfers(empty_study: Study, sign_in: Callable[[str], Client]) -> None:
    api = f"/api/v1/studies/{empty_study.slug}"
    boss = sign_in("manager")
    made = boss.post(f"{api}/invitations/", {"role": "supervisor"}, content_type="application/json").json()
    secret = made["link"].rstrip("/").split("/")[-1]
    assert invitations.accept(secret=secret, user=User.objects.create_user("ada")).role == Role.SUPERVISOR
    listed = boss.get(f"{api}/invitations/").json()["results"]
    assert [(one["used_by"], "link" in one) for one in listed] == [("ada", False)]
    ada = Membership.objects.get(user__username="ada").pk
    gone = boss.patch(f"{api}/members/{ada}/", {"active": False}, content_type="application/json")
    assert gone.json()["deactivated_at"]
    both = {"active": True, "role": "coder"}
    assert boss.patch(f"{api}/members/{ada}/", both, content_type="application/json").status_code == 400
    nothing = boss.post(f"{api}/members/{ada}/transfer/", {"to": None}, content_type="application/json")
    assert nothing.status_code == 400

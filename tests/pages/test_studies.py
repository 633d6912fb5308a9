"""Making a study, its settings and its members."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from coding_app.choices import Role
from coding_app.models import Classification, Event, Membership, Study
from coding_app.services import dictionaries
from tests import factories

NEW = "/new-study/"


def fields(classification: Classification, **changes: str | int) -> dict[str, str | int]:
    """A new study as the form sends it."""
    version = classification.dictionaries.get().versions.get()
    return {
        "name": "Births 1990",
        "description": "",
        "classification": classification.pk,
        "dictionary_version": version.pk,
        "child_age": 14,
        **changes,
    }


@pytest.fixture
def manager(empty_study: Study, sign_in: Callable[[str], Client]) -> Client:
    """The browser of the manager, who may create studies."""
    return sign_in("manager")


def test_a_study_is_created_and_leads_to_the_upload(manager: Client, empty_study: Study) -> None:
    response = manager.post(NEW, fields(empty_study.classification))
    study = Study.objects.get(name="Births 1990")
    assert response["Location"] == f"/studies/{study.slug}/upload/"
    assert Membership.objects.get(study=study).role == Role.MANAGER


def test_who_may_not_create_studies_is_refused(empty_study: Study, sign_in: Callable[[str], Client]) -> None:
    client = sign_in("coder")
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, fields(empty_study.classification)).status_code == 403
    assert "New study" not in client.get("/").content.decode()


def test_only_dictionaries_of_the_chosen_classification_are_offered(
    manager: Client, empty_study: Study, tmp_path: Path
) -> None:
    other = factories.make_classification(tmp_path, name="Trades")
    factories.make_version(tmp_path, other, name="Trade words")
    page = manager.get(NEW).content.decode()
    assert "Words v1" not in page
    assert "Trade words v1" not in page
    chosen: dict[str, str | int] = {"classification": other.pk, "name": "Kept"}
    page = manager.get(NEW, chosen).content.decode()
    assert "Trade words v1" in page
    assert ">Words v1" not in page
    assert 'value="Kept"' in page
    asked = manager.post(NEW, {**chosen, "ask": "dictionaries"}).content.decode()
    assert "Trade words v1" in asked
    assert 'value="Kept"' in asked
    assert not Study.objects.filter(name="Kept").exists()


def test_classifications_that_have_dictionaries_come_first_and_say_so(
    manager: Client, tmp_path: Path
) -> None:
    factories.make_classification(tmp_path, name="A bare one")
    page = manager.get(NEW).content.decode()
    assert page.index("Jobs (1) (1 dictionary)") < page.index("A bare one (1) (no dictionary)")


def test_enter_in_a_field_creates_the_study_for_that_is_the_first_button(manager: Client) -> None:
    form = manager.get(NEW).content.decode().split('action="/new-study/"')[1]
    first = form[form.index("<button") :].split("</button>")[0]
    assert "name=" not in first
    assert "Create the study" in first


def test_a_dictionary_of_another_classification_is_refused(
    manager: Client, empty_study: Study, tmp_path: Path
) -> None:
    other = factories.make_classification(tmp_path, name="Trades")
    sent = {**fields(empty_study.classification), "classification": other.pk}
    response = manager.post(NEW, sent)
    assert response.status_code == 422
    assert "Select a valid choice" in response.content.decode()


@pytest.mark.parametrize("value", ["x", "-1", "9" * 30, "0", "\0"])
def test_a_classification_that_is_none_is_ignored_in_the_address(manager: Client, value: str) -> None:
    assert manager.get(NEW, {"classification": value}).status_code == 200


def test_faults_stand_beside_their_fields_and_what_was_typed_is_kept(
    manager: Client, empty_study: Study
) -> None:
    changed = fields(empty_study.classification, name=empty_study.name, description="my words")
    response = manager.post(NEW, changed)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"name"}
    assert "my words" in response.content.decode()
    response = manager.post(NEW, fields(empty_study.classification, child_age=500))
    assert response.context["form"].errors.keys() == {"child_age"}


def test_settings_are_saved_and_written_to_the_journal(manager: Client, empty_study: Study) -> None:
    version = empty_study.dictionary_version
    assert version is not None
    target = f"/studies/{empty_study.slug}/settings/"
    sent = {"description": "new", "child_age": 16, "dictionary_version": version.pk}
    response = manager.post(target, sent)
    assert response.status_code == 302
    empty_study.refresh_from_db()
    assert (empty_study.description, empty_study.child_age) == ("new", 16)
    event = Event.objects.filter(study=empty_study).latest("pk")
    assert event.data["settings"]["child_age"] == {"from": 14, "to": 16}
    assert event.actor is not None
    assert event.actor.username == "manager"
    before = Event.objects.count()
    manager.post(target, sent)
    assert Event.objects.count() == before


def test_a_newer_version_of_the_dictionary_is_offered(
    manager: Client, empty_study: Study, tmp_path: Path
) -> None:
    folder = factories.write_dictionary(
        tmp_path / "newer", {**factories.DICTIONARY, "entries.csv": "phrase,code\nDRIVER,715\n"}
    )
    dictionaries.load(name="Words", classification=empty_study.classification, folder=folder)
    page = manager.get(f"/studies/{empty_study.slug}/settings/").content.decode()
    assert "There is a newer version" in page
    assert "Words v2" in page


def test_members_are_added_changed_and_removed(manager: Client, empty_study: Study) -> None:
    factories.make_user("newcomer")
    target = f"/studies/{empty_study.slug}/members/"
    manager.post(target, {"action": "add", "username": "NewComer", "role": "coder"})
    member = Membership.objects.get(study=empty_study, user__username="newcomer")
    manager.post(target, {"action": "change", "member": member.pk, "role": "supervisor"})
    member.refresh_from_db()
    assert member.role == Role.SUPERVISOR
    manager.post(target, {"action": "remove", "member": member.pk})
    assert not Membership.objects.filter(pk=member.pk).exists()


@pytest.mark.parametrize(
    ("name", "problem"), [("nobody", "can be invited by a link"), ("coder", "is a member already")]
)
def test_a_member_who_cannot_be_added_is_said_beside_the_field(
    manager: Client, empty_study: Study, name: str, problem: str
) -> None:
    target = f"/studies/{empty_study.slug}/members/"
    response = manager.post(target, {"action": "add", "username": name, "role": "coder"})
    assert response.status_code == 422
    assert problem in str(response.context["form"].errors["username"])


def test_the_last_manager_stays(manager: Client, empty_study: Study) -> None:
    own = Membership.objects.get(study=empty_study, user__username="manager")
    target = f"/studies/{empty_study.slug}/members/"
    for sent in ({"action": "remove"}, {"action": "change", "role": "coder"}):
        response = manager.post(target, {**sent, "member": own.pk}, follow=True)
        assert "A study needs a manager" in response.content.decode()
    assert Membership.objects.get(pk=own.pk).role == Role.MANAGER


@pytest.mark.parametrize("key", ["", "x", "9" * 40, "0"])
def test_a_member_who_is_none_is_not_found(manager: Client, empty_study: Study, key: str) -> None:
    target = f"/studies/{empty_study.slug}/members/"
    assert manager.post(target, {"action": "remove", "member": key}).status_code == 404


def test_a_manager_who_gives_up_managing_sees_the_dashboard(manager: Client, empty_study: Study) -> None:
    Membership.objects.filter(study=empty_study, user__username="supervisor").update(role=Role.MANAGER)
    own = Membership.objects.get(study=empty_study, user__username="manager")
    target = f"/studies/{empty_study.slug}/members/"
    response = manager.post(target, {"action": "change", "member": own.pk, "role": "coder"})
    assert response["Location"] == f"/studies/{empty_study.slug}/"

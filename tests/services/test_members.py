"""Members who join, leave, and leave work behind."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from coding_app.choices import AdjudicationState, QueueState, Role, RoundKind, Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Adjudication, Code, Event, Invitation, Membership, QueueItem, Study
from coding_app.selectors import invitations as selected
from coding_app.selectors import open_work
from coding_app.selectors.blinding import is_blinded
from coding_app.selectors.studies import studies_for
from coding_app.services import invitations, members, review, transfers
from tests import drawn, factories


@pytest.fixture
def study(db: None, tmp_path: Path, settings: Any) -> Study:
    """Eight records, coded; two wait."""
    settings.MEDIA_ROOT = tmp_path / "media"
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    return made


def boss(study: Study) -> User:
    """The manager."""
    return study.members.get(username="manager")


def of(study: Study, name: str) -> Membership:
    """Somebody's membership."""
    return Membership.objects.get(study=study, user__username=name)


def places(round_: Any) -> dict[str, list[str]]:
    """Who is to code which records of a round."""
    found: dict[str, list[str]] = {}
    mine = QueueItem.objects.filter(round_record__round=round_, state=QueueState.OPEN)
    for place in mine.select_related("assigned", "record").order_by("record__external_id"):
        found.setdefault(place.assigned.username if place.assigned else "", []).append(
            place.record.external_id
        )
    return found


def test_a_link_makes_its_reader_a_member_once(study: Study) -> None:
    made, secret = invitations.invite(study=study, role=Role.CODER, user=boss(study), note="for Ada")
    assert secret not in made.secret_hash
    ada, bob = factories.make_user("ada"), factories.make_user("bob")
    assert invitations.accept(secret=secret, user=ada).role == Role.CODER
    with pytest.raises(Conflict):
        invitations.accept(secret=secret, user=bob)
    assert not Membership.objects.filter(user=bob).exists()
    made.refresh_from_db()
    assert made.used_by == ada
    verbs = [one.verb for one in Event.objects.filter(study=study).order_by("-pk")[:3]]
    assert verbs == [Verb.INVITATION_USED, Verb.MEMBER_ADDED, Verb.MEMBER_INVITED]


@pytest.mark.parametrize("why", ["withdrawn", "expired", "made by nobody's manager", "never made"])
def test_a_link_that_is_not_open_makes_nobody_a_member(study: Study, why: str) -> None:
    made, secret = invitations.invite(study=study, role=Role.MANAGER, user=boss(study))
    if why == "withdrawn":
        invitations.withdraw(invitation=made, user=boss(study))
    elif why == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif why == "never made":
        secret = "x" * 43
    else:
        members.change_role(membership=of(study, "supervisor"), role=Role.MANAGER, user=boss(study))
        members.change_role(membership=of(study, "manager"), role=Role.CODER, user=boss(study))
    assert selected.by_secret(secret) is None
    with pytest.raises(Conflict):
        invitations.join(secret=secret, username="ada", password="a long enough one")
    assert not User.objects.filter(username="ada").exists()  # no account is left behind


def test_a_member_who_opens_a_link_leaves_it_open(study: Study) -> None:
    _made, secret = invitations.invite(study=study, role=Role.MANAGER, user=boss(study))
    coder = study.members.get(username="coder")
    with pytest.raises(Conflict):
        invitations.accept(secret=secret, user=coder)
    assert of(study, "coder").role == Role.CODER
    assert selected.by_secret(secret) is not None


def test_a_name_that_is_taken_uses_up_no_link(study: Study) -> None:
    _made, secret = invitations.invite(study=study, role=Role.CODER, user=boss(study))
    with pytest.raises(InvalidInput):
        invitations.join(secret=secret, username="coder", password="a long enough one")
    assert invitations.join(secret=secret, username="ada", password="a long enough one").user.is_active


def test_the_study_is_gone_for_a_deactivated_member_and_back_for_an_active_one(study: Study) -> None:
    coder = study.members.get(username="coder")
    held = review.open_next(study=study, user=coder)
    assert held is not None
    members.deactivate(membership=of(study, "coder"), user=boss(study))
    held.refresh_from_db()
    assert held.holder is None
    assert list(studies_for(coder)) == []
    with pytest.raises(Conflict):
        members.deactivate(membership=of(study, "coder"), user=boss(study))
    with pytest.raises(Conflict):
        members.add(study=study, member=coder, role=Role.MANAGER, user=boss(study))
    members.reactivate(membership=of(study, "coder"), user=boss(study))
    assert list(studies_for(coder)) == [study]


def test_a_deactivated_manager_does_not_count_as_one(study: Study) -> None:
    members.change_role(membership=of(study, "supervisor"), role=Role.MANAGER, user=boss(study))
    members.deactivate(membership=of(study, "manager"), user=boss(study))
    last = of(study, "supervisor")
    for change in (members.deactivate, members.remove):
        with pytest.raises(InvalidInput):
            change(membership=last, user=last.user)
    with pytest.raises(InvalidInput):
        members.change_role(membership=last, role=Role.CODER, user=last.user)


def test_a_blinded_coder_is_given_no_role_that_sees_more(study: Study) -> None:
    drawn.draw(study, "anna", "ben")
    anna = of(study, "anna")
    assert is_blinded(anna)
    with pytest.raises(InvalidInput):
        members.change_role(membership=anna, role=Role.SUPERVISOR, user=boss(study))
    assert of(study, "anna").role == Role.CODER


def test_who_has_work_is_not_removed_before_others_have_it(study: Study) -> None:
    drawn.draw(study, "anna", "ben")
    with pytest.raises(InvalidInput):
        members.remove(membership=of(study, "anna"), user=boss(study))
    drawn.coder(study, "carla")
    transfers.transfer(study=study, leaver=of(study, "anna").user, to=None, user=boss(study))
    members.remove(membership=of(study, "anna"), user=boss(study))
    assert not Membership.objects.filter(study=study, user__username="anna").exists()


def test_a_leavers_records_go_to_who_does_not_code_them_yet(study: Study) -> None:
    made = drawn.draw(study, "anna", "ben")
    anna, ben = of(study, "anna").user, of(study, "ben").user
    n = open_work.of(study, anna).places
    assert n > 1
    with pytest.raises(InvalidInput):  # Ben codes every one of them himself
        transfers.transfer(study=study, leaver=anna, to=ben, user=boss(study))
    alone = transfers.transfer(study=study, leaver=anna, to=None, user=boss(study))
    coder = {"coder": n}  # the one coder of the study who is not in the round
    assert (alone.places, alone.left) == (coder, 0)
    assert len(places(made)["coder"]) == n
    assert is_blinded(of(study, "coder"))
    event = Event.objects.filter(study=study, verb=Verb.WORK_TRANSFERRED).get()
    assert event.data["places"] == coder


def test_blinded_work_goes_to_coders_only(study: Study) -> None:
    drawn.draw(study, "anna", "ben")
    anna = of(study, "anna").user
    for name in ("supervisor", "manager"):
        with pytest.raises(InvalidInput):
            transfers.transfer(study=study, leaver=anna, to=of(study, name).user, user=boss(study))
    members.deactivate(membership=of(study, "coder"), user=boss(study))
    with pytest.raises(InvalidInput):
        transfers.transfer(study=study, leaver=anna, to=of(study, "coder").user, user=boss(study))
    left = transfers.transfer(study=study, leaver=anna, to=None, user=boss(study))
    assert (left.moved, left.left) == (0, open_work.of(study, anna).places)


def test_work_for_everybody_is_shared_out_evenly(study: Study) -> None:
    made = drawn.draw(
        study, "anna", "ben", "carla", kind=RoundKind.REVIEW, coders_per_record=1, blinded=False
    )
    before = places(made)
    total = sum(len(mine) for mine in before.values())
    transfers.transfer(study=study, leaver=of(study, "anna").user, to=None, user=boss(study))
    after = {name: len(mine) for name, mine in places(made).items()}
    assert set(after) == {"ben", "carla"}
    assert sum(after.values()) == total
    assert abs(after["ben"] - after["carla"]) <= 1


def test_disputes_go_to_who_did_not_code_them(study: Study) -> None:
    made = drawn.draw(study, "anna", "ben", blinded=False)
    first = made.records.earliest("position")
    for name, code in (("anna", "411"), ("ben", "510")):
        user = of(study, name).user
        review.open_record(record=first.record, user=user)
        review.decide(
            record=first.record, user=user, code=Code.objects.get(code=code),
            seen_version=first.record.version,
        )  # fmt: skip
    dispute = Adjudication.objects.get(state=AdjudicationState.OPEN)
    leaver = of(study, "supervisor").user
    Adjudication.objects.filter(pk=dispute.pk).update(assigned=leaver)
    with pytest.raises(InvalidInput):
        transfers.transfer(study=study, leaver=leaver, to=of(study, "anna").user, user=boss(study))
    transfers.transfer(study=study, leaver=leaver, to=boss(study), user=boss(study))
    dispute.refresh_from_db()
    assert dispute.assigned == boss(study)
    transfers.transfer(study=study, leaver=boss(study), to=None, user=boss(study))
    dispute.refresh_from_db()
    assert dispute.assigned is None


def test_who_has_nothing_has_nothing_to_transfer(study: Study) -> None:
    with pytest.raises(InvalidInput):
        transfers.transfer(study=study, leaver=of(study, "coder").user, to=None, user=boss(study))

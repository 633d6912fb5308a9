"""The adjudicator's screen: what is shown and what is not, settling, sending back, undoing, leases."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from coding_app.choices import AdjudicationState, QueueState, RecordStatus, RoundKind, Side
from coding_app.models import Adjudication, QueueItem, Record, Study
from coding_app.services import rounds
from tests import drawn, factories

SignIn = Callable[[str], Client]
CODES = {"001": "716", "002": "465", "003": "510", "004": "411", "005": "900", "006": "801", "009": "715"}
HX = {"HX-Request": "true"}


@pytest.fixture
def study(coded_study: Study) -> Study:
    """Two coders disagree on 002 (465, 411) and on 003 (510, cannot be coded)."""
    drawn.draw(coded_study, "coder", "ada")
    drawn.decide(coded_study, "coder", CODES)
    drawn.decide(coded_study, "ada", {**CODES, "002": "411", "003": drawn.CANNOT})
    return coded_study


@pytest.fixture
def exchanged(coded_study: Study) -> Study:
    """An evaluation in which nobody coded like the machine; the halves are exchanged."""
    made = drawn.draw(coded_study, "coder", "ada", kind=RoundKind.EVALUATION, coders_per_record=1)
    for name in ("coder", "ada"):
        drawn.decide(coded_study, name, dict.fromkeys(CODES, "982"))
    rounds.go_on(round_=made, user=User.objects.get(username="supervisor"))
    return coded_study


def address(study: Study, part: str = "") -> str:
    return f"/studies/{study.slug}/adjudication/{part}"


def text(answer: object) -> str:
    page = answer.content.decode()  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") if "<main" in page else 0 :]))


def hidden(page: str) -> dict[str, str]:
    form = page[page.index('id="decide"') :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def without_tokens(page: str) -> str:
    """The main part of a page, less the hidden fields, in whose random letters any word may stand."""
    return re.sub(r'<input type="hidden"[^>]*>', "", page[page.index("<main") : page.index("</main>")])


def letters(page: str) -> dict[str, str]:
    """The letter of each code on the screen."""
    found = re.findall(r'value="([ABC])" data-letter="[abc]" data-code="(\w+)"', page)
    return {code: letter for letter, code in found}


def screen(client: Client, study: Study) -> str:
    answer = client.get(address(study))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_codes_stand_as_a_and_b_without_names(study: Study, sign_in: SignIn) -> None:
    page = screen(sign_in("supervisor"), study)
    assert set(letters(page)) == {"465", "411"}
    main = without_tokens(page)
    for told in ("ada", ">coder<", "716", "machine", '"first"', '"second"'):
        assert told not in main
    assert "MACHINIST" in main
    assert "construction" in main


def test_the_order_of_the_codes_is_that_of_the_adjudication(study: Study, sign_in: SignIn) -> None:
    one = Adjudication.objects.get(record__external_id="002")
    for swapped in (False, True):
        Adjudication.objects.filter(pk=one.pk).update(swapped=swapped)
        shown = letters(screen(sign_in("supervisor"), study))
        assert one.first.code is not None
        assert shown[one.first.code.code] == ("B" if swapped else "A")


def test_definitions_stand_side_by_side(study: Study, sign_in: SignIn) -> None:
    labels = study.classification.codes.get(code="411").labels
    labels.update(description="Cut wood.", includes="joiners", excludes="cabinet makers")
    page = text(sign_in("supervisor").get(address(study)))
    for part in ("Cut wood.", "Includes joiners", "Excludes cabinet makers"):
        assert part in page


def test_settling_gives_the_record_its_code_and_the_next_is_in_the_answer(
    study: Study, sign_in: SignIn
) -> None:
    client = sign_in("supervisor")
    page = screen(client, study)
    sent = {**hidden(page), "choice": letters(page)["465"], "reason": "a machinist is one"}
    answer = client.post(address(study, "settle/"), sent, headers=HX)
    assert answer.status_code == 200
    assert "Record 003" in text(answer)
    assert "Cannot be coded Too vague" in text(answer)
    record = factories.record(study, "002")
    assert (record.status, record.route) == (RecordStatus.DECIDED, "adjudicated")
    assert record.final_code is not None
    assert record.final_code.code == "465"
    settled = Adjudication.objects.get(record=record)
    assert settled.reason == "a machinist is one"
    assert settled.opened_at is not None


def test_another_code_is_searched_for_picked_and_needs_a_reason(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    found = client.get(address(study), {"q": "labourer"}).content.decode()
    picking = f"{address(study)}?pick=982&amp;q=labourer"
    assert picking in found
    page = client.get(picking.replace("&amp;", "&")).content.decode()
    assert re.search(r'value="c982"[^>]*checked', page)
    body = {**hidden(page), "choice": "c982"}
    refused = client.post(address(study, "settle/"), body, headers=HX)
    assert refused.status_code == 422
    assert "Say why" in text(refused)
    assert re.search(r'value="c982"[^>]*checked', refused.content.decode())
    client.post(address(study, "settle/"), {**body, "reason": "helps on a site"})
    settled = Adjudication.objects.get(record__external_id="002")
    assert (settled.side, settled.state) == (Side.OTHER, AdjudicationState.SETTLED)


def test_nothing_chosen_is_refused_and_what_was_written_stays(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    body = {**hidden(screen(client, study)), "reason": "my long thoughts"}
    answer = client.post(address(study, "settle/"), body, headers=HX)
    assert answer.status_code == 422
    assert "Choose a code first" in text(answer)
    assert "my long thoughts" in text(answer)
    none = client.post(address(study, "cannot-code/"), body, headers=HX)
    assert (none.status_code, "Choose why the record cannot be coded" in text(none)) == (422, True)


def test_it_can_be_settled_that_nobody_can_code_it(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    body = {**hidden(screen(client, study)), "cannot": "several", "reason": "two jobs"}
    assert client.post(address(study, "cannot-code/"), body).status_code == 302
    assert factories.record(study, "002").status == RecordStatus.CANNOT_CODE


def test_sending_back_opens_the_coders_places_with_the_question(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    body = hidden(screen(client, study))
    refused = client.post(address(study, "send-back/"), body, headers=HX)
    assert refused.status_code == 422
    client.post(address(study, "send-back/"), {**body, "question": "Does he mend machines?"})
    places = QueueItem.objects.filter(record__external_id="002", state=QueueState.OPEN)
    assert {(one.assigned.username, one.question) for one in places if one.assigned} == {
        ("coder", "Does he mend machines?"),
        ("ada", "Does he mend machines?"),
    }
    shown = sign_in("ada").get(f"/studies/{study.slug}/queue/")
    assert "Does he mend machines?" in text(shown)


def test_undoing_puts_the_record_before_the_adjudicator_again_once(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    page = screen(client, study)
    body = hidden(page)
    client.post(address(study, "settle/"), {**body, "choice": "A"})
    undo = {"adjudication": body["adjudication"]}
    answer = client.post(address(study, "undo/"), undo, headers=HX)
    assert "Record 002" in text(answer)
    assert factories.record(study, "002").status == RecordStatus.DISPUTED
    assert client.post(address(study, "undo/"), undo, headers=HX).status_code == 409


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        ("settle/", {"choice": "B", "reason": "He fits pipes."}),
        ("settle/", {"choice": "c982", "reason": "On a site."}),
        ("cannot-code/", {"cannot": "vague", "reason": "It may be both."}),
    ],
)
def test_undoing_shows_what_was_chosen_and_why_to_whoever_chose_it(
    study: Study, sign_in: SignIn, at: str, sent: dict[str, str]
) -> None:
    client = sign_in("supervisor")
    body = hidden(screen(client, study))
    client.post(address(study, at), {**body, **sent})
    assert client.get(address(study)).context["entered"].choice == "", "nothing of it at the next record"
    client.post(address(study, "undo/"), {"adjudication": body["adjudication"]})
    page = client.get(address(study))
    entered = page.context["entered"]
    assert (entered.choice, entered.cannot) == (sent.get("choice", ""), sent.get("cannot", ""))
    name = "cannot" if "cannot" in sent else "choice"
    assert re.search(rf'name="{name}"[^>]*\schecked', page.content.decode())
    assert sent["reason"] in text(page)
    Adjudication.objects.update(holder=None, leased_until=None)
    other = sign_in("manager").get(address(study))
    assert hidden(other.content.decode())["adjudication"] == body["adjudication"]
    assert sent["reason"] not in text(other), "another adjudicator begins anew"


def test_a_stale_page_is_refused_and_says_so(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    body = {**hidden(screen(client, study)), "choice": "A", "reason": "slow"}
    assert client.post(address(study, "settle/"), body).status_code == 302
    again = client.post(address(study, "settle/"), body, headers=HX)
    assert again.status_code == 409
    assert "settled or taken back meanwhile" in text(again)
    assert "Nothing was saved of it; the record below is the next one." in text(again)
    assert "slow" in text(again)
    assert Adjudication.objects.filter(state=AdjudicationState.SETTLED).count() == 1


def test_two_adjudicators_are_never_served_the_same(study: Study, sign_in: SignIn) -> None:
    mine = hidden(screen(sign_in("supervisor"), study))["adjudication"]
    theirs = hidden(screen(sign_in("manager"), study))["adjudication"]
    assert mine != theirs
    answer = sign_in("manager").post(
        address(study, "settle/"), {"adjudication": mine, "choice": "A"}, headers=HX
    )
    assert answer.status_code == 409


def test_a_lease_is_renewed_while_the_page_is_open_and_its_loss_is_said(
    study: Study, sign_in: SignIn
) -> None:
    client = sign_in("supervisor")
    body = hidden(screen(client, study))
    soon = timezone.now() + timedelta(seconds=5)
    Adjudication.objects.filter(pk=body["adjudication"]).update(leased_until=soon)
    assert "no longer kept" not in text(client.post(address(study, "renew/"), body))
    kept = Adjudication.objects.get(pk=body["adjudication"]).leased_until
    assert kept is not None
    assert kept > soon
    Adjudication.objects.filter(pk=body["adjudication"]).update(holder=User.objects.get(username="manager"))
    assert "no longer kept for you" in text(client.post(address(study, "renew/"), body))


def test_when_all_is_settled_the_page_says_what_comes_here(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    for _time in range(2):
        client.post(address(study, "settle/"), {**hidden(screen(client, study)), "choice": "A"})
    assert "Nothing is disputed now." in text(client.get(address(study)))


def test_the_machines_code_comes_unlabelled_where_the_round_says_so(
    coded_study: Study, sign_in: SignIn
) -> None:
    drawn.draw(coded_study, "coder", "ada", machine_unlabelled=True)
    drawn.decide(coded_study, "coder", CODES | {"001": "715"})
    drawn.decide(coded_study, "ada", CODES | {"001": "411"})
    page = screen(sign_in("supervisor"), coded_study)
    assert set(letters(page)) == {"715", "411", "716"}  # 716 is the machine's
    assert sorted(letters(page).values()) == ["A", "B", "C"]
    assert "machine" not in without_tokens(page)


def test_in_an_evaluation_the_other_coder_settles_and_knows_nothing_more(
    exchanged: Study, sign_in: SignIn
) -> None:
    client = sign_in("ada")
    page = screen(client, exchanged)
    one = Adjudication.objects.get(pk=hidden(page)["adjudication"])
    assert one.first.coder.username == "coder"
    assert one.round_record.machine_code is not None
    assert set(letters(page)) == {"982", one.round_record.machine_code.code}
    assert "Send back with a question" not in page
    for told in ("machine", "coder", "Rounds", "Dictionary"):
        assert told not in without_tokens(page)
    left = Adjudication.objects.filter(assigned__username="ada").count()
    for _time in range(left):
        client.post(address(exchanged, "settle/"), {**hidden(screen(client, exchanged)), "choice": "A"})
    assert "There is nothing for you to settle now." in text(client.get(address(exchanged)))
    others = Adjudication.objects.filter(state=AdjudicationState.OPEN)
    assert {one.assigned.username for one in others if one.assigned} == {"coder"}


def test_what_is_for_another_coder_is_not_there(exchanged: Study, sign_in: SignIn) -> None:
    foreign = Adjudication.objects.filter(assigned__username="coder").earliest("pk")
    body = {"adjudication": foreign.pk, "choice": "A"}
    for name in ("ada", "supervisor"):
        assert sign_in(name).post(address(exchanged, "settle/"), body).status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == AdjudicationState.OPEN


def test_coders_without_anything_exchanged_to_them_are_refused(study: Study, sign_in: SignIn) -> None:
    for name in ("ada", "coder"):
        assert sign_in(name).get(address(study)).status_code == 403
        assert "Adjudication" not in sign_in(name).get(f"/studies/{study.slug}/queue/").content.decode()
    assert Record.objects.filter(status=RecordStatus.DISPUTED).count() == 2


def test_nobody_settles_what_they_coded_themselves(coded_study: Study, sign_in: SignIn) -> None:
    manager = User.objects.get(username="manager")
    coders = ((manager.pk, 1.0), (User.objects.get(username="coder").pk, 1.0))
    drawn.draw(coded_study, coders=coders, blinded=False)
    drawn.decide(coded_study, "coder", CODES)
    drawn.decide(coded_study, "manager", {**CODES, "002": "411"})
    page = text(sign_in("manager").get(address(coded_study)))
    assert "Record 002" not in page
    assert "Record 002" in text(sign_in("supervisor").get(address(coded_study)))


def test_a_chosen_record_is_opened_from_the_list_of_its_round(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    listed = client.get(f"/studies/{study.slug}/rounds/1/records/?state=disputed").content.decode()
    wanted = Adjudication.objects.get(record__external_id="003")
    target = address(study, f"open/{wanted.pk}/")
    assert f'action="{target}"' in listed
    assert "Record 003" in text(client.post(target, follow=True))
    taken = sign_in("manager").post(target, follow=True)
    assert "Another adjudicator has this record open." in text(taken)

"""Rounds on the pages: choosing a kind, the form and its preview, how far a round is, and ending it."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from coding_app.choices import JobKind, RecordStatus, Role, RoundKind, RoundRecordState, RoundState
from coding_app.models import Job, QueueItem, Record, Round, RoundRecord, Study
from coding_app.services import members
from tests import drawn, factories

SignIn = Callable[[str], Client]


@pytest.fixture
def study(coded_study: Study) -> Study:
    """Nine coded records, two of them set aside; two coders."""
    drawn.coder(coded_study, "ada")
    return coded_study


def address(study: Study, part: str = "") -> str:
    return f"/studies/{study.slug}/rounds/{part}"


def keys(study: Study, *names: str) -> list[str]:
    return [str(study.memberships.get(user__username=name).user_id) for name in names]


def sent(study: Study, kind: RoundKind = RoundKind.DOUBLE, **changes: object) -> dict[str, object]:
    body: dict[str, object] = {
        "kind": kind,
        "name": "Autumn",
        "selection": "all",
        "seed": "7",
        "blinded": "blinded",
        "coders_per_record": "2",
        "coders": keys(study, "coder", "ada"),
        "settles": "on",
    }
    return {**body, **changes}


def text(answer: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))  # type: ignore[attr-defined]


def link(page: str, before: str) -> str:
    """The address that the number after a caption leads to."""
    found = re.search(re.escape(before) + r'.*?href="([^"]+)"', page, re.DOTALL)
    assert found is not None
    return found[1].replace("&amp;", "&")


def listed(client: Client, target: str) -> set[str]:
    answer = client.get(target)
    assert answer.status_code == 200
    return {row.drawn.record.external_id for row in answer.context["rows"]}


def test_without_a_round_the_page_says_what_rounds_are_for(study: Study, sign_in: SignIn) -> None:
    page = text(sign_in("supervisor").get(address(study)))
    assert "There are no rounds yet." in page
    assert "Set up a round" in page


def test_each_kind_is_explained_and_leads_to_its_own_form(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    page = client.get(address(study, "new/?status=waiting")).content.decode()
    for kind in RoundKind:
        assert f"?kind={kind}&amp;status=waiting" in page
    fields = {
        kind: set(client.get(address(study, f"new/?kind={kind}")).context["form"].fields)
        for kind in RoundKind
    }
    assert "gold_every" in fields[RoundKind.GOLD]
    assert "gold_every" not in fields[RoundKind.DOUBLE]
    assert "coders_per_record" in fields[RoundKind.DOUBLE]
    assert "blinded" not in fields[RoundKind.EVALUATION]
    assert client.get(address(study, "new/?kind=nonsense")).status_code == 404


def test_a_condition_of_the_list_one_came_from_narrows_the_population(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    page = client.get(address(study, "new/?kind=double&status=waiting&route=dictionary"))
    assert page.context["form"]["status"].value() == "waiting"
    assert "coded by: Dictionary" in text(page)
    made = client.post(address(study, "new/"), sent(study, status="accepted", route="dictionary"))
    assert made.status_code == 302
    assert Round.objects.get().population == {"status": "accepted", "route": "dictionary"}


def test_the_preview_counts_and_shares_out_without_writing(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    body = sent(study, selection="random", size="5") | {"share-" + keys(study, "ada")[0]: "3"}
    part = text(client.post(address(study, "preview/"), body))
    assert "5 records would be drawn, of 7 that may be drawn." in part
    assert "ada 5" in part
    assert "coder 5" in part  # two different coders a record: nobody can have more than all
    assert not Round.objects.exists()
    plain = client.post(address(study, "new/"), {**body, "preview": "1"})
    assert "5 records would be drawn" in text(plain)
    assert not Round.objects.exists()


def test_the_preview_of_a_stratified_sample_shows_its_strata(study: Study, sign_in: SignIn) -> None:
    body = sent(study, selection="stratified", size="4", stratum_column="industry")
    answer = sign_in("supervisor").post(address(study, "preview/"), body)
    strata = answer.context["preview"]["strata"]
    assert {one.name: one.population for one in strata}[""] == 2  # 004 and 009
    assert sum(one.drawn for one in strata) == 4


def test_a_round_is_set_up_drawn_and_listed(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    made = client.post(address(study, "new/"), sent(study, selection="random", size="4"))
    round_ = Round.objects.get()
    assert made["Location"] == address(study, "1/")
    assert (round_.state, round_.seed, round_.size, round_.blinded) == (RoundState.DRAWING, 7, 4, True)
    page = text(client.get(address(study, "1/")))
    assert "Waiting for a worker" in page
    factories.do(Job.objects.get(kind=JobKind.DRAW))
    page = text(client.get(address(study, "1/")))
    assert "Seed 7" in page
    assert "Drawn from 7 records" in page
    assert "0 of 8" in text(client.get(address(study)))


def test_what_the_service_refuses_stands_beside_its_field_and_nothing_is_drawn(
    study: Study, sign_in: SignIn
) -> None:
    client = sign_in("supervisor")
    body = sent(study, coders=keys(study, "coder", "supervisor"))
    answer = client.post(address(study, "new/"), body)
    assert answer.status_code == 422
    assert "supervisor" in answer.context["form"].errors["coders"][0]
    assert "coders" not in client.post(address(study, "new/"), sent(study, name="")).context["form"].errors
    one = client.post(address(study, "new/"), sent(study, coders=keys(study, "coder")))
    assert set(one.context["form"].errors) == {"coders_per_record"}
    assert not Round.objects.exists()


def test_a_member_who_left_is_no_longer_offered(study: Study, sign_in: SignIn) -> None:
    gone = drawn.coder(study, "gone")
    membership = study.memberships.get(user=gone)
    client = sign_in("supervisor")
    assert "gone" in text(client.get(address(study, "new/?kind=double")))
    members.deactivate(membership=membership, user=User.objects.get(username="manager"))
    assert "gone" not in text(client.get(address(study, "new/?kind=double")))


CODES = {"001": "716", "002": "465", "003": "510", "004": "411", "005": "900", "006": "801", "009": "715"}


def test_every_number_of_a_round_leads_to_its_records(study: Study, sign_in: SignIn) -> None:
    drawn.draw(study, "coder", "ada")
    drawn.decide(study, "coder", CODES)
    user = drawn.coder(study, "ada")
    for external_id, code in (("001", "716"), ("002", "411"), ("003", "510")):
        place = QueueItem.objects.get(record__external_id=external_id, assigned=user, state="open")
        drawn.answer(place, user, code)
    client = sign_in("supervisor")
    page = client.get(address(study, "1/")).content.decode()
    assert listed(client, link(page, "Agreed</dt>")) == {"001", "003"}
    assert listed(client, link(page, "Disputed</dt>")) == {"002"}
    assert listed(client, link(page, "Being coded</dt>")) == {"004", "005", "006", "009"}
    ada = page[page.index('<th scope="row">ada') :]
    targets = [one.replace("&amp;", "&") for one in re.findall(r'href="([^"]+)"', ada)[:3]]
    assert [len(listed(client, one)) for one in targets] == [7, 3, 4]
    assert listed(client, targets[1]) == {"001", "002", "003"}


def test_codes_of_a_disputed_record_are_not_shown_before_it_is_settled(study: Study, sign_in: SignIn) -> None:
    drawn.draw(study, "coder", "ada")
    drawn.decide(study, "coder", CODES)
    drawn.decide(study, "ada", {**CODES, "002": "411"})
    client = sign_in("supervisor")
    rows = {
        row.drawn.record.external_id: row for row in client.get(address(study, "1/records/")).context["rows"]
    }
    given = {one.name: one.code.code for one in rows["001"].given if one.code}
    assert given == {"ada": "716", "coder": "716"}
    assert (rows["002"].given, rows["002"].machine) == ([], None)
    page = client.get(address(study, "1/records/?state=disputed")).content.decode()
    assert "411" not in page


def test_closing_gives_back_what_has_no_result(study: Study, sign_in: SignIn) -> None:
    drawn.draw(study, "coder", "ada", population={"status": "waiting"})
    before = set(Record.objects.filter(rounds__isnull=False).values_list("external_id", flat=True))
    client = sign_in("supervisor")
    assert "Records without a result go back" in text(client.get(address(study, "1/")))
    assert client.post(address(study, "1/close/")).status_code == 302
    closed = Round.objects.get()
    assert closed.state == RoundState.CLOSED
    assert "Ending of a round" in text(client.get(address(study, "1/"))), "how far it is"
    assert closed.ending is not None
    factories.do(closed.ending)
    assert "Ending of a round" not in text(client.get(address(study, "1/")))
    assert (
        set(Record.objects.filter(status=RecordStatus.WAITING).values_list("external_id", flat=True))
        == before
    )
    assert QueueItem.objects.filter(state="open", round_record=None).count() == len(before)
    again = client.post(address(study, "1/close/"), follow=True)
    assert "This round has ended already." in text(again)


def test_a_round_that_is_drawn_can_be_cancelled(study: Study, sign_in: SignIn) -> None:
    drawn.draw(study, "coder", "ada")
    sign_in("supervisor").post(address(study, "1/cancel/"))
    cancelled = Round.objects.get()
    assert cancelled.state == RoundState.CANCELLED
    assert cancelled.ending is not None
    factories.do(cancelled.ending)
    states = set(RoundRecord.objects.values_list("state", flat=True))
    assert states == {RoundRecordState.WITHDRAWN}


def test_an_evaluation_leads_from_the_draw_to_its_table(study: Study, sign_in: SignIn) -> None:
    client = sign_in("supervisor")

    def step() -> str:
        guide = client.get(address(study, "1/")).context["guide"]
        return str(next(one.title for one in guide if one.at == "now"))

    guide = client.get(address(study, "new/?kind=evaluation")).context["guide"]
    assert [one.title for one in guide] == ["Draw", "Code in halves", "Exchange", "Adjudicate", "Table"]
    body = sent(study, RoundKind.EVALUATION)
    assert client.post(address(study, "new/"), body).status_code == 302
    assert step() == "Draw"
    factories.do(Job.objects.get(kind=JobKind.DRAW))
    assert step() == "Code in halves"
    assert "Exchange what differs" not in client.get(address(study, "1/")).content.decode()
    drawn.decide(study, "coder", dict.fromkeys(CODES, "411"))
    drawn.decide(study, "ada", dict.fromkeys(CODES, "411"))
    assert step() == "Exchange"
    assert "Exchange what differs" in client.get(address(study, "1/")).content.decode()
    client.post(address(study, "1/go-on/"))
    assert step() == "Adjudicate"
    table = f"/studies/{study.slug}/agreement/rounds/1/"
    assert table in client.get(address(study, "1/")).content.decode()


def test_going_on_before_everything_is_coded_is_refused_and_said(study: Study, sign_in: SignIn) -> None:
    drawn.draw(study, "coder", "ada", kind=RoundKind.EVALUATION)
    answer = sign_in("supervisor").post(address(study, "1/go-on/"), follow=True)
    assert "not coded yet" in text(answer)
    assert Round.objects.get().state == RoundState.CODING


@pytest.mark.parametrize("part", ["", "new/", "1/", "1/records/"])
def test_coders_see_no_rounds(study: Study, sign_in: SignIn, part: str) -> None:
    drawn.draw(study, "coder", "ada")
    assert sign_in("coder").get(address(study, part)).status_code == 403
    assert sign_in("stranger").get(address(study, part)).status_code == 404
    assert study.memberships.get(user__username="coder").role == Role.CODER


def test_a_review_without_named_coders_is_for_whoever_works_the_queue(study: Study, sign_in: SignIn) -> None:
    drawn.draw(
        study, kind=RoundKind.REVIEW, blinded=False, coders_per_record=1, population={"status": "accepted"}
    )
    client = sign_in("supervisor")
    page = client.get(address(study, "1/")).content.decode()
    assert "whoever works the queue" in page
    row = page[page.index('<th scope="row">whoever works the queue') :]
    target = re.findall(r'href="([^"]+)"', row)[0].replace("&amp;", "&")
    assert listed(client, target) == {"001", "002", "005", "006", "009"}
    assert "given to whoever works the queue" in text(client.get(target))

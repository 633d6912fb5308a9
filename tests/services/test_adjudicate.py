"""Adjudication: two codes without names, one adjudicator at a time, nobody's own, and a way back."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from coding_app.choices import CannotCodeReason, Role, RoundKind, RoundRecordState, Side
from coding_app.exceptions import Conflict, InvalidInput, NotAllowed
from coding_app.models import Adjudication, Code, Decision, Event, Membership, QueueItem, Round, Study
from coding_app.selectors import adjudication as selected
from coding_app.services import adjudicate, review, rounds
from tests import factories
from tests.rounds import boss, coder, decide, drawn, record, within

WAITING = {"status": "waiting"}


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    return made


@pytest.fixture
def disputed(study: Study) -> Round:
    """003 and 004, which both coders see differently."""
    made = drawn(study, RoundKind.DOUBLE, population=WAITING)
    for name in ("003", "004"):
        decide(study, "anna", name, "510")
        decide(study, "ben", name, "470")
    return made


def judge(study: Study) -> User:
    return study.members.get(username="supervisor")


def taken(study: Study, user: User) -> Adjudication:
    found = adjudicate.open_next(study=study, user=user)
    assert found is not None
    return found


def code(text: str) -> Code:
    return Code.objects.get(classification__name="Jobs", code=text)


def test_two_adjudicators_never_have_the_same_record(study: Study, disputed: Round) -> None:
    first, second = taken(study, boss(study)), taken(study, judge(study))
    assert first.record != second.record
    assert adjudicate.open_next(study=study, user=coder(study, "third", Role.SUPERVISOR)) is None
    assert taken(study, boss(study)) == first, "who comes back finds what they held"
    with pytest.raises(Conflict, match="Another adjudicator"):
        adjudicate.settle(adjudication=first, user=judge(study), side=Side.FIRST)
    with pytest.raises(Conflict, match="Another adjudicator"):
        adjudicate.open_one(adjudication=first, user=judge(study))


def test_an_expired_lease_frees_the_record(study: Study, disputed: Round) -> None:
    first = taken(study, boss(study))
    Adjudication.objects.filter(pk=first.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert taken(study, judge(study)) == first
    assert not selected.holds(first.pk, boss(study))
    with pytest.raises(Conflict, match="Another adjudicator"):
        adjudicate.settle(adjudication=first, user=boss(study), side=Side.FIRST)
    assert adjudicate.renew(study=study, user=judge(study))
    adjudicate.release(study=study, user=judge(study))
    assert not adjudicate.renew(study=study, user=judge(study))


def test_coders_are_not_served_disputes(study: Study, disputed: Round) -> None:
    assert adjudicate.open_next(study=study, user=coder(study, "carl")) is None
    with pytest.raises(NotAllowed):
        adjudicate.open_one(adjudication=Adjudication.objects.latest("pk"), user=coder(study, "carl"))


def test_nobody_adjudicates_what_they_decided_even_if_they_took_it_back(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, "anna supervisor", population=WAITING)
    decide(study, "anna", "003", "510")
    decide(study, "supervisor", "003", "470")
    assert adjudicate.open_next(study=study, user=judge(study)) is None
    opened = Adjudication.objects.get()
    with pytest.raises(NotAllowed, match="decided it yourself"):
        adjudicate.open_one(adjudication=opened, user=judge(study))
    with pytest.raises(NotAllowed, match="decided it yourself"):
        adjudicate.settle(adjudication=opened, user=judge(study), side=Side.FIRST)
    with pytest.raises(NotAllowed, match="decided it yourself"):
        adjudicate.send_back(adjudication=opened, user=judge(study), question="Sure?")
    Decision.objects.filter(coder=judge(study)).update(undone_at=timezone.now())
    assert adjudicate.open_next(study=study, user=judge(study)) is None
    assert within(made, "003").state == RoundRecordState.DISPUTED


def test_settling_makes_the_code_final(study: Study, disputed: Round) -> None:
    held = taken(study, boss(study))
    name = held.record.external_id
    made = adjudicate.settle(
        adjudication=held, user=boss(study), side=Side.SECOND, reason="Plumbers do not heat."
    )
    assert (made.state, made.code) == ("settled", held.second and held.second.code)
    found = record(study, name)
    assert (found.status, found.final_code, found.route, found.decided_by) == (
        "decided",
        code("470"),
        "adjudicated",
        boss(study),
    )
    assert (within(disputed, name).state, within(disputed, name).code) == ("adjudicated", code("470"))
    event = Event.objects.get(verb="record_adjudicated")
    assert (event.before, event.after, event.actor) == ("disputed", "decided", boss(study))
    assert (event.data["code"], event.data["route"]) == ("470", "adjudicated")
    with pytest.raises(Conflict, match="settled or taken back"):
        adjudicate.settle(adjudication=held, user=boss(study), side=Side.FIRST)
    assert taken(study, boss(study)).record.external_id != name


def test_another_code_needs_a_reason_and_may_be_that_it_cannot_be_coded(
    study: Study, disputed: Round, tmp_path: Path
) -> None:
    held = taken(study, boss(study))
    foreign = factories.make_classification(tmp_path, "Other").codes.get(code="510")
    with pytest.raises(InvalidInput, match="Say why"):
        adjudicate.settle(adjudication=held, user=boss(study), side=Side.OTHER, code=code("982"))
    with pytest.raises(InvalidInput, match="Choose a code"):
        adjudicate.settle(adjudication=held, user=boss(study), side=Side.OTHER, reason="no idea")
    with pytest.raises(InvalidInput, match="no code that records"):
        adjudicate.settle(
            adjudication=held, user=boss(study), side=Side.OTHER, code=foreign, reason="a group"
        )
    made = adjudicate.settle(
        adjudication=held, user=boss(study), side=Side.OTHER, code=code("982"), reason="On a site."
    )
    assert (made.side, made.code) == (Side.OTHER, code("982"))
    other = taken(study, boss(study))
    adjudicate.settle(
        adjudication=other,
        user=boss(study),
        side=Side.OTHER,
        cannot_reason=CannotCodeReason.VAGUE,
        reason="It may be both.",
    )
    found = record(study, other.record.external_id)
    assert (found.status, found.final_code, found.route) == ("cannot_code", None, "adjudicated")


def test_another_code_that_is_one_of_the_sides_counts_as_theirs(study: Study, disputed: Round) -> None:
    held = taken(study, boss(study))
    made = adjudicate.settle(adjudication=held, user=boss(study), side=Side.OTHER, code=code("510"))
    assert made.side == Side.FIRST


def test_a_side_that_is_not_there_cannot_be_chosen(study: Study, disputed: Round) -> None:
    held = taken(study, boss(study))
    with pytest.raises(InvalidInput, match="no such code before you"):
        adjudicate.settle(adjudication=held, user=boss(study), side=Side.MACHINE)
    with pytest.raises(InvalidInput, match="not the one that was chosen"):
        adjudicate.settle(adjudication=held, user=boss(study), side=Side.FIRST, code=code("982"))


def test_the_screen_has_labels_in_random_order_and_no_names(study: Study, disputed: Round) -> None:
    held = taken(study, boss(study))
    orders = {}
    for swapped in (False, True):
        Adjudication.objects.filter(pk=held.pk).update(swapped=swapped)
        before = selected.before(held, boss(study))
        orders[swapped] = [(one.label, one.code and one.code.code) for one in before.options]
        assert before.literals[0][1]
        assert before.record.suggestion_set is None
        assert before.record.values == []
    assert orders == {False: [("A", "510"), ("B", "470")], True: [("A", "470"), ("B", "510")]}
    with pytest.raises(Adjudication.DoesNotExist):
        selected.before(held, coder(study, "anna"))


def test_both_orders_occur(db: None, tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study, factories.csv_bytes([(f"{n:02}", "zookeeper", "", "30") for n in range(40)]))
    factories.code(study)
    drawn(study, RoundKind.DOUBLE)
    for n in range(40):
        decide(study, "anna", f"{n:02}", "510")
        decide(study, "ben", f"{n:02}", "470")
    assert set(Adjudication.objects.values_list("swapped", flat=True)) == {True, False}


def test_the_machines_code_is_one_more_without_being_told_where_the_round_says_so(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population={"status": "accepted"}, machine_unlabelled=True)
    decide(study, "anna", "001", "510")
    decide(study, "ben", "001", "470")
    held = taken(study, boss(study))
    options = selected.before(held, boss(study)).options
    assert [one.label for one in options] == ["A", "B", "C"]
    assert {one.side for one in options} == {Side.FIRST, Side.SECOND, Side.MACHINE}
    settled = adjudicate.settle(adjudication=held, user=boss(study), side=Side.MACHINE)
    assert settled.code == within(made, "001").machine_code


def test_sent_back_the_coders_decide_anew(study: Study, disputed: Round) -> None:
    held = taken(study, boss(study))
    name = held.record.external_id
    with pytest.raises(InvalidInput, match="Write what"):
        adjudicate.send_back(adjudication=held, user=boss(study), question="  ")
    made = adjudicate.send_back(adjudication=held, user=boss(study), question="Does he fit boilers?")
    assert made.state == "returned"
    assert record(study, name).status == "waiting"
    assert within(disputed, name).state == RoundRecordState.CODING
    assert Decision.objects.filter(record__external_id=name, undone_at=None).count() == 0
    for who in ("anna", "ben"):
        item = review.open_next(study=study, user=coder(study, who))
        assert item is not None
        assert (item.record.external_id, item.question) == (name, "Does he fit boilers?")
        decide(study, who, name, "470")
    assert record(study, name).final_code == code("470")
    assert Decision.objects.filter(record__external_id=name).count() == 4, "what they said first is kept"


def test_sent_back_and_disputed_again_it_comes_again(study: Study, disputed: Round) -> None:
    held = taken(study, boss(study))
    name = held.record.external_id
    adjudicate.send_back(adjudication=held, user=boss(study), question="Sure?")
    decide(study, "anna", name, "510")
    decide(study, "ben", name, "982")
    again = Adjudication.objects.get(record__external_id=name, state="open")
    assert again.pk != held.pk


def test_undo_brings_the_dispute_back_to_its_adjudicator(study: Study, disputed: Round) -> None:
    held = taken(study, boss(study))
    adjudicate.settle(adjudication=held, user=boss(study), side=Side.FIRST)
    other = taken(study, boss(study))
    back = adjudicate.undo(study=study, user=boss(study))
    assert back == held
    assert taken(study, boss(study)) == held
    assert taken(study, judge(study)) == other, "what they had open meanwhile is free"
    found = record(study, held.record.external_id)
    assert (found.status, found.final_code) == ("disputed", None)
    adjudicate.settle(adjudication=held, user=boss(study), side=Side.SECOND)
    assert record(study, held.record.external_id).final_code == code("470")


def test_undo_is_refused_where_there_is_nothing_or_the_round_has_ended(study: Study, disputed: Round) -> None:
    with pytest.raises(Conflict, match="no adjudication of yours"):
        adjudicate.undo(study=study, user=boss(study))
    adjudicate.settle(adjudication=taken(study, boss(study)), user=boss(study), side=Side.FIRST)
    rounds.close(round_=disputed, user=boss(study))
    with pytest.raises(Conflict, match="can no longer be undone"):
        adjudicate.undo(study=study, user=boss(study))


def test_in_an_evaluation_the_other_coder_says_which_is_right(study: Study) -> None:
    made = drawn(study, RoundKind.EVALUATION)
    for who in ("anna", "ben"):
        for place in QueueItem.objects.filter(assigned=coder(study, who)).select_related("record"):
            decide(study, who, place.record.external_id, "510")
    assert rounds.go_on(round_=made, user=boss(study)) == 4
    assert adjudicate.open_next(study=study, user=boss(study)) is None, "they are assigned"
    member = Membership.objects.get(study=study, user=coder(study, "anna"))
    assert selected.may_adjudicate(member)
    held = taken(study, coder(study, "anna"))
    assert held.first.coder == coder(study, "ben")
    shown = selected.before(held, coder(study, "anna"))
    assert {one.side for one in shown.options} == {Side.FIRST, Side.MACHINE}
    assert not shown.may_send_back
    with pytest.raises(InvalidInput, match="nothing is sent back"):
        adjudicate.send_back(adjudication=held, user=coder(study, "anna"), question="Sure?")
    adjudicate.settle(adjudication=held, user=coder(study, "anna"), side=Side.MACHINE)
    name = held.record.external_id
    assert within(made, name).code == within(made, name).machine_code
    assert record(study, name).route == "adjudicated"
    adjudicate.settle(
        adjudication=taken(study, coder(study, "anna")),
        user=coder(study, "anna"),
        side=Side.OTHER,
        code=code("982"),
        reason="Neither.",
    )
    assert adjudicate.open_next(study=study, user=coder(study, "anna")) is None
    counts = selected.counts(study, coder(study, "anna"))
    assert (counts.open, counts.settled_by_me) == (0, 2)


def test_a_deactivated_member_adjudicates_nothing(study: Study, disputed: Round) -> None:
    Membership.objects.filter(user=judge(study)).update(deactivated_at=timezone.now())
    assert adjudicate.open_next(study=study, user=judge(study)) is None

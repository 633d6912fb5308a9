"""Rounds at work: who is served what, what agreement and dispute make of a record, and the ways back."""

from pathlib import Path

import pytest

from coding_app.choices import CannotCodeReason, RoundKind, RoundRecordState, RoundState, Selection, Side
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Adjudication, Code, Decision, Event, QueueItem, Record, Round, Study
from coding_app.selectors import queue
from coding_app.selectors import rounds as selected
from coding_app.services import adjudicate, review, rounds, suggest
from tests import factories
from tests.rounds import boss, coder, decide, drawn, ended, plan, record, served, within
from tests.routed import NOBODY, save

WAITING = {"status": "waiting"}


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    """Eight records: 003 and 004 wait for a person."""
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    return made


def own_queue(study: Study) -> set[str]:
    """The ids in the study's own queue."""
    found = QueueItem.objects.filter(study=study, round_record=None, state="open")
    return set(found.values_list("record__external_id", flat=True))


def state_of(study: Study, external_id: str) -> tuple[str, str | None, str]:
    found = record(study, external_id)
    return found.status, found.final_code.code if found.final_code else None, found.route


def test_both_coders_are_served_the_same_records_and_only_the_last_settles(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population=WAITING)
    assert (served(study, "anna"), served(study, "ben")) == ("003", "003")
    before = record(study, "003").version
    decide(study, "anna", "003", "510")
    assert state_of(study, "003") == ("waiting", None, "")
    assert record(study, "003").version == before, "the other coder's page must not become stale"
    assert served(study, "anna") == "004"
    decide(study, "ben", "003", "510")
    assert state_of(study, "003") == ("decided", "510", "person")
    settled = within(made, "003")
    assert (settled.state, settled.code and settled.code.code) == (RoundRecordState.AGREED, "510")
    assert not Adjudication.objects.exists()


def test_different_codes_are_a_dispute(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population=WAITING)
    first = decide(study, "anna", "003", "510")
    second = decide(study, "ben", "003", "470")
    assert state_of(study, "003") == ("disputed", None, "")
    opened = Adjudication.objects.get()
    assert {opened.first, opened.second} == {first, second}
    assert within(made, "003").state == RoundRecordState.DISPUTED


def test_two_who_cannot_code_it_agree_whatever_their_reasons(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, population=WAITING)
    for name, reason in (("anna", CannotCodeReason.VAGUE), ("ben", CannotCodeReason.SEVERAL)):
        tie = record(study, "003")
        review.cannot_code(record=tie, user=coder(study, name), reason=reason, seen_version=tie.version)
    assert state_of(study, "003") == ("cannot_code", None, "person")
    decide(study, "anna", "004", "982")
    none = record(study, "004")
    review.cannot_code(
        record=none, user=coder(study, "ben"), reason=CannotCodeReason.VAGUE, seen_version=none.version
    )
    assert state_of(study, "004")[0] == "disputed"


def test_of_three_coders_the_two_commonest_answers_are_disputed(study: Study) -> None:
    drawn(study, RoundKind.CALIBRATION, "anna ben carl dora", population=WAITING)
    said = [
        decide(study, name, "003", text)
        for name, text in zip(("anna", "ben", "carl", "dora"), ("406", "470", "510", "510"), strict=True)
    ]
    opened = Adjudication.objects.get()
    assert (opened.first, opened.second) == (said[2], said[0])


def test_a_round_that_does_not_settle_leaves_records_as_they_are(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population=WAITING, settles=False)
    decide(study, "anna", "003", "510")
    decide(study, "ben", "003", "510")
    decide(study, "anna", "004", "510")
    decide(study, "ben", "004", "982")
    assert state_of(study, "003") == state_of(study, "004") == ("waiting", None, "")
    assert (within(made, "003").state, within(made, "004").state) == ("agreed", "disputed")


def test_nobody_decides_in_a_round_what_is_not_theirs(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, population=WAITING)
    assert served(study, "carl") is None
    with pytest.raises(Conflict):
        decide(study, "carl", "003", "510")
    with pytest.raises(Conflict, match="not in the queue"):
        review.open_record(record=record(study, "003"), user=coder(study, "carl"))
    decide(study, "anna", "003", "510")
    with pytest.raises(Conflict):
        decide(study, "anna", "003", "470")
    assert Decision.objects.count() == 1


def test_a_page_from_before_the_draw_is_stale(study: Study) -> None:
    seen = record(study, "003")
    drawn(study, RoundKind.REVIEW, "anna", population=WAITING)
    with pytest.raises(Conflict, match="changed since you opened it"):
        review.decide(
            record=record(study, "003"),
            user=coder(study, "anna"),
            code=Code.objects.get(code="510"),
            seen_version=seen.version,
        )


def test_a_review_without_named_coders_is_for_everybody_who_codes(study: Study) -> None:
    drawn(study, RoundKind.REVIEW, "", population=WAITING)
    assert (served(study, "anna"), served(study, "ben"), served(study, "carl")) == ("003", "004", None)
    decide(study, "anna", "003", "510")
    assert state_of(study, "003") == ("decided", "510", "person")


def test_rounds_come_before_the_studys_own_queue(study: Study) -> None:
    drawn(
        study, RoundKind.REVIEW, "anna", population={"status": "accepted"}, selection=Selection.RANDOM, size=1
    )
    first = served(study, "anna")
    assert first not in {"003", "004"}
    decide(study, "anna", first or "", "510")
    assert served(study, "anna") == "003"


def test_a_blinded_coder_is_served_their_blinded_round_alone(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, "anna ben", population={"status": "accepted"}, blinded=True)
    drawn(study, RoundKind.REVIEW, "anna", population=WAITING, selection=Selection.RANDOM, size=1)
    while (item := review.open_next(study=study, user=coder(study, "anna"))) is not None:
        assert item.record.status == "accepted"
        made = decide(study, "anna", item.record.external_id, "510")
        assert made.blinded
    with pytest.raises(Conflict):
        decide(study, "anna", own_queue(study).pop(), "510")


def test_a_blinded_coder_has_nothing_of_the_suggestions(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, "anna ben", population={"status": "accepted"}, blinded=True)
    item = review.open_next(study=study, user=coder(study, "anna"))
    assert item is not None
    with_set = Record.objects.get(pk=item.record_id)
    assert with_set.suggestion_set is not None
    suggestion = with_set.suggestion_set.suggestions.get(rank=1)
    with pytest.raises(Conflict):
        review.decide(
            record=with_set,
            user=coder(study, "anna"),
            code=suggestion.code,
            seen_version=with_set.version,
            suggestion=suggestion,
        )


def test_undo_takes_back_what_the_decision_led_to(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population=WAITING)
    decide(study, "anna", "003", "510")
    decide(study, "ben", "003", "510")
    place = review.undo(study=study, user=coder(study, "ben"))
    assert (place.record.external_id, place.holder) == ("003", coder(study, "ben"))
    assert state_of(study, "003") == ("waiting", None, "")
    assert within(made, "003").state == RoundRecordState.CODING
    decide(study, "ben", "003", "470")
    assert state_of(study, "003")[0] == "disputed"
    review.undo(study=study, user=coder(study, "anna"))
    assert Adjudication.objects.get().state == "withdrawn"
    decide(study, "anna", "003", "470")
    assert state_of(study, "003") == ("decided", "470", "person")
    review.undo(study=study, user=coder(study, "ben"))
    assert state_of(study, "003")[0] == "waiting"


def test_undo_puts_an_accepted_record_back_as_it_was(study: Study) -> None:
    before = record(study, "001")
    drawn(study, RoundKind.DOUBLE, population={"status": "accepted"})
    decide(study, "anna", "001", "510")
    decide(study, "ben", "001", "470")
    assert state_of(study, "001")[0] == "disputed"
    review.undo(study=study, user=coder(study, "ben"))
    after = record(study, "001")
    fields = ("status", "final_code", "route", "decided_by", "decided_at", "rule", "routing")
    assert [getattr(after, name) for name in fields] == [getattr(before, name) for name in fields]


def test_undo_is_refused_while_an_adjudicator_has_the_record_and_after(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, population=WAITING)
    decide(study, "anna", "003", "510")
    decide(study, "ben", "003", "470")
    held = adjudicate.open_next(study=study, user=boss(study))
    assert held is not None
    with pytest.raises(Conflict, match="can no longer be undone"):
        review.undo(study=study, user=coder(study, "ben"))
    adjudicate.settle(adjudication=held, user=boss(study), side=Side.FIRST)
    with pytest.raises(Conflict, match="can no longer be undone"):
        review.undo(study=study, user=coder(study, "ben"))
    assert Decision.objects.filter(undone_at=None).count() == 2


def test_closing_gives_back_what_has_no_result(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population={})
    decide(study, "anna", "001", "715")
    decide(study, "ben", "001", "716")
    decide(study, "anna", "003", "510")
    decide(study, "ben", "003", "510")
    decide(study, "anna", "004", "510")
    ended(made)
    assert made.state == RoundState.CLOSED
    assert state_of(study, "001") == ("accepted", "716", "dictionary")
    assert state_of(study, "003") == ("decided", "510", "person")
    assert state_of(study, "004") == ("waiting", None, "")
    assert own_queue(study) == {"004"}
    assert not Adjudication.objects.filter(state="open").exists()
    assert within(made, "004").state == RoundRecordState.WITHDRAWN
    assert served(study, "carl") == "004"
    with pytest.raises(Conflict, match="ended already"):
        rounds.close(round_=made, user=boss(study))
    with pytest.raises(Conflict, match="can no longer be undone"):
        review.undo(study=study, user=coder(study, "ben"))


def test_coding_and_routing_leave_the_records_of_a_round_alone(study: Study) -> None:
    made = drawn(
        study, RoundKind.DOUBLE, population={"status": "accepted"}, selection=Selection.RANDOM, size=2
    )
    inside = {one.record.external_id for one in made.records.select_related("record")}
    kept = {name: record(study, name) for name in inside}
    save(study, NOBODY)
    study.refresh_from_db()
    study.child_age = 1
    study.save(update_fields=["child_age"])
    factories.code(study)
    for name, before in kept.items():
        after = record(study, name)
        assert (after.status, after.version, after.suggestion_set) == (
            before.status,
            before.version,
            before.suggestion_set,
        )
    assert own_queue(study) == {"001", "002", "003", "004", "005", "006", "007"} - inside
    ended(made)
    factories.do(suggest.start(study=study, user=None))
    assert own_queue(study) >= inside


def test_gold_records_come_among_the_others_and_change_nothing(db: None, tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    header = ("id", "occupation", "industry", "age", "reference")
    known = [(f"g{at}", "truck driver", "", "40", "715") for at in range(6)]
    others = [(f"z{at:02}", "zookeeper", "", "40", "") for at in range(30)]
    factories.bring_in(study, factories.csv_bytes([*known, *others], header))
    factories.code(study)
    made = drawn(study, RoundKind.GOLD, "anna ben", gold_every=4, feedback=True)
    assert (made.drawn, made.settles) == (6, False)
    order = []
    for at in range(36):
        name = served(study, "anna")
        assert name is not None
        order.append(name)
        said = decide(study, "anna", name, "716" if at % 2 else "715")
        right = selected.feedback(said)
        told = right.code if right else None
        assert told == ("715" if name.startswith("g") and at % 2 else None)
    at_gold = [at for at, name in enumerate(order) if name.startswith("g")]
    assert len(at_gold) == 6
    gaps = [b - a for a, b in zip([-1, *at_gold], at_gold, strict=False)]
    assert max(gaps) <= 7, "from 1 to 2 * 4 - 1"
    assert len(set(gaps)) > 1, "nobody can foresee it"
    assert state_of(study, "g0") == ("accepted", "715", "dictionary")
    assert within(made, "g0").state == RoundRecordState.CODING
    while (name := served(study, "ben")) is not None:
        decide(study, "ben", name, "715")
    assert set(made.records.values_list("state", flat=True)) == {"agreed"}


def test_a_place_says_which_of_two_is_decided(db: None, tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    header = ("id", "occupation", "industry", "age", "reference")
    factories.bring_in(study, factories.csv_bytes([("g", "truck driver", "", "40", "715")], header))
    factories.code(study)
    drawn(study, RoundKind.GOLD, "anna", gold_every=2)
    save(study, NOBODY)
    own = QueueItem.objects.get(round_record=None, state="open")
    gold = QueueItem.objects.get(round_record__isnull=False)
    first = decide(study, "anna", "g", "715", place=own.pk)
    second = decide(study, "anna", "g", "716", place=gold.pk)
    assert (first.round_record, second.round_record) == (None, gold.round_record)
    assert state_of(study, "g") == ("decided", "715", "person")


def test_every_event_says_where_the_record_stands(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population={})
    decide(study, "anna", "001", "715")
    decide(study, "ben", "001", "716")
    held = adjudicate.open_next(study=study, user=boss(study))
    assert held is not None
    adjudicate.send_back(adjudication=held, user=boss(study), question="With fuel oil?")
    decide(study, "anna", "001", "716")
    decide(study, "ben", "001", "716")
    review.undo(study=study, user=coder(study, "ben"))
    ended(made)
    status, code, route = "", None, ""
    for event in Event.objects.filter(record=record(study, "001")).order_by("pk"):
        assert event.before == status, event.verb
        status = event.after
        if event.verb not in {"record_imported", "record_coded"} and "code" in event.data:
            code, route = event.data["code"], event.data["route"]
    assert (status, code, route) == state_of(study, "001")


def test_what_coders_read_of_their_own_events_says_nothing_of_others(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, population={"status": "accepted"}, blinded=True)
    decide(study, "anna", "001", "510")
    decide(study, "ben", "001", "470")
    review.undo(study=study, user=coder(study, "ben"))
    own = Event.objects.filter(actor=coder(study, "ben"))
    assert set(own.values_list("verb", flat=True)) == {"record_decided", "decision_undone"}
    assert all("code" not in event.data and "route" not in event.data for event in own)


def test_progress_counts_each_coders_part(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population=WAITING)
    decide(study, "anna", "003", "510")
    decide(study, "ben", "003", "470")
    decide(study, "ben", "004", "982")
    found = selected.progress(made)
    assert [(one.user and one.user.username, one.decided, one.left) for one in found.coders] == [
        ("anna", 1, 1),
        ("ben", 2, 0),
    ]
    assert (found.records["disputed"], found.records["coding"], found.open_adjudications) == (1, 1, 1)
    assert found.left == 1


def test_an_evaluation_goes_on_when_all_is_coded(study: Study) -> None:
    made = drawn(study, RoundKind.EVALUATION)
    assert made.drawn == 4
    with pytest.raises(Conflict, match="4 records of this round are not coded yet"):
        rounds.go_on(round_=made, user=boss(study))
    mine: dict[str, str] = {}
    for name in ("anna", "ben"):
        while (found := served(study, name)) is not None:
            mine[found] = name
            decide(study, name, found, "900" if found in {"001", "005"} else "465")
    assert sorted(mine.values()) == ["anna", "anna", "ben", "ben"]
    assert {one.state for one in made.records.all()} == {"coding"}
    # The machine: 001 716, 002 465, 005 900, 006 801.
    assert rounds.go_on(round_=made, user=boss(study)) == 2
    assert made.state == RoundState.ADJUDICATION
    assert state_of(study, "005") == ("decided", "900", "person")
    for name in ("001", "006"):
        opened = Adjudication.objects.get(record__external_id=name)
        assert opened.second is None
        assert opened.assigned is not None
        assert {opened.assigned.username, mine[name]} == {"anna", "ben"}, "the halves are exchanged"
        assert state_of(study, name)[0] == "disputed"
    with pytest.raises(Conflict, match="can no longer be undone"):
        review.undo(study=study, user=coder(study, "anna"))
    with pytest.raises(Conflict, match="not being coded"):
        rounds.go_on(round_=made, user=boss(study))


def test_only_an_evaluation_goes_on(study: Study) -> None:
    with pytest.raises(InvalidInput, match="Only an evaluation"):
        rounds.go_on(round_=drawn(study, RoundKind.REVIEW, "anna"), user=boss(study))


def test_a_round_being_drawn_is_not_served_and_not_closed(study: Study) -> None:
    made = rounds.set_up(
        study=study, plan=plan(study, RoundKind.REVIEW, "anna", population=WAITING), user=boss(study)
    )
    with pytest.raises(Conflict, match="still being drawn"):
        rounds.close(round_=made, user=boss(study))
    assert made.job is not None
    factories.do(made.job)
    Round.objects.filter(pk=made.pk).update(state=RoundState.DRAWING)
    assert served(study, "anna") is None


def test_counts_are_of_ones_own_work(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE, population={"status": "accepted"})
    decide(study, "anna", "001", "510")
    counts = queue.queue_counts(study, coder(study, "anna"))
    assert (counts.open, counts.elsewhere, counts.decided_by_me) == (3 + 2, 0, 1)
    assert queue.queue_counts(study, coder(study, "carl")).open == 2

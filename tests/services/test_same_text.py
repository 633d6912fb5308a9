"""Records with the same text: shown before, decided together, taken back together."""

from pathlib import Path

import pytest

from coding_app.choices import RoundKind
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Decision, Event, QueueItem, Record, Study
from coding_app.selectors import queue
from coding_app.services import review, same_text
from tests import factories
from tests.rounds import coder, drawn, record

ROWS = (
    ("1", "Zoo  keeper", "zoo", "30"),
    ("2", "zoo keeper", "ZOO", "31"),
    ("3", "ZOO KEEPER", "zoo", "32"),
    ("4", "zoo keeper", "museum", "33"),
    ("5", "keeper", "zoo", "34"),
    ("6", "zoo keeper", "zoo", "35"),
)


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made, factories.csv_bytes(ROWS))
    factories.code(made)
    assert QueueItem.objects.filter(state="open").count() == 6
    return made


def ids(found: object) -> list[str]:
    return [one.external_id for one in found]  # type: ignore[attr-defined]


def together(
    study: Study, name: str, external_id: str, text: str = "982", **fields: object
) -> list[Decision]:
    first = record(study, external_id)
    user = coder(study, name)
    given: dict[str, object] = {
        "keys": [one.pk for one in queue.same_text(first, user, blinded=False)],
        **fields,
    }
    return same_text.decide_same_text(
        record=first,
        user=user,
        code=Code.objects.get(code=text),
        seen_version=first.version,
        **given,  # type: ignore[arg-type]
    )


def test_the_same_text_is_that_of_both_literals_whatever_case_and_spaces(study: Study) -> None:
    assert ids(queue.same_text(record(study, "1"), coder(study, "anna"), blinded=False)) == ["2", "3", "6"]
    assert ids(queue.same_text(record(study, "4"), coder(study, "anna"), blinded=False)) == []


def test_a_blinded_coder_is_told_of_no_other_record(study: Study) -> None:
    assert ids(queue.same_text(record(study, "1"), coder(study, "anna"), blinded=True)) == []


def test_all_are_decided_in_one_gesture_and_the_one_on_the_screen_is_the_last(study: Study) -> None:
    made = together(study, "anna", "2", note="all keepers")
    assert [one.record.external_id for one in made] == ["1", "3", "6", "2"]
    assert len({one.gesture for one in made}) == 1
    assert queue.last_decision(study, coder(study, "anna")) == made[-1]
    found = Record.objects.filter(status="decided", final_code__code="982", route="person")
    assert sorted(ids(found)) == ["1", "2", "3", "6"]
    told = Event.objects.filter(verb="record_decided")
    assert told.count() == 4
    assert len(set(told.values_list("gesture", flat=True))) == 1
    assert QueueItem.objects.filter(state="open").count() == 2


def test_what_was_not_in_the_preview_and_what_another_has_is_left_out(study: Study) -> None:
    keys = [record(study, name).pk for name in ("2", "3", "4")]
    review.open_record(record=record(study, "3"), user=coder(study, "ben"))
    made = together(study, "anna", "1", keys=keys)
    assert [one.record.external_id for one in made] == ["2", "1"]
    assert ids(Record.objects.filter(status="waiting").order_by("pk")) == ["3", "4", "5", "6"]


def test_undo_takes_the_whole_gesture_back(study: Study) -> None:
    together(study, "anna", "2")
    review.decide(
        record=record(study, "5"),
        user=coder(study, "anna"),
        code=Code.objects.get(code="982"),
        seen_version=record(study, "5").version,
    )
    assert review.undo(study=study, user=coder(study, "anna")).record.external_id == "5"
    place = review.undo(study=study, user=coder(study, "anna"))
    assert (place.record.external_id, place.holder) == ("2", coder(study, "anna"))
    assert Record.objects.filter(status="waiting").count() == 6
    assert Decision.objects.filter(undone_at=None).count() == 0
    assert QueueItem.objects.filter(state="open").count() == 6
    assert QueueItem.objects.filter(state="open", holder=None).count() == 5


def test_undo_of_a_gesture_is_all_or_nothing(study: Study) -> None:
    made = together(study, "anna", "2")
    Record.objects.filter(pk=made[0].record_id).update(version=99)
    with pytest.raises(Conflict, match="can no longer be undone"):
        review.undo(study=study, user=coder(study, "anna"))
    assert Record.objects.filter(status="decided").count() == 4


def test_a_stale_record_on_the_screen_decides_nothing(study: Study) -> None:
    first = record(study, "1")
    Record.objects.filter(pk=first.pk).update(version=first.version + 1)
    with pytest.raises(Conflict, match="changed since you opened it"):
        same_text.decide_same_text(
            record=first,
            user=coder(study, "anna"),
            code=Code.objects.get(code="982"),
            seen_version=first.version,
            keys=[record(study, "2").pk],
        )
    assert not Decision.objects.exists()
    assert QueueItem.objects.filter(state="open").count() == 6


def test_a_suggestion_counts_as_picked_for_the_others_too(study: Study, tmp_path: Path) -> None:
    rows = [
        ("k1", "contractor", "plumbing & heating", "30"),
        ("k2", "CONTRACTOR", "Plumbing & heating", "30"),
    ]
    factories.bring_in(study, factories.csv_bytes(rows), "more.csv")
    factories.code(study)
    first = record(study, "k1")
    assert first.suggestion_set is not None
    suggestion = first.suggestion_set.suggestions.get(rank=1)
    made = together(study, "anna", "k1", suggestion.code.code, suggestion=suggestion)
    assert [one.suggestion and one.suggestion.code for one in made] == [suggestion.code, suggestion.code]
    assert made[0].suggestion != made[1].suggestion


def test_records_without_any_text_have_nothing_in_common(study: Study) -> None:
    factories.bring_in(study, factories.csv_bytes([("b1", "", "", "30"), ("b2", " ", "", "30")]), "blank.csv")
    Record.objects.filter(external_id__startswith="b").update(status="waiting")
    for name in ("b1", "b2"):
        QueueItem.objects.create(study=study, record=record(study, name))
    assert not queue.same_text(record(study, "b1"), coder(study, "anna"), blinded=False).exists()


def test_within_a_round_records_are_decided_one_by_one(study: Study) -> None:
    drawn(study, RoundKind.REVIEW, "anna", population={"text": "ZOO"})
    with pytest.raises(InvalidInput, match="by itself"):
        together(study, "anna", "1")
    assert not queue.same_text(record(study, "5"), coder(study, "anna"), blinded=False).exists()


def test_too_many_at_once_are_refused(study: Study) -> None:
    with pytest.raises(InvalidInput, match="too many"):
        together(study, "anna", "1", keys=list(range(same_text.MOST + 1)))

"""In which order the study's own queue is served, and what it is narrowed to."""

from pathlib import Path

import pytest
from django.db.models import Q

from coding_app.choices import QueueOrder, RoundKind
from coding_app.models import QueueItem, Record, Study
from coding_app.services import ordering, review
from tests import factories
from tests.rounds import coder, drawn, ended, record
from tests.routed import NOBODY, save
from tests.scored import Answer, score

ROWS = (
    ("1", "keeper", "zoo", "30"),
    ("2", "riveter", "bridge", "31"),
    ("3", "Riveter", "bridge", "32"),
    ("4", "warden", "prison", "33"),
    ("5", "RIVETER", "bridge ", "34"),
    ("6", "truck driver", "", "35"),
)


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made, factories.csv_bytes(ROWS))
    factories.code(made)
    return made


def order(study: Study, **fields: object) -> list[str]:
    """Everything as one coder is served it."""
    found = []
    user = coder(study, "anna")
    while (item := review.open_next(study=study, user=user, **fields)) is not None:  # type: ignore[arg-type]
        found.append(item.record.external_id)
        QueueItem.objects.filter(pk=item.pk).update(state="done")
    return found


def test_as_imported(study: Study) -> None:
    assert order(study) == ["1", "2", "3", "4", "5"]


def test_the_most_frequent_text_first(study: Study) -> None:
    assert order(study, order=QueueOrder.FREQUENCY) == ["2", "3", "5", "1", "4"]


def test_the_most_uncertain_first(study: Study) -> None:
    score(study, {"1": Answer({"715": 0.9}), "2": Answer({"715": 0.2}), "4": Answer({"715": 0.4})})
    assert ordering.refresh(study) == 3
    assert order(study, order=QueueOrder.UNCERTAINTY) == ["3", "5", "2", "4", "1"]


def test_a_place_is_as_uncertain_as_its_first_suggestion_from_the_start(study: Study) -> None:
    score(study, {"6": Answer({"715": 0.75})})
    save(study, NOBODY)
    assert QueueItem.objects.get(record=record(study, "6"), state="open").uncertainty == 0.25


def test_an_import_makes_texts_more_frequent(study: Study) -> None:
    assert QueueItem.objects.get(record=record(study, "3")).frequency == 3
    factories.bring_in(study, factories.csv_bytes([("9", "riveter", "bridge", "20")]), "more.csv")
    assert QueueItem.objects.get(record=record(study, "3")).frequency == 4
    assert QueueItem.objects.get(record=record(study, "1")).frequency == 1
    assert ordering.refresh(study) == 0, "nothing is written where nothing changed"


def test_another_studys_texts_count_there_alone(study: Study, tmp_path: Path) -> None:
    other = factories.make_study(tmp_path, "Others")
    factories.bring_in(other, factories.csv_bytes(ROWS[1:2]))
    factories.code(other)
    assert QueueItem.objects.get(study=other).frequency == 1
    assert QueueItem.objects.get(record=record(study, "3")).frequency == 3


def test_the_queue_is_narrowed_to_what_the_coder_asked_for(study: Study) -> None:
    asked = Record.objects.filter(study=study, occupation__iexact="riveter")
    assert order(study, only=Q(record__in=asked.values("pk"))) == ["2", "3", "5"]


def test_the_order_of_a_round_says_nothing_of_the_machine(study: Study) -> None:
    score(study, {"1": Answer({"715": 0.9}), "2": Answer({"715": 0.2}), "4": Answer({"715": 0.4})})
    drawn(study, RoundKind.REVIEW, "anna", population={"status": "waiting"}, blinded=True)
    assert order(study, order=QueueOrder.UNCERTAINTY) == ["1", "2", "3", "4", "5"]


def test_what_a_round_gives_back_is_in_order_again(study: Study) -> None:
    made = drawn(study, RoundKind.REVIEW, "anna", population={"status": "waiting"})
    ended(made)
    assert order(study, order=QueueOrder.FREQUENCY) == ["2", "3", "5", "1", "4"]

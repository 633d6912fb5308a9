"""The queue: one record before one coder, one decision a record, and a way back."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from coding_app.choices import CannotCodeReason, DecisionKind, RecordStatus
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Decision, QueueItem, Record, Study, Suggestion
from coding_app.selectors import queue
from coding_app.services import review
from tests import factories


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    return study


@pytest.fixture
def coder(study: Study) -> User:
    return study.members.get(username="coder")


@pytest.fixture
def other(study: Study) -> User:
    return study.members.get(username="supervisor")


def code(study: Study, text: str) -> Code:
    return Code.objects.get(classification=study.classification, code=text)


def test_two_coders_never_hold_the_same_record(study: Study, coder: User, other: User) -> None:
    mine, theirs = review.open_next(study=study, user=coder), review.open_next(study=study, user=other)
    assert mine is not None
    assert theirs is not None
    assert mine.record_id != theirs.record_id
    assert review.open_next(study=study, user=factories.make_user("third")) is None


def test_a_coder_who_comes_back_finds_the_record_they_held(study: Study, coder: User) -> None:
    assert review.open_next(study=study, user=coder) == review.open_next(study=study, user=coder)


def test_an_expired_lease_frees_the_record(study: Study, coder: User, other: User) -> None:
    mine = review.open_next(study=study, user=coder)
    assert mine is not None
    QueueItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    theirs = review.open_next(study=study, user=other)
    assert theirs is not None
    assert theirs.record_id == mine.record_id
    with pytest.raises(Conflict, match="Another coder has this record open"):
        review.decide(
            record=mine.record, user=coder, code=code(study, "510"), seen_version=mine.record.version
        )
    assert not Decision.objects.exists()


def test_a_decision_on_a_stale_page_is_refused(study: Study, coder: User) -> None:
    tie = factories.record(study, "003")
    Record.objects.filter(pk=tie.pk).update(version=tie.version + 1)
    with pytest.raises(Conflict, match="changed since you opened it"):
        review.decide(record=tie, user=coder, code=code(study, "510"), seen_version=tie.version)
    assert QueueItem.objects.get(record=tie).state == "open"


def test_a_decided_record_cannot_be_decided_again(study: Study, coder: User) -> None:
    tie = factories.record(study, "003")
    seen = tie.version
    review.decide(record=tie, user=coder, code=code(study, "510"), seen_version=seen)
    with pytest.raises(Conflict):
        review.decide(record=tie, user=coder, code=code(study, "470"), seen_version=seen)
    assert factories.record(study, "003").final_code == code(study, "510")


def test_the_database_allows_one_standing_decision_a_record(study: Study, coder: User) -> None:
    tie = factories.record(study, "003")
    review.decide(record=tie, user=coder, code=code(study, "510"), seen_version=tie.version)
    with pytest.raises(IntegrityError, match=r"decision_one_standing_a_record|UNIQUE"), transaction.atomic():
        Decision.objects.create(
            record=tie,
            coder=coder,
            kind=DecisionKind.CODE,
            code=code(study, "470"),
            record_version=1,
            decided_at=timezone.now(),
        )


def test_the_database_allows_one_open_place_a_record(study: Study) -> None:
    tie = factories.record(study, "003")
    with pytest.raises(IntegrityError), transaction.atomic():
        QueueItem.objects.create(study=study, record=tie)


def test_a_picked_suggestion_must_be_of_the_record_and_the_code(study: Study, coder: User) -> None:
    tie = factories.record(study, "003")
    first = Suggestion.objects.get(suggestion_set=tie.suggestion_set, rank=1)
    with pytest.raises(Conflict):
        review.decide(
            record=tie, user=coder, code=code(study, "510"), seen_version=tie.version, suggestion=first
        )
    made = review.decide(record=tie, user=coder, code=first.code, seen_version=tie.version, suggestion=first)
    assert made.suggestion == first


def test_a_code_of_another_classification_is_refused(study: Study, coder: User, tmp_path: Path) -> None:
    foreign = factories.make_classification(tmp_path, "Other")
    tie = factories.record(study, "003")
    with pytest.raises(InvalidInput, match="no code that records of this study may have"):
        review.decide(record=tie, user=coder, code=foreign.codes.get(code="510"), seen_version=tie.version)


def test_cannot_code_needs_a_reason_and_other_needs_a_note(study: Study, coder: User) -> None:
    tie = factories.record(study, "003")
    with pytest.raises(InvalidInput, match="Say in the note"):
        review.cannot_code(record=tie, user=coder, reason=CannotCodeReason.OTHER, seen_version=tie.version)
    review.cannot_code(record=tie, user=coder, reason=CannotCodeReason.VAGUE, seen_version=tie.version)
    assert factories.record(study, "003").status == RecordStatus.CANNOT_CODE


def test_undo_puts_the_last_record_back_before_its_coder(study: Study, coder: User) -> None:
    tie = factories.record(study, "003")
    review.decide(record=tie, user=coder, code=code(study, "510"), seen_version=tie.version)
    held = review.open_next(study=study, user=coder)
    assert held is not None
    assert held.record.external_id == "004"
    place = review.undo(study=study, user=coder)
    assert place.record == tie
    again = review.open_next(study=study, user=coder)
    assert again is not None
    assert again.record == tie
    back = factories.record(study, "003")
    assert (back.status, back.final_code, back.route) == (RecordStatus.WAITING, None, "")
    assert back.version == tie.version + 1
    review.decide(record=back, user=coder, code=code(study, "470"), seen_version=back.version)
    assert Decision.objects.filter(record=tie).count() == 2


def test_undo_goes_back_step_by_step_and_not_into_others_work(study: Study, coder: User, other: User) -> None:
    tie, none = factories.record(study, "003"), factories.record(study, "004")
    review.decide(record=tie, user=coder, code=code(study, "510"), seen_version=tie.version)
    review.decide(record=none, user=other, code=code(study, "982"), seen_version=none.version)
    assert review.undo(study=study, user=coder).record == tie
    with pytest.raises(Conflict, match="no decision of yours"):
        review.undo(study=study, user=coder)
    assert factories.record(study, "004").status == RecordStatus.DECIDED


def test_opening_another_record_frees_the_one_held(study: Study, coder: User, other: User) -> None:
    held = review.open_next(study=study, user=coder)
    assert held is not None
    review.open_record(record=factories.record(study, "004"), user=coder)
    free = review.open_next(study=study, user=other)
    assert free is not None
    assert free.record_id == held.record_id
    with pytest.raises(Conflict, match="Another coder"):
        review.open_record(record=factories.record(study, "004"), user=other)
    with pytest.raises(Conflict, match="not in the queue"):
        review.open_record(record=factories.record(study, "001"), user=other)


def test_the_known_code_is_not_among_what_a_coder_is_shown(db: None, tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    content = factories.csv_bytes(
        [("1", "zookeeper", "zoo", "30", "982", "yes")],
        ("id", "occupation", "industry", "age", "reference", "smoker"),
    )
    factories.bring_in(study, content)
    factories.code(study)
    item = review.open_next(study=study, user=study.members.get(username="coder"))
    assert item is not None
    assert queue.open_record(item).others == [("age", "30"), ("smoker", "yes")]


@pytest.mark.django_db(transaction=True)
def test_coders_at_the_same_moment_drain_the_queue_without_meeting(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    rows = [(f"{n:04}", "zookeeper", "", "30") for n in range(60)]
    factories.bring_in(study, factories.csv_bytes(rows))
    factories.code(study)
    wanted = code(study, "982")
    coders = [factories.make_user(f"coder-{n}") for n in range(6)]
    served: list[int] = []
    faults: list[Exception] = []

    def work(user: User) -> None:
        try:
            while (item := review.open_next(study=study, user=user)) is not None:
                record = Record.objects.select_related("study").get(pk=item.record_id)
                served.append(record.pk)
                review.decide(record=record, user=user, code=wanted, seen_version=record.version)
        except Exception as error:
            faults.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(user,)) for user in coders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(served) == len(set(served)) == 60
    assert Decision.objects.count() == 60

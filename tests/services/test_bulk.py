"""Many rows at once read back as if each had been saved by itself."""

import uuid
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from coding_app.choices import QueueState, RecordStatus, Verb
from coding_app.models import Event, Import, QueueItem, Record, Study
from coding_app.services import bulk
from tests import factories

MANY = 50


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    return made


def records(study: Study, count: int) -> list[Record]:
    source = Import.objects.filter(study=study).latest("pk")
    return [
        Record(
            study=study,
            source=source,
            external_id=f"bulk\t{number}\\N",
            line=number + 2,
            values=["a\nb", 'quo"te', "기계조작원", ""],
            row_hash="0" * 64,
            occupation="TRK\tDRVR \\ \\N",
            age=None if number % 2 else 41.5,
            status=RecordStatus.IMPORTED,
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [1, MANY])
def test_rows_are_written_as_if_saved_one_by_one(study: Study, count: int) -> None:
    made = bulk.insert(records(study, count))
    saved = records(study, 1)[0]
    saved.external_id = "saved"
    saved.save()
    first = Record.objects.get(pk=made[0].pk)
    different = {"id", "external_id"}
    names = [field.attname for field in Record._meta.concrete_fields if field.name not in different]
    again = Record.objects.get(pk=saved.pk)
    assert [getattr(first, name) for name in names] == [getattr(again, name) for name in names]
    assert first.external_id == "bulk\t0\\N"
    assert len({one.pk for one in made}) == count
    assert Record.objects.filter(external_id__startswith="bulk").count() == count
    assert saved.pk not in {one.pk for one in made}
    assert not made[-1]._state.adding


def test_keys_dates_and_choices_are_what_the_models_say(study: Study) -> None:
    now = timezone.now()
    rows = bulk.insert(records(study, MANY))
    places = bulk.insert(QueueItem(study=study, record=one) for one in rows)
    gesture = uuid.uuid4()
    bulk.insert(
        Event(study=study, record=one, verb=Verb.RECORD_IMPORTED, gesture=gesture, data={"n": [1]}, at=now)
        for one in rows
    )
    place = QueueItem.objects.get(pk=places[0].pk)
    assert (place.record, place.state, place.uncertainty) == (rows[0], QueueState.OPEN, 1.0)
    assert place.created_at >= now
    told = Event.objects.filter(gesture=gesture).order_by("pk")
    assert [one.record_id for one in told] == [one.pk for one in rows]
    assert (told[0].verb, told[0].data, told[0].at) == ("record_imported", {"n": [1]}, now)


def test_one_bad_row_leaves_none_behind(study: Study) -> None:
    made = records(study, MANY)
    made[-1].external_id = made[0].external_id
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(made)
    assert not Record.objects.filter(external_id__startswith="bulk").exists()


def test_an_update_writes_the_fields_it_is_given_and_no_others(study: Study) -> None:
    made = bulk.insert(records(study, MANY))
    for one in made:
        one.status = RecordStatus.WAITING
        one.version = 7
        one.occupation = "not to be written"
    bulk.update(made, ["status", "version"])
    found = Record.objects.filter(pk__in=[one.pk for one in made])
    assert set(found.values_list("status", "version", "occupation")) == {("waiting", 7, "TRK\tDRVR \\ \\N")}


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written() -> None:
    with pytest.raises(TransactionManagementError):
        bulk.insert([])

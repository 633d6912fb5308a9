"""The queue over the API: narrowed, ordered, and decided by its places."""

import pytest

from coding_app.choices import RoundKind
from coding_app.models import QueueItem, Study
from tests import factories
from tests.api.conftest import Login
from tests.rounds import drawn

HERE = "/api/v1/studies/mills/queue/"


@pytest.mark.parametrize(
    ("wanted", "external_id"),
    [
        ({}, "003"),
        ({"column": "occupation", "value": "ZOO", "inside": True}, "004"),
        ({"candidate": "510"}, "003"),
        ({"order": "frequency"}, "004"),
        ({"column": "occupation", "value": "nobody"}, None),
        ({"column": "reference", "value": "SECRET"}, None),
    ],
)
def test_the_queue_is_narrowed_and_ordered(
    study: Study, login: Login, wanted: dict[str, object], external_id: str | None
) -> None:
    QueueItem.objects.filter(record__external_id="004").update(frequency=9)
    answer = login("coder").post(f"{HERE}next/", wanted, format="json")
    assert answer.status_code == (200 if external_id else 204)
    if external_id:
        assert answer.json()["external_id"] == external_id


def test_what_the_queue_cannot_be_narrowed_to_is_refused(study: Study, login: Login) -> None:
    for wrong in ({"order": "random"}, {"by": "x"}, {"colour": "red"}):
        assert login("coder").post(f"{HERE}next/", wrong, format="json").status_code == 400


def test_a_decision_names_the_place_it_is_for(study: Study, login: Login) -> None:
    coder = login("coder")
    opened = coder.post(f"{HERE}next/").json()
    sent = {"record": opened["record"], "seen_version": opened["version"], "kind": "code", "code": "510"}
    target = "/api/v1/studies/mills/decisions/"
    assert coder.post(target, {**sent, "place": 999999}, format="json").status_code == 409
    assert coder.post(target, {**sent, "place": opened["place"]}, format="json").status_code == 201
    assert factories.record(study, "003").final_code is not None
    counts = coder.get(HERE).json()
    assert counts == {
        "open": 1,
        "open_is_more": False,
        "elsewhere": 0,
        "decided_by_me": 1,
        "decided_is_more": False,
    }


ROWS = (("1", "Riveter", "yard", "30"), ("2", "riveter", "YARD", "31"), ("3", "riveter", "yard", "32"))


@pytest.fixture
def riveters(study: Study) -> Study:
    """Three more records with one text, which wait."""
    factories.bring_in(study, factories.csv_bytes(ROWS), "more.csv")
    factories.code(study)
    return study


def test_records_with_the_same_text_are_listed_decided_together_and_taken_back(
    riveters: Study, login: Login
) -> None:
    coder = login("coder")
    first = factories.record(riveters, "1")
    opened = coder.post(f"{HERE}open/{first.pk}/").json()
    listed = coder.get(f"{HERE}same-text/{first.pk}/").json()
    assert [one["external_id"] for one in listed["records"]] == ["2", "3"]
    assert listed["is_more"] is False
    supervisor = login("supervisor")
    third = factories.record(riveters, "3")
    assert supervisor.post(f"{HERE}open/{third.pk}/").status_code == 200
    sent = {
        "record": first.pk,
        "seen_version": opened["version"],
        "place": opened["place"],
        "code": "510",
        "others": [one["id"] for one in listed["records"]],
        "note": "all of them",
    }
    target = "/api/v1/studies/mills/decisions/same-text/"
    made = coder.post(target, sent, format="json")
    assert made.status_code == 201
    assert [one["external_id"] for one in made.json()["decisions"]] == ["2", "1"]
    assert made.json()["left_out"] == [third.pk], "the supervisor has it open"
    assert factories.record(riveters, "2").status == "decided"
    assert coder.post(target, sent, format="json").status_code == 409, "it is decided"
    assert coder.post("/api/v1/studies/mills/decisions/undo/").json()["external_id"] == "1"
    assert factories.record(riveters, "2").status == "waiting"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"record": 999999}, "record"),
        ({"code": "no"}, "code"),
        ({"suggestion": 999999}, "suggestion"),
        ({"others": ["x"]}, "others.0"),
        ({"others": list(range(1, 2003))}, "others"),
        ({"others": None}, "others"),
        ({"kind": "code"}, "kind"),
    ],
)
def test_what_cannot_be_decided_together_is_refused_by_its_field(
    riveters: Study, login: Login, change: dict[str, object], field: str
) -> None:
    record = factories.record(riveters, "1")
    sent = {"record": record.pk, "seen_version": record.version, "code": "510", "others": []}
    answer = login("coder").post(
        "/api/v1/studies/mills/decisions/same-text/", {**sent, **change}, format="json"
    )
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert factories.record(riveters, "1").status == "waiting"


def test_in_a_round_nothing_is_decided_together(riveters: Study, login: Login) -> None:
    drawn(riveters, RoundKind.REVIEW, "anna", population={"status": "waiting"})
    record = factories.record(riveters, "1")
    anna = login("anna")
    assert anna.get(f"{HERE}same-text/{record.pk}/").json()["records"] == []
    sent = {"record": record.pk, "seen_version": record.version, "code": "510", "others": []}
    answer = anna.post("/api/v1/studies/mills/decisions/same-text/", sent, format="json")
    assert answer.status_code == 400
    assert "by itself" in answer.json()["detail"]


def test_a_blinded_coder_is_told_of_no_other_record(riveters: Study, login: Login) -> None:
    drawn(riveters, RoundKind.REVIEW, "anna", population={"status": "waiting"}, blinded=True)
    record = factories.record(riveters, "2")
    anna = login("anna")
    assert anna.get(f"{HERE}same-text/{record.pk}/").status_code == 403
    sent = {"record": record.pk, "seen_version": record.version, "code": "510", "others": []}
    answer = anna.post("/api/v1/studies/mills/decisions/same-text/", sent, format="json")
    assert answer.status_code == 403

"""Rounds and adjudications by the API."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from coding_app.choices import AdjudicationState, RecordStatus, RoundState
from coding_app.models import Adjudication, Record, Round, Study
from tests import drawn, factories
from tests.api.conftest import Login

HERE = "/api/v1/studies/mills/"
PLAN: dict[str, Any] = {
    "name": "Autumn",
    "kind": "double",
    "coders": [{"user": "coder"}, {"user": "ada", "share": 2}],
    "blinded": True,
    "coders_per_record": 2,
    "seed": 5,
}
CODES = {"001": "716", "002": "465", "003": "510", "004": "411", "005": "900", "006": "801"}


@pytest.fixture
def disputed(study: Study) -> Study:
    """A blinded round in which two coders disagree on 002 and 003."""
    drawn.draw(study, "coder", "ada")
    drawn.decide(study, "coder", CODES)
    drawn.decide(study, "ada", {**CODES, "002": "411", "003": drawn.CANNOT})
    return study


def test_a_round_is_previewed_set_up_listed_and_cancelled(study: Study, supervisor: APIClient) -> None:
    drawn.coder(study, "ada")
    stratified = {**PLAN, "selection": "stratified", "stratum_column": "industry", "size": 3}
    preview = supervisor.post(f"{HERE}rounds/preview/", stratified, format="json").json()
    assert (preview["population"], preview["drawn"]) == (6, 3)
    assert not Round.objects.exists()
    made = supervisor.post(f"{HERE}rounds/", {**PLAN, "selection": "random", "size": 4}, format="json")
    assert made.status_code == 202
    assert (made.json()["number"], made.json()["state"], made.json()["seed"]) == (1, "drawing", 5)
    stored = Round.objects.get()
    assert stored.job is not None
    factories.do(stored.job)
    found = supervisor.get(f"{HERE}rounds/1/").json()
    assert (found["state"], found["drawn"], found["population_size"]) == ("coding", 4, 6)
    assert found["progress"]["records"]["coding"] == 4
    assert [(one["user"], one["given"]) for one in found["progress"]["coders"]] == [("ada", 4), ("coder", 4)]
    assert [one["name"] for one in supervisor.get(f"{HERE}rounds/").json()["results"]] == ["Autumn"]
    ended = supervisor.post(f"{HERE}rounds/1/cancel/")
    assert (ended.status_code, ended.json()["state"]) == (202, RoundState.CANCELLED)
    assert (ended.json()["ending"]["kind"], ended.json()["ending"]["state"]) == ("end_round", "queued")
    stored.refresh_from_db()
    assert stored.ending is not None
    factories.do(stored.ending)
    assert supervisor.get(f"{HERE}rounds/1/").json()["progress"]["records"]["withdrawn"] == 4
    assert supervisor.post(f"{HERE}rounds/1/close/").status_code == 409


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"coders": [{"user": "coder"}, {"user": "nobody"}]}, "coders"),
        ({"coders": [{"user": "coder"}, {"user": "supervisor"}]}, "coders"),
        ({"coders_per_record": 3}, "coders_per_record"),
        ({"selection": "random"}, "size"),
        ({"population": {"colour": "red"}}, "population"),
        ({"gold_every": 5}, "gold_every"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_by_field(
    study: Study, supervisor: APIClient, wrong: dict[str, Any], field: str
) -> None:
    drawn.coder(study, "ada")
    answer = supervisor.post(f"{HERE}rounds/", {**PLAN, **wrong}, format="json")
    assert answer.status_code == 400
    assert [name.partition(".")[0] for name in answer.json()["errors"]] == [field]
    assert not Round.objects.exists()


def test_going_on_tells_how_many_differ(study: Study, supervisor: APIClient) -> None:
    drawn.draw(study, "coder", "ada", kind="evaluation", coders_per_record=1)
    assert supervisor.post(f"{HERE}rounds/1/go-on/").status_code == 409
    drawn.decide(study, "coder", dict.fromkeys(CODES, "715"))
    drawn.decide(study, "ada", dict.fromkeys(CODES, "715"))
    drawn_records = Round.objects.get().drawn
    assert supervisor.post(f"{HERE}rounds/1/go-on/").json() == {"disputed": drawn_records}


def test_a_disputed_record_comes_with_codes_and_without_names(disputed: Study, supervisor: APIClient) -> None:
    answer = supervisor.post(f"{HERE}adjudications/next/")
    found = answer.json()
    assert [one["choice"] for one in found["options"]] == ["A", "B"]
    assert {one["code"]["code"] for one in found["options"]} == {"465", "411"}
    assert [one["value"] for one in found["literals"]] == ["MACHINIST", "construction"]
    whole = json.dumps(found)
    for told in ("coder", "ada", "first", "second", "machine", "716"):
        assert f'"{told}"' not in whole
    assert supervisor.get(f"{HERE}adjudications/").json() == {"open": 2, "elsewhere": 0, "settled_by_me": 0}
    assert supervisor.post(f"{HERE}adjudications/renew/").json() == {"held": True}


def test_settling_by_letter_another_code_and_no_code(disputed: Study, supervisor: APIClient) -> None:
    found = supervisor.post(f"{HERE}adjudications/next/").json()
    letter = next(one["choice"] for one in found["options"] if one["code"]["code"] == "465")
    target = f"{HERE}adjudications/{found['id']}/settle/"
    body = {"choice": letter, "opened_at": found["opened_at"]}
    settled = supervisor.post(target, body, format="json")
    assert (settled.status_code, settled.json()["code"]) == (200, "465")
    assert factories.record(disputed, "002").status == RecordStatus.DECIDED
    assert supervisor.post(target, body, format="json").status_code == 409
    undone = supervisor.post(f"{HERE}adjudications/undo/").json()
    assert undone["id"] == found["id"]
    assert factories.record(disputed, "002").status == RecordStatus.DISPUTED
    other = supervisor.post(target, {"code": "982", "reason": "neither"}, format="json")
    assert other.json()["code"] == "982"
    found = supervisor.post(f"{HERE}adjudications/next/").json()
    target = f"{HERE}adjudications/{found['id']}/settle/"
    assert [one["cannot_reason"] for one in found["options"] if one["code"] is None] == ["vague"]
    none = supervisor.post(target, {"cannot_reason": "several", "reason": "two jobs"}, format="json")
    assert (none.json()["code"], none.json()["cannot_reason"]) == (None, "several")
    assert supervisor.post(f"{HERE}adjudications/next/").status_code == 204


def test_an_answer_is_one_answer(disputed: Study, supervisor: APIClient) -> None:
    found = supervisor.post(f"{HERE}adjudications/next/").json()
    target = f"{HERE}adjudications/{found['id']}/settle/"
    for body in ({}, {"choice": "A", "code": "716"}, {"choice": "C"}, {"code": "none"}, {"code": "982"}):
        assert supervisor.post(target, body, format="json").status_code == 400, body
    assert Adjudication.objects.filter(state=AdjudicationState.OPEN).count() == 2


def test_sending_back_asks_the_coders_again(disputed: Study, supervisor: APIClient) -> None:
    found = supervisor.post(f"{HERE}adjudications/next/").json()
    target = f"{HERE}adjudications/{found['id']}/send-back/"
    assert supervisor.post(target, {"question": " "}, format="json").status_code == 400
    assert supervisor.post(target, {"question": "A workshop?"}, format="json").json()["state"] == "returned"
    assert Record.objects.filter(status=RecordStatus.DISPUTED).count() == 1


def test_what_another_adjudicator_holds_is_refused(disputed: Study, login: Login) -> None:
    held = login("supervisor").post(f"{HERE}adjudications/next/").json()
    other = login("manager")
    assert other.post(f"{HERE}adjudications/next/").json()["id"] != held["id"]
    target = f"{HERE}adjudications/{held['id']}/settle/"
    assert other.post(target, {"choice": "A"}, format="json").status_code == 409
    login("supervisor").post(f"{HERE}adjudications/release/")
    assert other.post(target, {"choice": "A"}, format="json").status_code == 200


def test_a_coder_settles_only_what_was_exchanged_to_them(study: Study, login: Login) -> None:
    drawn.draw(study, "coder", "ada", kind="evaluation", coders_per_record=1)
    drawn.decide(study, "coder", dict.fromkeys(CODES, "715"))
    drawn.decide(study, "ada", dict.fromkeys(CODES, "715"))
    assert login("ada").post(f"{HERE}adjudications/next/").status_code == 403
    login("supervisor").post(f"{HERE}rounds/1/go-on/")
    found = login("ada").post(f"{HERE}adjudications/next/").json()
    one = Adjudication.objects.get(pk=found["id"])
    assert one.assigned is not None
    assert (one.assigned.username, one.first.coder.username) == ("ada", "coder")
    assert not found["may_send_back"]
    foreign = Adjudication.objects.exclude(assigned=one.assigned).earliest("pk")
    target = f"{HERE}adjudications/{foreign.pk}/settle/"
    assert login("ada").post(target, {"choice": "A"}, format="json").status_code == 404
    assert login("supervisor").post(target, {"choice": "A"}, format="json").status_code == 404

"""The queue over the API: narrowed, ordered, and decided by its places."""

import pytest

from coding_app.models import QueueItem, Study
from tests import factories
from tests.api.conftest import Login

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

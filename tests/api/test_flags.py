"""Flags over the API."""

import pytest

from coding_app.models import Flag, Study
from tests import factories
from tests.api.conftest import Login

pytestmark = pytest.mark.django_db
HERE = "/api/v1/studies/mills/flags/"


def test_a_flag_is_raised_listed_and_answered(study: Study, login: Login) -> None:
    record = factories.record(study, "003")
    coder, supervisor = login("coder"), login("supervisor")
    made = coder.post(HERE, {"record": record.pk, "note": "Which?"}, format="json")
    assert made.status_code == 201
    assert (made.json()["record"], made.json()["raised_by"], made.json()["answered_at"]) == (
        record.pk,
        "coder",
        None,
    )
    assert coder.post(HERE, {"record": record.pk, "note": "Again"}, format="json").status_code == 409
    assert [one["note"] for one in supervisor.get(f"{HERE}?waiting=true").json()["results"]] == ["Which?"]
    target = f"{HERE}{made.json()['id']}/answer/"
    assert coder.post(target, {"answer": "Mine"}, format="json").status_code == 403
    answered = supervisor.post(target, {"answer": "The second."}, format="json")
    assert (answered.status_code, answered.json()["answer"]) == (200, "The second.")
    assert supervisor.post(target, {"answer": "Or the first."}, format="json").status_code == 409
    assert coder.get(f"{HERE}?waiting=true").json()["results"] == []
    assert coder.get(f"{HERE}?waiting=false").json()["results"][0]["answer"] == "The second."


def test_coders_list_their_own(study: Study, login: Login) -> None:
    record = factories.record(study, "003")
    login("supervisor").post(HERE, {"record": record.pk, "note": "Mine"}, format="json")
    assert Flag.objects.count() == 1
    assert login("coder").get(HERE).json()["results"] == []


@pytest.mark.parametrize("body", [{}, {"record": 999999, "note": "x"}, {"record": 1}, {"note": " "}])
def test_what_cannot_be_a_flag_is_refused(study: Study, login: Login, body: dict[str, object]) -> None:
    assert login("coder").post(HERE, body, format="json").status_code == 400

"""A coder never sees the code known beforehand, its column, or what follows from it."""

import json

import pytest
from rest_framework.test import APIClient

from coding_app.models import Study
from tests import factories
from tests.api.conftest import Login

HERE = "/api/v1/studies/mills/"


@pytest.mark.parametrize("user", ["coder"])
def test_no_answer_to_a_coder_holds_the_known_code_or_its_column(
    study: Study, login: Login, user: str
) -> None:
    client = login(user)
    record = factories.record(study, "003")
    answers = [
        client.get(HERE),
        client.get(f"{HERE}records/"),
        client.get(f"{HERE}records/", {"text": "SECRET"}),
        client.get(f"{HERE}records/{record.pk}/"),
        client.get(f"{HERE}jobs/"),
        client.get(f"{HERE}runs/"),
        client.post(f"{HERE}queue/next/"),
        client.post(f"{HERE}queue/open/{record.pk}/"),
        client.post(
            f"{HERE}decisions/",
            {"record": record.pk, "seen_version": record.version, "kind": "code", "code": "510"},
            format="json",
        ),
        client.get(f"{HERE}decisions/"),
        client.post(f"{HERE}decisions/undo/"),
        client.get(f"{HERE}search/", {"q": "SECRET"}),
    ]
    for answer in answers:
        assert answer.status_code < 300
        shown = json.dumps(answer.json())
        assert "SECRET" not in shown
        assert "reference" not in shown
        assert "accuracy" not in shown


def test_a_coder_is_shown_the_other_columns(study: Study, coder: APIClient) -> None:
    record = factories.record(study, "003")
    shown = coder.get(f"{HERE}records/{record.pk}/").json()["columns"]
    assert [one["column"] for one in shown] == ["id", "occupation", "industry", "age", "note"]


def test_a_supervisor_is_shown_the_known_code_and_the_accuracy(study: Study, supervisor: APIClient) -> None:
    record = factories.record(study, "003")
    shown = supervisor.get(f"{HERE}records/{record.pk}/").json()
    assert shown["reference_code"] == "SECRET"
    assert {"column": "reference", "value": "SECRET"} in shown["columns"]
    accuracy = supervisor.get(HERE).json()["progress"]["accuracy"]
    assert (accuracy["k"], accuracy["n"]) == (1, 4)
    wrong = supervisor.get(f"{HERE}records/", {"compared": "wrong"}).json()["results"]
    assert [one["external_id"] for one in wrong] == ["002", "005", "006"]


def test_a_coder_sees_no_fault_text_of_a_job(study: Study, coder: APIClient, supervisor: APIClient) -> None:
    job = study.jobs.latest("pk")
    study.jobs.filter(pk=job.pk).update(state="failed", error="row SECRET")
    assert "error" not in coder.get(f"{HERE}jobs/{job.pk}/").json()
    assert supervisor.get(f"{HERE}jobs/{job.pk}/").json()["error"] == "row SECRET"


def test_a_coder_sees_only_their_own_decisions(study: Study, coder: APIClient, supervisor: APIClient) -> None:
    for client, external_id in ((coder, "003"), (supervisor, "004")):
        record = factories.record(study, external_id)
        body = {"record": record.pk, "seen_version": record.version, "kind": "code", "code": "510"}
        assert client.post(f"{HERE}decisions/", body, format="json").status_code == 201

    def coders(client: APIClient, **wanted: str) -> list[str]:
        return [one["coder"] for one in client.get(f"{HERE}decisions/", wanted).json()["results"]]

    assert coders(coder) == ["coder"]
    assert coders(supervisor) == ["supervisor", "coder"]
    assert coders(supervisor, coder="coder") == ["coder"]

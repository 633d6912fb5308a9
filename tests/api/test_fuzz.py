"""Whatever is sent, the answer is never a fault of the server."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from coding_app.models import Study
from tests import factories

HERE = "/api/v1/studies/mills/"
MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)

texts = st.text(alphabet=st.characters(codec=None), max_size=40) | st.sampled_from(
    ["\0", "%00", "\ud800", "1e999", "9" * 30, "9" * 5000, "-1", "٣", "０", "a\nb", "'; --"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.just(10**400)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)


def ask(client: APIClient, method: str, address: str, body: Any) -> int:
    answer = getattr(client, method)(address, json.dumps(body), content_type="application/json")
    return int(answer.status_code)


PARAMETERS = (
    "status", "outcome", "table", "code", "source", "reason", "compared", "text", "cursor", "page_size",
)  # fmt: skip
FIELDS = ("record", "seen_version", "kind", "code", "suggestion", "reason", "note", "opened_at")


@MANY
@given(values=st.dictionaries(st.sampled_from(PARAMETERS), texts, max_size=4))
def test_parameters_of_the_list_of_records(study: Study, manager: APIClient, values: dict[str, str]) -> None:
    sendable = {name: text.encode("utf-8", "surrogatepass") for name, text in values.items()}
    assert manager.get(f"{HERE}records/", sendable).status_code < 500


@MANY
@given(body=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values)) | values)
def test_bodies_of_decisions(study: Study, coder: APIClient, body: Any) -> None:
    assert ask(coder, "post", f"{HERE}decisions/", body) in {400, 409}


@MANY
@given(
    code=st.just("510") | texts,
    suggestion=st.none() | scalars,
    note=texts,
    opened_at=st.none() | st.datetimes(timezones=st.timezones()).map(str) | texts,
)
def test_decisions_of_a_record_that_waits(
    study: Study, coder: APIClient, code: str, suggestion: Any, note: str, opened_at: str | None
) -> None:
    record = factories.record(study, "003")
    body = {
        "record": record.pk,
        "seen_version": record.version,
        "kind": "code",
        "code": code,
        "suggestion": suggestion,
        "note": note,
        "opened_at": opened_at,
    }
    status = ask(coder, "post", f"{HERE}decisions/", body)
    assert status in {201, 400}
    if status == 201:
        assert coder.post(f"{HERE}decisions/undo/").status_code == 200


@MANY
@given(columns=st.dictionaries(st.sampled_from(["id", "occupation", "industry", "age"]), values) | values)
def test_mappings_of_columns(study: Study, manager: APIClient, columns: Any) -> None:
    upload = study.imports.filter(state="uploaded").first() or factories.upload(study)
    assert ask(manager, "post", f"{HERE}imports/{upload.pk}/start/", {"columns": columns}) < 500


@MANY
@given(name=values, classification=values, version=values, age=values)
def test_new_studies(
    study: Study, manager: APIClient, name: Any, classification: Any, version: Any, age: Any
) -> None:
    body = {"name": name, "classification": classification, "dictionary_version": version, "child_age": age}
    assert ask(manager, "post", "/api/v1/studies/", body) < 500


@MANY
@given(name=texts)
def test_names_of_studies(study: Study, manager: APIClient, name: str) -> None:
    body = {"name": name, "classification": study.classification_id}
    assert ask(manager, "post", "/api/v1/studies/", body) in {201, 400}


@MANY
@given(query=texts)
def test_queries_of_the_search(study: Study, coder: APIClient, query: str) -> None:
    sendable = query.encode("utf-8", "surrogatepass")
    assert coder.get(f"{HERE}search/", {"q": sendable}).status_code < 500
    here = f"/api/v1/classifications/{study.classification_id}/codes/"
    assert coder.get(here, {"q": sendable}).status_code < 500


@pytest.mark.parametrize("user", ["username", "password"])
@MANY
@given(text=texts)
def test_signing_in(db: None, user: str, text: str) -> None:
    body = {"username": "ada", "password": "secret", user: text}
    assert ask(APIClient(), "post", "/api/v1/auth-token/", body) == 400

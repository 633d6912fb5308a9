"""Errors say what is wrong, with which field, in one shape."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from rest_framework.test import APIClient

from coding_app.models import Record, Study
from coding_app.services import work
from tests import factories

ROOT = "/api/v1/"
HERE = f"{ROOT}studies/mills/"


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem details, which have everything that RFC 9457 asks for."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = dict(answer.json())
    assert body["status"] == status
    assert body["type"].startswith("urn:tiebreak:problem:")
    assert body["title"]
    assert body["detail"]
    return body


def decision(study: Study, external_id: str = "003", **changes: Any) -> dict[str, Any]:
    record = factories.record(study, external_id)
    whole = {"record": record.pk, "seen_version": record.version, "kind": "code", "code": "510", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def test_a_version_that_is_no_longer_true_is_a_conflict(study: Study, coder: APIClient) -> None:
    stale = decision(study, seen_version=1)
    body = problem(coder.post(f"{HERE}decisions/", stale, format="json"), 409)
    assert body["type"] == "urn:tiebreak:problem:conflict"
    assert Record.objects.get(pk=stale["record"]).status == "waiting"


def test_a_record_another_coder_holds_is_a_conflict(
    study: Study, coder: APIClient, supervisor: APIClient
) -> None:
    held = supervisor.post(f"{HERE}queue/next/").json()
    assert held["external_id"] == "003"
    problem(coder.post(f"{HERE}decisions/", decision(study), format="json"), 409)
    problem(coder.post(f"{HERE}queue/open/{held['record']}/"), 409)
    assert coder.post(f"{HERE}queue/next/").json()["external_id"] == "004"
    assert coder.post(f"{HERE}queue/renew/").json() == {"held": True}
    assert coder.post(f"{HERE}queue/release/").status_code == 204
    assert coder.post(f"{HERE}queue/renew/").json() == {"held": False}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"record": 999_999_999}, "record"),
        ({"record": "x"}, "record"),
        ({"record": 2**70}, "record"),
        ({"record": None}, "record"),
        ({"seen_version": 0}, "seen_version"),
        ({"seen_version": 2**40}, "seen_version"),
        ({"kind": "guess"}, "kind"),
        ({"code": None}, "code"),
        ({"code": "zz"}, "code"),
        ({"code": "5\x0010"}, "code"),
        ({"suggestion": 999_999_999}, "suggestion"),
        ({"reason": "vague"}, "reason"),
        ({"kind": "cannot_code", "code": None}, "reason"),
        ({"kind": "cannot_code", "reason": "vague"}, "code"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "a\x00b"}, "note"),
        ({"opened_at": "2999-01-01T00:00:00Z"}, "opened_at"),
        ({"opened_at": "yesterday"}, "opened_at"),
        ({"cod": "510"}, "cod"),
    ],
)
def test_a_bad_decision_names_the_field(
    study: Study, coder: APIClient, changes: dict[str, Any], field: str
) -> None:
    answer = coder.post(f"{HERE}decisions/", decision(study, **changes), format="json")
    assert list(problem(answer, 400)["errors"]) == [field]


def test_a_code_that_records_may_not_have_is_refused(study: Study, coder: APIClient) -> None:
    study.classification.codes.filter(code="510").update(codable=False)
    assert "510" in problem(coder.post(f"{HERE}decisions/", decision(study), format="json"), 400)["detail"]


def test_a_candidate_of_another_code_is_a_conflict(study: Study, coder: APIClient) -> None:
    opened = coder.post(f"{HERE}queue/next/").json()
    body = decision(study, suggestion=opened["candidates"][0]["id"])
    problem(coder.post(f"{HERE}decisions/", body, format="json"), 409)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "columns"),
        ({"columns": {}}, "columns.id"),
        ({"columns": {"id": "id", "occupation": "job"}}, "columns.occupation"),
        ({"columns": {"id": 99, "occupation": 1}}, "columns.id"),
        ({"columns": {"id": -1, "occupation": 1}}, "columns.id"),
        ({"columns": {"id": True, "occupation": 1}}, "columns.id"),
        ({"columns": {"id": "twice", "occupation": 1}}, "columns.id"),
        ({"columns": {"id": 0, "occupation": 1, "wage": 2}}, "columns.wage"),
        ({"columns": {"id": 0, "occupation": 1}, "then_code": "perhaps"}, "then_code"),
    ],
)
def test_a_bad_mapping_names_the_column(
    study: Study, supervisor: APIClient, body: dict[str, Any], field: str
) -> None:
    upload = factories.upload(study, b"id,occupation,twice,twice\n1,a,b,c\n")
    answer = supervisor.post(f"{HERE}imports/{upload.pk}/start/", body, format="json")
    assert field in problem(answer, 400)["errors"]


def test_one_column_cannot_be_two_things(study: Study, supervisor: APIClient) -> None:
    upload = factories.upload(study)
    body = {"columns": {"id": 0, "occupation": 0}}
    problem(supervisor.post(f"{HERE}imports/{upload.pk}/start/", body, format="json"), 400)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b"\n"),
        ("records.xlsx", b"id,occupation\n1,a\n"),
        ("records.csv", b"PK\x03\x04 no zip"),
        ("records.pdf", b"%PDF-1.7\n"),
        ("a\x00b.csv", b"%PDF-1.7\n"),
    ],
)
def test_a_file_that_is_no_data_file_is_refused_and_not_kept(
    study: Study, supervisor: APIClient, name: str, content: bytes
) -> None:
    before = study.imports.count()
    file = SimpleUploadedFile(name, content)
    problem(supervisor.post(f"{HERE}imports/", {"file": file}, format="multipart"), 400)
    assert study.imports.count() == before


@pytest.mark.parametrize(
    "content",
    [
        b"id,occupa\x00tion\n1,a\n",
        b"id,occupation\n1,a\x00b\n",
        b"id,occupation\n1,caf\xe9\n",
        b"id,occupation\n\xff\xfe\xfd,a\n" * 3,
    ],
)
def test_an_odd_file_is_taken_in_or_refused_and_never_a_fault(
    study: Study, supervisor: APIClient, content: bytes
) -> None:
    file = SimpleUploadedFile("../../etc/odd\n.csv", content)
    answer = supervisor.post(f"{HERE}imports/", {"file": file}, format="multipart")
    assert answer.status_code in {201, 400}
    if answer.status_code == 201:
        assert "/" not in answer.json()["file_name"]
        body = {"columns": {"id": 0, "occupation": 1}}
        started = supervisor.post(f"{HERE}imports/{answer.json()['id']}/start/", body, format="json")
        work.run_job(job_id=started.json()["job"]["id"], worker="test")
        issues: Any = supervisor.get(f"{HERE}imports/{answer.json()['id']}/issues.csv")
        assert b"".join(issues.streaming_content)


def test_an_upload_without_a_file_names_the_field(study: Study, supervisor: APIClient) -> None:
    answer = supervisor.post(f"{HERE}imports/", {"file": "text"}, format="multipart")
    assert list(problem(answer, 400)["errors"]) == ["file"]
    empty = supervisor.post(f"{HERE}imports/", {"file": SimpleUploadedFile("a.csv", b"")}, format="multipart")
    assert list(problem(empty, 400)["errors"]) == ["file"]
    problem(supervisor.post(f"{HERE}imports/", {"file": "text"}, format="json"), 415)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"classification": 2**70}, "classification"),
        ({"classification": "x"}, "classification"),
        ({"dictionary_version": 987_654}, "dictionary_version"),
        ({"child_age": 121}, "child_age"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_study_names_the_field(
    study: Study, manager: APIClient, changes: dict[str, Any], field: str
) -> None:
    body = {"name": "New", "classification": study.classification_id, **changes}
    answer = manager.post(f"{ROOT}studies/", body, format="json")
    assert list(problem(answer, 400)["errors"]) == [field]
    assert Study.objects.count() == 1


def test_a_name_that_is_taken_is_said(study: Study, manager: APIClient) -> None:
    body = {"name": "Mills", "classification": study.classification_id}
    assert "Mills" in problem(manager.post(f"{ROOT}studies/", body, format="json"), 400)["detail"]


def test_what_cannot_be_changed_is_refused_by_name(study: Study, manager: APIClient) -> None:
    answer = manager.patch(HERE, {"classification": 1}, format="json")
    assert list(problem(answer, 400)["errors"]) == ["classification"]


def test_a_member_who_does_not_exist_is_named(study: Study, manager: APIClient) -> None:
    body = {"user": "nobody", "role": "coder"}
    assert "nobody" in problem(manager.post(f"{HERE}members/", body, format="json"), 400)["errors"]["user"][0]
    body = {"user": "coder", "role": "king"}
    assert list(problem(manager.post(f"{HERE}members/", body, format="json"), 400)["errors"]) == ["role"]
    body = {"user": "coder", "role": "coder"}
    problem(manager.post(f"{HERE}members/", body, format="json"), 409)


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("records/?status=lost", "status"),
        ("records/?source=x", "source"),
        ("records/?source=99999999999999999999", "source"),
        ("records/?text=%00", "text"),
        ("records/?code=%00", "code"),
        ("records/?table=%00", "table"),
        ("records/?statsu=waiting", "statsu"),
        ("records/?cursor=cD14", "cursor"),
        ("records/?cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OQ%3D%3D", "cursor"),
        ("records/?cursor=cD0lMDA%3D", "cursor"),
        ("jobs/?kind=dance", "kind"),
        ("decisions/?coder=%00", "coder"),
        ("search/", "q"),
        ("search/?q=%00", "q"),
        ("search/?q=a&limit=51", "limit"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(
    study: Study, manager: APIClient, address: str, field: str
) -> None:
    assert list(problem(manager.get(f"{HERE}{address}"), 400)["errors"]) == [field]


@pytest.mark.parametrize(
    "address",
    [
        f"{HERE}records/{10**30}/",
        f"{HERE}records/{'9' * 5000}/",
        f"{HERE}records/-1/",
        f"{HERE}records/0/",
        f"{HERE}records",
        f"{HERE}records/?cursor=%C3%A9",
        f"{ROOT}studies/mills%00/",
        f"{ROOT}studies/{'x' * 300}/",
        f"{ROOT}classifications/{10**30}/codes/",
        f"{ROOT}dictionaries/{10**30}/",
        f"{ROOT}nowhere/",
    ],
)
def test_what_is_not_there_is_not_found(study: Study, manager: APIClient, address: str) -> None:
    problem(manager.get(address), 404)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"record": 1e999}',
        b'{"record": NaN}',
        b"[]",
        b'"text"',
        b'{"\\ud800": 1}',
        b"1" * 5000,
    ],
)
def test_a_body_that_is_no_json_object_is_refused(study: Study, coder: APIClient, body: bytes) -> None:
    problem(coder.post(f"{HERE}decisions/", body, content_type="application/json"), 400)


def test_an_odd_charset_changes_nothing(study: Study, coder: APIClient) -> None:
    problem(coder.post(f"{HERE}decisions/", b"{}", content_type="application/json; charset=hex"), 400)


def test_a_body_that_is_too_large_is_refused_unread(study: Study, coder: APIClient) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        answer = coder.post(f"{HERE}decisions/", b" " * 101, content_type="application/json")
    problem(answer, 413)


def test_a_method_that_an_address_does_not_answer_to_is_said(study: Study, manager: APIClient) -> None:
    answer = manager.delete(HERE)
    problem(answer, 405)
    assert "PATCH" in answer["Allow"]
    problem(manager.options(HERE), 405)


def test_a_wrong_password_gives_no_token(study: Study) -> None:
    body = {"username": "coder", "password": "wrong"}
    problem(APIClient().post(f"{ROOT}auth-token/", body, format="json"), 400)
    problem(APIClient().post(f"{ROOT}auth-token/", {}, format="json"), 400)


def test_a_form_gives_a_token_too(study: Study) -> None:
    form = "application/x-www-form-urlencoded"
    answer = APIClient().post(f"{ROOT}auth-token/", "username=coder&password=secret", content_type=form)
    assert answer.json()["token"]


def test_a_session_needs_its_csrf_token_to_change_anything(study: Study) -> None:
    client = APIClient(enforce_csrf_checks=True)
    assert client.login(username="coder", password="secret")
    assert client.get(f"{HERE}queue/").status_code == 200
    problem(client.post(f"{HERE}queue/next/"), 403)

"""By the API alone: a file goes in, coded data come out."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from coding_app.models import Export
from coding_app.services import work
from tests import factories

ROOT = "/api/v1/"


def send(client: APIClient, content: bytes, name: str = "records.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(f"{ROOT}studies/mills/imports/", {"file": file}, format="multipart")


def do(job: dict[str, Any]) -> None:
    work.run_job(job_id=job["id"], worker="test")


def read(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def client(db: None, tmp_path: Path) -> APIClient:
    """A user who may create studies, signed in with a token as a program would."""
    factories.make_version(tmp_path, factories.make_classification(tmp_path))
    factories.make_user("ada", may_create=True)
    client = APIClient()
    body = {"username": "ada", "password": "secret"}
    token = client.post(f"{ROOT}auth-token/", body, format="json").json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def create_study(client: APIClient) -> dict[str, Any]:
    [classification] = client.get(f"{ROOT}classifications/").json()["results"]
    [dictionary] = client.get(f"{ROOT}dictionaries/").json()["results"]
    [version] = client.get(f"{ROOT}dictionaries/{dictionary['id']}/versions/").json()["results"]
    body = {"name": "Mills", "classification": classification["id"], "dictionary_version": version["id"]}
    made = client.post(f"{ROOT}studies/", body, format="json")
    assert made.status_code == 201, made.json()
    return dict(made.json())


def bring_in(client: APIClient, content: bytes) -> dict[str, Any]:
    """Upload, map by name and position, do the import; the import as it is then."""
    here = f"{ROOT}studies/mills/imports/"
    upload = send(client, content).json()
    body = {"columns": {"id": "id", "occupation": 1, "industry": "industry", "age": 3}, "then_code": False}
    started = client.post(f"{here}{upload['id']}/start/", body, format="json")
    assert started.status_code == 202, started.json()
    do(started.json()["job"])
    return dict(client.get(f"{here}{upload['id']}/").json())


def test_a_file_goes_in_and_coded_data_come_out(client: APIClient) -> None:
    here = f"{ROOT}studies/mills/"
    made = create_study(client)
    assert (made["slug"], made["role"], made["dictionary_version"]) == ("mills", "manager", "Words v1")

    uploaded = send(client, factories.csv_bytes())
    assert uploaded.status_code == 201
    shown = uploaded.json()
    assert shown["state"] == "uploaded"
    assert shown["format"]["delimiter"] == ","
    assert shown["format"]["preview"][0] == list(factories.ROWS[0])
    assert client.delete(f"{here}imports/{shown['id']}/").status_code == 204

    imported = bring_in(client, factories.csv_bytes())
    assert (imported["state"], imported["added"], imported["issue_count"]) == ("done", 8, 0)
    assert imported["format"] is None
    assert imported["columns"] == {"id": 0, "occupation": 1, "industry": 2, "age": 3, "reference": None}

    run = client.post(f"{here}runs/")
    assert run.status_code == 202
    do(run.json()["job"])
    job = client.get(f"{here}jobs/{run.json()['job']['id']}/").json()
    assert (job["state"], job["done"], job["percent"]) == ("done", 8, 100)
    assert client.get(f"{here}runs/").json()["results"][0]["coded"] == 8

    progress = client.get(here).json()["progress"]
    assert (progress["total"], progress["waiting"], progress["set_aside"]) == (8, 2, 2)
    assert (progress["production"]["k"], progress["production"]["n"]) == (4, 6)
    low, high = progress["production"]["interval"]
    assert low < progress["production"]["value"] < high

    waiting = client.get(f"{here}records/", {"status": "waiting"}).json()["results"]
    assert [one["external_id"] for one in waiting] == ["003", "004"]

    opened = client.post(f"{here}queue/next/").json()
    assert opened["external_id"] == "003"
    assert [one["code"] for one in opened["candidates"]] == ["470", "510", "406"]
    assert opened["candidates"][0]["reason"]["phrases"] == ["HEATING CONTRACTOR"]
    picked = opened["candidates"][1]
    decision = {
        "record": opened["record"],
        "seen_version": opened["version"],
        "kind": "code",
        "code": picked["code"],
        "suggestion": picked["id"],
        "opened_at": opened["opened_at"],
    }
    assert client.post(f"{here}decisions/", decision, format="json").status_code == 201

    undone = client.post(f"{here}decisions/undo/").json()
    assert (undone["external_id"], undone["version"]) == ("003", opened["version"] + 2)
    again = {**decision, "seen_version": undone["version"]}
    assert client.post(f"{here}decisions/", again, format="json").json()["code"]["code"] == "510"

    opened = client.post(f"{here}queue/next/").json()
    found = client.get(f"{here}search/", {"q": "const lab"}).json()["results"]
    assert [(hit["code"], hit["parent"]["code"]) for hit in found] == [("982", "21")]
    cannot = {
        "record": opened["record"],
        "seen_version": opened["version"],
        "kind": "cannot_code",
        "reason": "vague",
    }
    assert client.post(f"{here}decisions/", cannot, format="json").json()["reason"] == "vague"
    assert client.post(f"{here}queue/next/").status_code == 204
    counts = client.get(f"{here}queue/").json()
    assert (counts["open"], counts["elsewhere"], counts["decided_by_me"]) == (0, 0, 2)

    record = client.get(f"{here}records/{waiting[0]['id']}/").json()
    assert record["final_code"] == {"code": "510", "title": "Plumber"}
    assert [one["verb"] for one in record["history"]] == [
        "record_imported",
        "record_coded",
        "record_decided",
        "decision_undone",
        "record_decided",
    ]
    assert record["suggestion_set"]["dictionary_version"] == "Words v1"
    assert {"HEATING CONTRACTOR", "PLUMBING CONTRACTOR"} <= {
        one["phrase"] for one in record["suggestion_set"]["trace"]
    }
    assert [bool(one["undone_at"]) for one in record["decisions"]] == [True, False]
    assert {"column": "industry", "value": "plumbing & heating"} in record["columns"]

    asked = client.post(f"{here}exports/", {"kind": "csv"}, format="json").json()
    early = client.get(f"{here}exports/{asked['id']}/download/")
    assert early.status_code == 409
    do(asked["job"])
    assert client.get(f"{here}exports/{asked['id']}/").json()["rows"] == 8
    file = client.get(f"{here}exports/{asked['id']}/download/", headers={"accept": "text/csv"})
    day = timezone.localtime(Export.objects.get().created_at).date()
    assert file["Content-Disposition"] == f'attachment; filename="mills-{day}.csv"'
    rows = read(file)
    assert [row["id"] for row in rows] == [row[0] for row in factories.ROWS]
    assert rows[2]["tiebreak_final_code"] == "510"
    assert rows[3]["tiebreak_reason"] == "vague"


def test_the_same_file_twice_changes_nothing_and_a_changed_row_is_reported(client: APIClient) -> None:
    create_study(client)
    bring_in(client, factories.csv_bytes())
    again = bring_in(client, factories.csv_bytes())
    assert (again["added"], again["unchanged"], again["issues"]) == (0, 8, {})
    changed = [("001", "=cmd()", "", "40"), *factories.ROWS[1:]]
    third = bring_in(client, factories.csv_bytes(changed))
    assert (third["added"], third["unchanged"], third["issues"]) == (0, 7, {"changed": 1})
    here = f"{ROOT}studies/mills/imports/{third['id']}/"
    [issue] = client.get(f"{here}issues/", {"kind": "changed"}).json()["results"]
    assert (issue["line"], issue["external_id"]) == (2, "001")
    [row] = read(client.get(f"{here}issues.csv"))
    assert (row["line"], row["kind"]) == ("2", "changed")
    assert client.get(f"{ROOT}studies/mills/records/").json()["results"][0]["occupation"] == "truck driver"


def test_issues_in_a_spreadsheet_run_no_formula(client: APIClient) -> None:
    create_study(client)
    third = bring_in(client, b"id,occupation,industry,age\n=1+1,a,b,old\n@x,c,d,e,f\n")
    rows = read(client.get(f"{ROOT}studies/mills/imports/{third['id']}/issues.csv"))
    assert rows[0]["external_id"] == "'=1+1"
    assert rows[1]["raw"].startswith("'@x")


def test_an_import_is_started_once(client: APIClient) -> None:
    create_study(client)
    done = bring_in(client, factories.csv_bytes())
    here = f"{ROOT}studies/mills/imports/{done['id']}/"
    body = {"columns": {"id": 0, "occupation": 1}}
    assert client.post(f"{here}start/", body, format="json").status_code == 409
    assert client.delete(here).status_code == 409


def test_a_job_is_stopped_and_taken_up_again(client: APIClient) -> None:
    create_study(client)
    bring_in(client, factories.csv_bytes())
    job = client.post(f"{ROOT}studies/mills/runs/").json()["job"]
    here = f"{ROOT}studies/mills/jobs/{job['id']}/"
    assert client.post(f"{ROOT}studies/mills/runs/").status_code == 409
    assert client.post(f"{here}stop/").json()["state"] == "cancelled"
    assert client.post(f"{here}stop/").status_code == 409
    assert client.post(f"{here}resume/").json()["state"] == "queued"
    do(job)
    listed = client.get(f"{ROOT}studies/mills/jobs/", {"kind": "code", "state": "done"}).json()["results"]
    assert [one["id"] for one in listed] == [job["id"]]


def test_taking_up_a_coding_job_beside_an_open_one_is_refused(client: APIClient) -> None:
    create_study(client)
    bring_in(client, factories.csv_bytes())
    stopped = client.post(f"{ROOT}studies/mills/runs/").json()["job"]
    client.post(f"{ROOT}studies/mills/jobs/{stopped['id']}/stop/")
    client.post(f"{ROOT}studies/mills/runs/")
    assert client.post(f"{ROOT}studies/mills/jobs/{stopped['id']}/resume/").status_code in {400, 409}

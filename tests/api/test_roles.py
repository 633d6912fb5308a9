"""What addresses of a study answer to every kind of user, with a body that they take.

That no address is forgotten is for ``tests/test_permission_matrix.py`` to say.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from coding_app.choices import FileKind, RoundKind
from coding_app.models import Job, Membership, Study
from coding_app.round_plans import RoundPlan
from coding_app.services import exports, jobs, rounds, suggest
from tests import factories, kept_models
from tests.api.conftest import Login

SUPERVISORS = {"supervisor", "manager"}
MANAGERS = {"manager"}
MEMBERS = {"coder", *SUPERVISORS}


@dataclass(frozen=True)
class Door:
    """An address below a study: what is sent there, who is let in, and what they are answered."""

    method: str
    name: str
    address: str
    allowed: set[str]
    status: int = 200
    body: Any = None
    format: str = "json"


DOORS = [
    Door("get", "study", "", MEMBERS),
    Door("patch", "study", "", MANAGERS, body={}),
    Door("get", "members", "members/", MANAGERS),
    Door("post", "members", "members/", MANAGERS, 201, {"user": "newcomer", "role": "coder"}),
    Door("patch", "member", "members/{member}/", MANAGERS, body={"role": "supervisor"}),
    Door("delete", "member", "members/{member}/", MANAGERS, 204),
    Door("get", "imports", "imports/", SUPERVISORS),
    Door("post", "imports", "imports/", SUPERVISORS, 400, {}, "multipart"),
    Door("get", "import", "imports/{import}/", SUPERVISORS),
    Door("delete", "import", "imports/{upload}/", SUPERVISORS, 204),
    Door(
        "post",
        "import-start",
        "imports/{upload}/start/",
        SUPERVISORS,
        202,
        {"columns": {"id": 0, "occupation": 1}},
    ),
    Door("get", "import-issues", "imports/{import}/issues/", SUPERVISORS),
    Door("get", "import-issues-csv", "imports/{import}/issues.csv", SUPERVISORS),
    Door("get", "records", "records/", MEMBERS),
    Door("get", "records", "records/?compared=wrong", SUPERVISORS),
    Door("get", "record", "records/{record}/", MEMBERS),
    Door("get", "runs", "runs/", MEMBERS),
    Door("post", "runs", "runs/", SUPERVISORS, 202),
    Door("get", "jobs", "jobs/", MEMBERS),
    Door("get", "job", "jobs/{job}/", MEMBERS),
    Door("post", "job-stop", "jobs/{queued}/stop/", SUPERVISORS, 202),
    Door("post", "job-resume", "jobs/{stopped}/resume/", SUPERVISORS, 202),
    Door("get", "queue", "queue/", MEMBERS),
    Door("post", "queue-next", "queue/next/", MEMBERS),
    Door("post", "queue-open", "queue/open/{waiting}/", MEMBERS),
    Door("get", "queue-same-text", "queue/same-text/{waiting}/", MEMBERS),
    Door("post", "queue-renew", "queue/renew/", MEMBERS),
    Door("post", "queue-release", "queue/release/", MEMBERS, 204),
    Door("get", "decisions", "decisions/", MEMBERS),
    Door("get", "decisions", "decisions/?coder=manager", SUPERVISORS),
    Door(
        "post",
        "decisions",
        "decisions/",
        MEMBERS,
        201,
        {"record": "{waiting}", "seen_version": 2, "kind": "code", "code": "510"},
    ),
    Door(
        "post",
        "decisions-same-text",
        "decisions/same-text/",
        MEMBERS,
        201,
        {"record": "{waiting}", "seen_version": 2, "code": "510", "others": []},
    ),
    Door("post", "decision-undo", "decisions/undo/", MEMBERS, 409),
    Door("get", "exports", "exports/", SUPERVISORS),
    Door("post", "exports", "exports/", SUPERVISORS, 202, {"kind": "csv"}),
    Door("get", "export", "exports/{export}/", SUPERVISORS),
    Door("get", "export-download", "exports/{export}/download/", SUPERVISORS),
    Door("get", "routing", "routing/", SUPERVISORS, 204),
    Door("put", "routing", "routing/", MANAGERS, body={"seen": 0}),
    Door("post", "routing-preview", "routing/preview/", SUPERVISORS, body={}),
    Door("get", "routing-versions", "routing/versions/", SUPERVISORS),
    Door("get", "explorer", "explorer/", SUPERVISORS),
    Door("get", "labels", "labels/", SUPERVISORS),
    Door("post", "label-review", "labels/1/", SUPERVISORS, 404, {"verdict": "", "seen_verdict": ""}),
    Door("get", "rounds", "rounds/", SUPERVISORS),
    Door("post", "rounds", "rounds/", SUPERVISORS, 400, {}),
    Door("post", "round-preview", "rounds/preview/", SUPERVISORS, 200, {"name": "Again", "kind": "review"}),
    Door("get", "round", "rounds/{round}/", SUPERVISORS),
    Door("post", "round-go-on", "rounds/{round}/go-on/", SUPERVISORS, 400),
    Door("post", "round-close", "rounds/{round}/close/", SUPERVISORS, 409),
    Door("post", "round-cancel", "rounds/{round}/cancel/", SUPERVISORS, 202),
    Door("get", "adjudications", "adjudications/", SUPERVISORS),
    Door("post", "adjudication-next", "adjudications/next/", SUPERVISORS, 204),
    Door("post", "adjudication-undo", "adjudications/undo/", SUPERVISORS, 409),
    Door("post", "adjudication-renew", "adjudications/renew/", SUPERVISORS),
    Door("post", "adjudication-release", "adjudications/release/", SUPERVISORS, 204),
    Door("post", "adjudication-settle", "adjudications/1/settle/", SUPERVISORS, 404, {"choice": "A"}),
    Door("post", "adjudication-send-back", "adjudications/1/send-back/", SUPERVISORS, 404, {"question": "?"}),
    Door("get", "search", "search/?q=plumber", MEMBERS),
    Door("get", "models", "models/", SUPERVISORS),
    Door("get", "model", "models/{version}/", SUPERVISORS),
    Door("post", "model-promote", "models/{version}/promote/", MANAGERS),
    Door("post", "model-roll-back", "models/roll-back/", MANAGERS, 409, {"current": 7}),
    Door("get", "trainings", "trainings/", SUPERVISORS),
    Door("post", "trainings", "trainings/", SUPERVISORS, 400, {"labels": "reference"}),
    Door("get", "training", "trainings/{training}/", SUPERVISORS),
    Door("get", "training-metrics", "trainings/{training}/metrics/", SUPERVISORS),
    Door("get", "evaluations", "evaluations/", SUPERVISORS),
    Door("post", "evaluations", "evaluations/", SUPERVISORS, 202, {"versions": [1], "labels": "reference"}),
    Door("get", "evaluation", "evaluations/{evaluation}/", SUPERVISORS),
    Door("get", "evaluation-metrics", "evaluations/{evaluation}/metrics/", SUPERVISORS),
]


def places(study: Study) -> dict[str, int]:
    """Keys of things in the study that the addresses name."""
    supervisor = study.members.get(username="supervisor")
    export = exports.request(study=study, kind=FileKind.CSV, user=supervisor)
    factories.do(export.job)
    stopped = exports.request(study=study, kind=FileKind.CSV, user=supervisor).job
    jobs.cancel(job=stopped, user=supervisor)
    version = kept_models.add_version(study)
    plan = RoundPlan(name="Spring", kind=RoundKind.REVIEW)
    return {
        "round": rounds.set_up(study=study, plan=plan, user=supervisor).number,
        "version": version.number,
        "training": kept_models.add_training(study, version=version).pk,
        "evaluation": kept_models.add_evaluation(study, version).pk,
        "member": Membership.objects.get(study=study, user=supervisor).pk,
        "import": study.imports.get().pk,
        "upload": factories.upload(study).pk,
        "record": factories.record(study, "001").pk,
        "waiting": factories.record(study, "003").pk,
        "job": Job.objects.filter(study=study, state="done").latest("pk").pk,
        "queued": exports.request(study=study, kind=FileKind.CSV, user=supervisor).job.pk,
        "stopped": stopped.pk,
        "export": export.pk,
    }


def knock(client: APIClient, study: Study, door: Door, found: dict[str, int]) -> Any:
    """The answer at a door; whatever it changed is taken back."""
    body = door.body
    if isinstance(body, dict) and body.get("record"):
        body = {**body, "record": found["waiting"]}
    address = f"/api/v1/studies/{study.slug}/{door.address.format(**found)}"
    before = transaction.savepoint()
    try:
        return getattr(client, door.method)(address, body, format=door.format if body is not None else None)
    finally:
        transaction.savepoint_rollback(before)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.address or 'study'}")
def test_an_address_answers_to_the_roles_it_is_for(study: Study, login: Login, door: Door) -> None:
    factories.make_user("newcomer")
    found = places(study)
    for user in ("stranger", "coder", "supervisor", "manager"):
        answer = knock(login(user), study, door, found)
        expected = door.status if user in door.allowed else 404 if user == "stranger" else 403
        assert (user, answer.status_code) == (user, expected)
        if expected >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["status"] == expected
    answer = knock(APIClient(), study, door, found)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert answer.json()["type"] == "urn:tiebreak:problem:not-signed-in"


@pytest.mark.parametrize(
    "address", ["studies/", "classifications/", "dictionaries/", "classifications/1/codes/", "nowhere/"]
)
def test_the_common_addresses_ask_for_a_sign_in_too(db: None, address: str) -> None:
    assert APIClient().get(f"/api/v1/{address}").status_code == 401


def test_things_of_another_study_are_not_found_from_ones_own(
    study: Study, login: Login, tmp_path: Any
) -> None:
    found = places(study)
    own = factories.make_study(tmp_path, "Own")
    client = login("manager")
    Membership.objects.filter(study=study).delete()
    for door in DOORS:
        if "{" not in door.address:
            continue
        address = f"/api/v1/studies/{own.slug}/{door.address.format(**found)}"
        answer = getattr(client, door.method)(address, door.body, format="json")
        assert answer.status_code == 404, door
    body = {"record": found["waiting"], "seen_version": 2, "kind": "code", "code": "510"}
    answer = client.post(f"/api/v1/studies/{own.slug}/decisions/", body, format="json")
    assert answer.json()["errors"] == {"record": ["There is no such record in this study."]}


def test_studies_are_created_by_those_with_the_permission_only(study: Study, coder: APIClient) -> None:
    body = {"name": "Mine", "classification": study.classification_id}
    assert coder.post("/api/v1/studies/", body, format="json").status_code == 403
    assert not Study.objects.filter(name="Mine").exists()


def test_lists_of_studies_and_catalogues_end_at_ones_own(
    study: Study, coder: APIClient, stranger: APIClient, manager: APIClient, tmp_path: Any
) -> None:
    other = factories.make_classification(tmp_path, "Other")
    factories.make_version(tmp_path, other, "Other words")

    def names(client: APIClient, what: str) -> list[str]:
        return [one["name"] for one in client.get(f"/api/v1/{what}/").json()["results"]]

    assert names(coder, "studies") == ["Mills"]
    assert names(stranger, "studies") == []
    assert names(coder, "classifications") == ["Jobs"]
    assert names(coder, "dictionaries") == ["Words"]
    assert names(stranger, "classifications") == names(stranger, "dictionaries") == []
    assert names(manager, "classifications") == ["Jobs", "Other"]
    assert names(manager, "dictionaries") == ["Words", "Other words"]
    for address in (f"classifications/{other.pk}/", f"classifications/{other.pk}/codes/"):
        assert coder.get(f"/api/v1/{address}").status_code == 404
        assert manager.get(f"/api/v1/{address}").status_code == 200
    hidden = other.dictionaries.get().pk
    assert coder.get(f"/api/v1/dictionaries/{hidden}/versions/").status_code == 404


def test_the_study_is_coded_by_nobody_while_it_is_refused(study: Study, coder: APIClient) -> None:
    before = Job.objects.count()
    coder.post(f"/api/v1/studies/{study.slug}/runs/")
    assert Job.objects.count() == before
    suggest.start(study=study, user=None)
    assert Job.objects.count() == before + 1


def test_the_last_manager_stays_one(study: Study, manager: APIClient) -> None:
    own = Membership.objects.get(study=study, role="manager").pk
    here = f"/api/v1/studies/{study.slug}/members/{own}/"
    assert manager.delete(here).status_code == 400
    assert manager.patch(here, {"role": "coder"}, format="json").status_code == 400
    assert Membership.objects.get(pk=own).role == "manager"

"""Routing, threshold explorer and codes in doubt by the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from coding_app.choices import AcceptBy, JobKind, LabelVerdict
from coding_app.models import Code, Job, LabelSuspect, Record, Routing, Study
from coding_app.routing import Guard, Settings, Stratum
from coding_app.services import work
from tests import factories, kept_models
from tests.scored import Answer, score

HERE = "/api/v1/studies/mills/"
SENT: dict[str, Any] = {"accept_by": "probability", "threshold": 0.6, "seen": 0}


@pytest.fixture
def scored(study: Study) -> Study:
    """Four records that the model scored; the known codes of 001 and 002 are both 716."""
    answers = {"001": {"716": 0.9}, "002": {"465": 0.7, "716": 0.2}, "003": {"470": 0.5}, "004": {"411": 0.8}}
    score(study, {external_id: Answer(codes) for external_id, codes in answers.items()})
    return study


def test_a_routing_is_previewed_saved_and_read_again(scored: Study, manager: APIClient) -> None:
    assert manager.get(f"{HERE}routing/").status_code == 204
    preview = manager.post(
        f"{HERE}routing/preview/", {"accept_by": "probability", "threshold": 0.6}, format="json"
    ).json()
    lines = {line["rule"]: (line["now"], line["then"]) for line in preview["preview"]["lines"]}
    assert (lines["dictionary"], lines["threshold"], lines["below"]) == ((4, 0), (0, 3), (0, 1))
    assert lines["not_coded"] == (1, 2)  # 005 and 006 have no probability
    assert preview["measured"]["of"] == 2
    assert preview["measured"]["error"]["k"] == 1
    assert not Routing.objects.exists()
    saved = manager.put(f"{HERE}routing/", SENT, format="json")
    assert saved.status_code == 200
    assert (saved.json()["number"], saved.json()["threshold"]) == (1, 0.6)
    work.run_job(job_id=Job.objects.get(kind=JobKind.ROUTE).pk, worker="test")
    assert Record.objects.get(external_id="004").status == "accepted"
    assert manager.get(f"{HERE}routing/").json() == saved.json()
    assert [one["number"] for one in manager.get(f"{HERE}routing/versions/").json()["results"]] == [1]


def test_every_setting_arrives(scored: Study, manager: APIClient) -> None:
    body = {
        "seen": 0,
        "accept_by": "probability",
        "threshold": 0.75,
        "min_margin": 0.1,
        "require_agreement": True,
        "guarded": [{"group": "1", "words": ["chief", "팀장"]}],
        "person_codes": ["21"],
        "person_strata": [{"column": "age", "values": ["40", ""]}],
        "audit_share": 0.05,
        "audit_seed": 9,
    }
    assert manager.put(f"{HERE}routing/", body, format="json").status_code == 200
    assert Settings.of(Routing.objects.get()) == Settings(
        accept_by=AcceptBy.PROBABILITY,
        threshold=0.75,
        min_margin=0.1,
        require_agreement=True,
        guarded=(Guard("1", ("chief", "팀장")),),
        person_codes=("21",),
        person_strata=(Stratum("age", ("40", "")),),
        audit_share=0.05,
        audit_seed=9,
    )


def test_a_routing_saved_on_top_of_another_than_was_seen_is_refused(
    scored: Study, manager: APIClient
) -> None:
    assert manager.put(f"{HERE}routing/", SENT, format="json").status_code == 200
    stale = manager.put(f"{HERE}routing/", {**SENT, "threshold": 0.9}, format="json")
    assert stale.status_code == 409
    assert Routing.objects.count() == 1
    assert (
        manager.put(f"{HERE}routing/", {**SENT, "threshold": 0.9, "seen": 1}, format="json").json()["number"]
        == 2
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 2},
        {"accept_by": "all"},
        {"person_codes": ["8888"]},
        {"guarded": [{"group": "1", "words": []}]},
        {"guarded": [{"group": "1", "wordz": ["x"]}]},
        {"person_strata": [{"column": "reference", "values": ["716"]}]},
        {"treshold": 0.5},
        {"seen": -1},
    ],
)
def test_settings_that_cannot_be_are_refused_and_nothing_is_saved(
    scored: Study, manager: APIClient, wrong: dict[str, Any]
) -> None:
    assert manager.put(f"{HERE}routing/", {**SENT, **wrong}, format="json").status_code == 400
    assert not Routing.objects.exists()


def test_the_explorer_gives_points_and_the_offer(scored: Study, supervisor: APIClient) -> None:
    found = supervisor.get(f"{HERE}explorer/", {"column": "age"}).json()
    assert (found["labelled"], found["records"]) == (2, 2)
    points = {point["threshold"]: point for point in found["points"]}
    assert len(points) >= 20
    assert (points[0.8]["accepted"], points[0.8]["wrong"]) == (1, 0)
    assert (points[0.7]["accepted"], points[0.7]["wrong"]) == (2, 1)
    assert points[0.7]["accuracy"]["value"] == 0.5
    assert found["offered"]["threshold"] is None
    assert {one["value"] for one in found["strata"]} == {"40", "51"}
    assert supervisor.get(f"{HERE}explorer/", {"max_error": "1"}).status_code == 400


def test_codes_in_doubt_are_sorted(study: Study, supervisor: APIClient) -> None:
    training = kept_models.add_training(study)
    suspect = LabelSuspect.objects.create(
        study=study,
        training=training,
        record=factories.record(study, "002"),
        code=Code.objects.get(code="716"),
        suggested=Code.objects.get(code="465"),
        quality=0.02,
    )
    listed = supervisor.get(f"{HERE}labels/", {"verdict": "open"}).json()["results"]
    assert [(one["external_id"], one["code"]["code"], one["suggested"]["code"]) for one in listed] == [
        ("002", "716", "465")
    ]
    body = {"verdict": "data_error", "seen_verdict": "", "note": "a machinist"}
    told = supervisor.post(f"{HERE}labels/{suspect.pk}/", body, format="json")
    assert (told.status_code, told.json()["verdict"], told.json()["reviewed_by"]) == (
        200,
        LabelVerdict.DATA_ERROR,
        "supervisor",
    )
    assert supervisor.post(f"{HERE}labels/{suspect.pk}/", body, format="json").status_code == 409
    assert supervisor.get(f"{HERE}labels/", {"verdict": "open"}).json()["results"] == []
    back = {"verdict": "", "seen_verdict": "data_error"}
    assert supervisor.post(f"{HERE}labels/{suspect.pk}/", back, format="json").json()["verdict"] == ""
    assert supervisor.post(f"{HERE}labels/{suspect.pk + 1}/", body, format="json").status_code == 404


def test_records_and_runs_tell_what_the_model_said(scored: Study, supervisor: APIClient) -> None:
    record = factories.record(scored, "002")
    found = supervisor.get(f"{HERE}records/{record.pk}/").json()
    made = found["suggestion_set"]
    assert (made["probability"], made["model_version"], made["learnt"]) == (0.7, 1, False)
    assert made["margin"] == pytest.approx(0.5)
    assert made["best"]["code"] == "465"
    assert [one["probability"] for one in made["suggestions"]] == [0.7, 0.2]
    assert found["probability"] == 0.7
    run = supervisor.get(f"{HERE}runs/").json()["results"][0]
    assert (run["engine"], run["model_version"], run["fallback"]) == ("both", 1, "")
    assert run["job"]["queue"] == "default"

"""Models, trainings and evaluations over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from coding_app.models import Evaluation, Study, Training
from tests import factories, kept_models

HERE = "/api/v1/studies/mills/"


@pytest.fixture
def labelled(study: Study) -> Study:
    """The study with codes of two kinds known beforehand."""
    rows = [(f"1{place:02}", "plumber", "", "30", "510", "") for place in range(3)]
    factories.bring_in(study, factories.csv_bytes(rows, (*factories.COLUMNS, "reference", "note")))
    return study


def test_versions_are_listed_newest_first_with_their_figures(study: Study, supervisor: APIClient) -> None:
    first = kept_models.add_version(study, current=True)
    kept_models.add_version(study, parent=first, card={})
    newest, oldest = supervisor.get(f"{HERE}models/").json()["results"]
    assert (newest["number"], newest["is_current"], newest["parent"]) == (2, False, 1)
    assert (newest["held_out"], newest["learnt_from"]) == (None, None)
    assert (oldest["number"], oldest["is_current"], oldest["learnt_from"]) == (1, True, 300)
    assert oldest["held_out"]["top"][0] == kept_models.rate(84, 100)
    assert oldest["held_out"]["ece_after"] == 0.021


def test_a_version_comes_with_its_card_and_what_its_promotion_would_be_decided_by(
    study: Study, supervisor: APIClient
) -> None:
    first, second = kept_models.add_version(study, current=True), kept_models.add_version(study)
    found = supervisor.get(f"{HERE}models/1/").json()
    assert (found["card"]["class_counts"], found["standing"]) == ({"715": 200, "411": 100}, None)
    assert supervisor.get(f"{HERE}models/2/").json()["standing"]["why"] == "not_compared"
    kept_models.add_evaluation(study, first, second)
    standing = supervisor.get(f"{HERE}models/2/").json()["standing"]
    assert (standing["why"], standing["promoted"]) == ("won", False)
    assert standing["candidate"] == {"k": 81, "n": 100}
    assert standing["words"] == "Of 100 records it codes 81 right; model 1 codes 80."


def test_a_version_is_promoted_only_if_it_won(study: Study, manager: APIClient) -> None:
    first, second = kept_models.add_version(study, current=True), kept_models.add_version(study)
    kept_models.add_evaluation(study, first, second, summary=kept_models.summary(second, first))
    refused = manager.post(f"{HERE}models/2/promote/")
    assert refused.status_code == 409
    assert "it must be better" in refused.json()["detail"]
    kept_models.add_evaluation(study, first, second)
    promoted = manager.post(f"{HERE}models/2/promote/").json()
    assert (promoted["number"], promoted["is_current"]) == (2, True)
    study.refresh_from_db()
    assert study.model_version == second


def test_rolling_back_names_the_version_that_is_current(study: Study, manager: APIClient) -> None:
    first, second = kept_models.add_version(study), kept_models.add_version(study)
    manager.post(f"{HERE}models/1/promote/")
    kept_models.add_evaluation(study, first, second)
    manager.post(f"{HERE}models/2/promote/")

    def roll_back(current: int) -> Any:
        return manager.post(f"{HERE}models/roll-back/", {"current": current}, format="json")

    assert roll_back(1).status_code == 409
    assert roll_back(2).json()["number"] == 1
    assert roll_back(1).status_code == 204
    assert roll_back(1).status_code == 409
    study.refresh_from_db()
    assert study.model_version is None


def test_a_training_is_asked_for_with_json_and_watched(labelled: Study, manager: APIClient) -> None:
    body = {"labels": "reference", "template": "{occupation}", "seed": 3, "min_class_size": 2}
    answer = manager.post(f"{HERE}trainings/", body, format="json")
    assert answer.status_code == 202, answer.json()
    made = answer.json()
    assert (made["base"], made["seed"], made["promote"]) == ("baseline", 3, True)
    assert (made["job"]["state"], made["version"], made["verdict"]) == ("queued", None, None)
    Training.objects.filter(pk=made["id"]).update(stage="Training", losses=[[0.5, 1.25]])
    now = manager.get(f"{HERE}trainings/{made['id']}/").json()
    assert (now["stage"], now["losses"]) == ("Training", [[0.5, 1.25]])
    assert [one["id"] for one in manager.get(f"{HERE}trainings/").json()["results"]] == [made["id"]]
    again = manager.post(f"{HERE}trainings/", body, format="json")
    assert again.status_code == 409
    assert "under way" in again.json()["detail"]


def test_a_done_training_tells_its_verdict_in_words_and_figures(study: Study, supervisor: APIClient) -> None:
    version = kept_models.add_version(study)
    lost = kept_models.verdict("not_better_than_current")
    made = kept_models.add_training(study, version=version, verdict=lost)
    found = supervisor.get(f"{HERE}trainings/{made.pk}/").json()
    assert found["version"] == 1
    assert found["verdict"]["current"] == {"number": 1, "k": 86, "n": 100}
    told = "Of 100 records it codes 84 right; model 1 codes 86: it must be better."
    assert found["verdict"]["words"] == told
    figures = supervisor.get(f"{HERE}trainings/{made.pk}/metrics/").json()
    assert figures == kept_models.evaluation_figures()


def test_a_supervisor_trains_but_does_not_promote(labelled: Study, supervisor: APIClient) -> None:
    body = {"labels": "reference", "template": "{occupation}", "promote": True}
    assert supervisor.post(f"{HERE}trainings/", body, format="json").status_code == 403
    assert not Training.objects.exists()
    del body["promote"]
    assert supervisor.post(f"{HERE}trainings/", body, format="json").json()["promote"] is False


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"labels": "file"}, "labels"),
        ({"seed": -1}, "seed"),
        ({"test_size": 2}, "test_size"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"epoch": 3}, "epoch"),
        ({"split": "by hand"}, "split"),
    ],
)
def test_settings_that_cannot_be_are_named(
    labelled: Study, manager: APIClient, change: dict[str, Any], field: str
) -> None:
    answer = manager.post(f"{HERE}trainings/", change, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("change", [{"template": "{wage}"}, {"base": "/etc"}, {"labels": "decisions"}])
def test_what_the_training_refuses_is_said(
    labelled: Study, manager: APIClient, change: dict[str, Any]
) -> None:
    answer = manager.post(f"{HERE}trainings/", {"labels": "reference", **change}, format="json")
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert not Training.objects.exists()


def test_versions_are_evaluated_by_their_numbers(study: Study, supervisor: APIClient) -> None:
    first, second = kept_models.add_version(study), kept_models.add_version(study)
    body = {"versions": [2, 1], "labels": "reference"}
    made = supervisor.post(f"{HERE}evaluations/", body, format="json")
    assert made.status_code == 202
    assert sorted(made.json()["versions"]) == [1, 2]
    assert made.json()["summary"] == {}
    done = kept_models.add_evaluation(study, first, second)
    found = supervisor.get(f"{HERE}evaluations/{done.pk}/").json()
    assert [one["k"] for one in found["summary"]["versions"]] == [80, 81]
    assert supervisor.get(f"{HERE}evaluations/{done.pk}/metrics/").json()["kind"] == "evaluation"
    assert len(supervisor.get(f"{HERE}evaluations/").json()["results"]) == 2


@pytest.mark.parametrize("versions", [[], [1, 1], [7], ["x"], 1, None, [2**40]])
def test_versions_that_are_not_there_are_named(study: Study, supervisor: APIClient, versions: Any) -> None:
    kept_models.add_version(study)
    answer = supervisor.post(f"{HERE}evaluations/", {"versions": versions}, format="json")
    assert answer.status_code == 400
    assert next(iter(answer.json()["errors"])).startswith("versions")
    assert not Evaluation.objects.exists()


def test_figures_that_are_not_there_yet_are_not_found(study: Study, supervisor: APIClient) -> None:
    made = kept_models.add_training(study, report="")
    assert supervisor.get(f"{HERE}trainings/{made.pk}/metrics/").status_code == 404

"""Every page of a study, for everybody."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from coding_app.choices import FileKind
from coding_app.models import Code, LabelSuspect, Study
from coding_app.services import exports
from tests import factories, kept_models

# What everybody may open, what coders may not, and what only managers may.
EVERYBODY = ("study", "queue", "records", "classification", "dictionary", "job")
OF_MODELS = (
    "models", "model", "model-download", "trainings", "training-new", "training", "training-report",
    "training-metrics", "evaluations", "evaluation-new", "evaluation", "evaluation-report",
    "evaluation-metrics",
)  # fmt: skip
OF_ROUTING = (
    "routing", "routing-records", "routing-audit", "explorer", "explorer-records",
    "labels", "label-review", "label-download",
)  # fmt: skip
SUPERVISORS = (
    "upload", "imports", "import", "import-issues", "exports", "export-download", *OF_MODELS, *OF_ROUTING,
)  # fmt: skip
MANAGERS = ("members", "study-settings", "model-upload", "model-remove")
NAMES = (*EVERYBODY, *SUPERVISORS, *MANAGERS)
POSTS = (
    ("upload", SUPERVISORS), ("code-start", SUPERVISORS), ("job-stop", SUPERVISORS),
    ("job-resume", SUPERVISORS), ("import-discard", SUPERVISORS),
    ("import-read-as", SUPERVISORS), ("exports", SUPERVISORS),
    ("members", MANAGERS), ("study-settings", MANAGERS),
    ("training-new", SUPERVISORS), ("training-preview", SUPERVISORS), ("training-columns", SUPERVISORS),
    ("evaluation-new", SUPERVISORS), ("model", MANAGERS), ("model-upload", MANAGERS),
    ("routing-preview", MANAGERS), ("routing-apply", MANAGERS), ("routing-again", MANAGERS),
    ("label-decide", SUPERVISORS), ("label-undo", SUPERVISORS),
    ("model-promote", MANAGERS), ("model-roll-back", MANAGERS), ("model-remove", MANAGERS),
)  # fmt: skip


def address(study: Study, name: str) -> str:
    """A page of the study; of pages about one thing, that of the study's first."""
    upload = study.imports.earliest("pk")
    assert upload.job is not None
    keys = {
        "import": upload.pk, "import-issues": upload.pk, "import-discard": upload.pk,
        "import-read-as": upload.pk,
        "job": upload.job.pk, "job-stop": upload.job.pk, "job-resume": upload.job.pk,
    }  # fmt: skip
    if name == "export-download":
        keys[name] = study.exports.earliest("pk").pk
    if name in {"model", "model-download", "model-promote", "model-remove"}:
        keys[name] = study.model_versions.earliest("pk").number
    for kind in ("training", "evaluation"):
        if name in {kind, f"{kind}-report", f"{kind}-metrics"}:
            keys[name] = getattr(study, f"{kind}s").earliest("pk").pk
    if name == "label-decide":
        keys[name] = study.label_suspects.earliest("pk").pk
    asked = {
        "routing-records": "?accept_by=nobody&threshold=1&min_margin=0&audit_percent=0&audit_seed=0"
        "&rule=everything",
        "explorer-records": "?threshold=0.5",
    }
    return reverse(name, args=[study.slug, *([keys[name]] if name in keys else [])]) + asked.get(name, "")


@pytest.fixture
def whole_study(coded_study: Study) -> Study:
    """A study with one of everything that has a page."""
    export = exports.request(study=coded_study, kind=FileKind.CSV, user=coded_study.created_by)
    factories.do(export.job)
    version = kept_models.add_version(coded_study)
    training = kept_models.add_training(coded_study, version=version)
    LabelSuspect.objects.create(
        study=coded_study,
        training=training,
        record=factories.record(coded_study, "009"),
        code=Code.objects.get(code="411"),
        suggested=Code.objects.get(code="715"),
        quality=0.1,
    )
    kept_models.add_evaluation(coded_study, version)
    return coded_study


def allowed(role: str, name: str) -> bool:
    """Whether the role may open the page."""
    return name in EVERYBODY or role == "manager" or (role == "supervisor" and name in SUPERVISORS)


@pytest.mark.parametrize("role", ["coder", "supervisor", "manager"])
def test_every_page_opens_for_the_roles_that_may_and_for_no_other(
    whole_study: Study, sign_in: Callable[[str], Client], role: str
) -> None:
    client = sign_in(role)
    for name in NAMES:
        response = client.get(address(whole_study, name))
        assert response.status_code == (200 if allowed(role, name) else 403), name


def test_a_study_does_not_exist_for_those_who_are_no_members(
    whole_study: Study, sign_in: Callable[[str], Client]
) -> None:
    client = sign_in("stranger")
    for name in NAMES:
        assert client.get(address(whole_study, name)).status_code == 404, name
    for name, _ in POSTS:
        assert client.post(address(whole_study, name)).status_code == 404, name
    assert whole_study.name not in client.get("/").content.decode()


def test_without_sign_in_every_page_leads_to_the_login(whole_study: Study) -> None:
    for name in NAMES:
        target = address(whole_study, name)
        response = Client().get(target)
        assert response.status_code == 302, name
        assert response["Location"].startswith("/login/?next="), name


@pytest.mark.parametrize(("name", "group"), POSTS)
def test_a_role_that_may_not_cannot_do_it_by_post_either(
    whole_study: Study, sign_in: Callable[[str], Client], name: str, group: tuple[str, ...]
) -> None:
    lower = "coder" if group is SUPERVISORS else "supervisor"
    response = sign_in(lower).post(address(whole_study, name))
    assert response.status_code == 403
    assert "ask a member with the role" in response.content.decode()


@pytest.mark.parametrize(
    "name",
    [
        "code-start", "job-stop", "job-resume", "import-discard", "import-read-as", "model-promote",
        "model-roll-back", "training-preview", "training-columns",
    ],
)  # fmt: skip
def test_what_changes_something_cannot_be_done_by_get(
    whole_study: Study, sign_in: Callable[[str], Client], name: str
) -> None:
    assert sign_in("manager").get(address(whole_study, name)).status_code == 405


@pytest.mark.parametrize("key", ["0", "999999", "9" * 40, "9" * 5000])
@pytest.mark.parametrize("folder", ["imports", "jobs", "models", "trainings", "evaluations"])
def test_a_key_that_is_none_is_not_found(
    empty_study: Study, sign_in: Callable[[str], Client], folder: str, key: str
) -> None:
    assert sign_in("manager").get(f"/studies/{empty_study.slug}/{folder}/{key}/").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 400, ""])
@pytest.mark.parametrize(
    "name", ["imports", "import", "exports", "models", "trainings", "evaluations", "training-new"]
)
def test_a_page_number_that_is_none_still_gives_a_page(
    whole_study: Study, sign_in: Callable[[str], Client], name: str, page: str
) -> None:
    found = sign_in("manager").get(address(whole_study, name), {"page": page, "kind": "\0x" * 1000})
    assert found.status_code == 200


def test_things_of_another_study_are_not_found(
    whole_study: Study, sign_in: Callable[[str], Client], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = factories.make_study(tmp_path_factory.mktemp("other"), name="Other")
    client = sign_in("manager")
    one_thing = (
        "import", "import-issues", "job", "export-download", "model", "model-download", "model-remove",
        "training", "training-report", "evaluation", "evaluation-metrics",
    )  # fmt: skip
    for name in one_thing:
        elsewhere = address(whole_study, name).replace(f"/{whole_study.slug}/", f"/{other.slug}/")
        assert client.get(elsewhere).status_code == 404, name


def test_no_page_needs_scripts_or_styles_written_into_it(
    whole_study: Study, sign_in: Callable[[str], Client]
) -> None:
    client = sign_in("manager")
    addresses = [address(whole_study, name) for name in NAMES if "-" not in name]
    for target in [*addresses, "/", "/new-study/", "/password/"]:
        page = client.get(target).content.decode()
        assert not re.search(r"<style|<[^>]+\sstyle=|<script(?![^>]*\ssrc=)|<[^>]+\son[a-z]+=", page), target


def test_health_needs_no_sign_in(db: None) -> None:
    response = Client().get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"database": True, "worker": False}

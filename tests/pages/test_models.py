"""The registry of models: what there is, and promoting, rolling back, uploading, downloading, removing."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from coding_app.models import ModelVersion, Study
from coding_app.services import promotion
from tests import kept_models, models

Browser = Callable[[str], Client]


def here(study: Study, rest: str = "") -> str:
    return f"/studies/{study.slug}/models/{rest}"


def text_of(client: Client, address: str) -> str:
    """The words of a page, without markup, single-spaced."""
    page = client.get(address).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def current(study: Study) -> int | None:
    """The number of the study's current version."""
    found = Study.objects.select_related("model_version").get(pk=study.pk).model_version
    return found.number if found else None


def test_a_study_without_models_says_what_to_learn_from(
    empty_study: Study, coded_study: Study, sign_in: Browser
) -> None:
    page = text_of(sign_in("supervisor"), here(coded_study))
    assert "No model yet. 6 records of this study have a code to learn from." in page
    assert "Train a model" in page


def test_a_study_without_coded_records_says_where_they_come_from(
    empty_study: Study, sign_in: Browser
) -> None:
    page = text_of(sign_in("manager"), here(empty_study))
    assert "Import records with codes known beforehand" in page


def test_the_current_version_is_marked_and_others_say_why_they_are_not(
    empty_study: Study, sign_in: Browser
) -> None:
    first = kept_models.add_version(empty_study, current=True)
    second = kept_models.add_version(empty_study, parent=first, base="monologg/distilkobert", note="새 지침")
    lost = kept_models.verdict("not_better_than_current")
    training = kept_models.add_training(empty_study, version=second, verdict=lost)
    page = sign_in("supervisor").get(here(empty_study))
    rows = page.context["rows"]
    assert [(row.version.number, row.is_current) for row in rows] == [(2, False), (1, True)]
    assert page.context["current"].version == first
    assert rows[0].why_not == "Of 100 records it codes 84 right; model 1 codes 86: it must be better."
    assert rows[1].why_not == ""
    assert rows[0].figures == f"/studies/{empty_study.slug}/trainings/{training.pk}/report/"
    text = page.content.decode()
    for shown in ("84.0\N{NO-BREAK SPACE}%", "82.0–86.0", "0.021", "새 지침", "monologg/distilkobert", "300"):
        assert shown in text, shown


def test_what_only_managers_may_do_is_not_offered_to_supervisors(
    empty_study: Study, sign_in: Browser
) -> None:
    kept_models.add_version(empty_study)
    kept_models.add_version(empty_study, current=True)
    for address in (here(empty_study), here(empty_study, "1/")):
        offered = sign_in("supervisor").get(address).content.decode()
        for name in ("/promote/", "/remove/", "/upload/", "roll-back"):
            assert name not in offered, name
        assert "/download/" in offered
    assert "/promote/" in sign_in("manager").get(here(empty_study)).content.decode()


def test_ticked_versions_are_ticked_on_the_form_of_an_evaluation(
    empty_study: Study, sign_in: Browser
) -> None:
    for _ in range(3):
        kept_models.add_version(empty_study)
    page = sign_in("supervisor").get(f"/studies/{empty_study.slug}/evaluations/new/?version=1&version=3")
    assert [(one.number, ticked) for one, ticked in page.context["versions"]] == [
        (3, True),
        (2, False),
        (1, True),
    ]


def test_the_page_of_a_version_shows_its_card_its_figures_and_where_it_comes_from(
    empty_study: Study, sign_in: Browser
) -> None:
    first = kept_models.add_version(empty_study, current=True)
    second = kept_models.add_version(empty_study, parent=first)
    training = kept_models.add_training(empty_study, version=second, seed=17)
    kept_models.add_evaluation(empty_study, first, second)
    page = text_of(sign_in("supervisor"), here(empty_study, "2/"))
    for shown in (
        "Level 1", "Level 3", "0.745",  # accuracy by level, from the report's figures
        "Current when it was made Model 1", "by no run so far",
        "3 codes it can give", "715 Driver 200", "801 Aircraft assembler 0 title alone",
        "1 code was left out by the class filter: 406 3",
        second.fingerprint, "python 3.11.7", "Seed 17", "2 · no code",
        "Of 100 records it codes 81 right; model 1 codes 80.",
    ):  # fmt: skip
        assert shown in page, shown
    html = sign_in("supervisor").get(here(empty_study, "2/")).content.decode()
    assert f"/trainings/{training.pk}/report/" in html
    assert f"/trainings/{training.pk}/metrics.json" in html
    assert (
        "made while it was current model 2" in text_of(sign_in("supervisor"), here(empty_study, "1/")).lower()
    )


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"metrics": [1], "data": "many", "class_counts": {"715": "x"}, "described": 7, "versions": None},
        {"metrics": {"top": [{"value": "0.9"}] * 5, "ece_after": -3}, "classes_too_small": ["a"]},
        {"metrics": {"top": "12345"}, "data": {"left_out": {"no code": -1}, "train": True}},
    ],
)
def test_an_uploaded_card_may_say_anything(empty_study: Study, sign_in: Browser, card: object) -> None:
    kept_models.add_version(empty_study, card=card, origin="uploaded")
    client = sign_in("supervisor")
    assert client.get(here(empty_study)).status_code == 200
    page = text_of(client, here(empty_study, "1/"))
    assert "nothing is known yet of how good it is" in page


def test_a_version_that_won_is_promoted_and_one_that_lost_says_why_not(
    empty_study: Study, sign_in: Browser
) -> None:
    client = sign_in("manager")
    first, second = kept_models.add_version(empty_study, current=True), kept_models.add_version(empty_study)
    page = client.post(here(empty_study, "2/promote/"), follow=True).content.decode()
    assert "evaluate both together first" in page
    assert current(empty_study) == 1
    lost = kept_models.add_evaluation(empty_study, first, second, summary=kept_models.summary(second, first))
    page = client.post(here(empty_study, "2/promote/"), follow=True).content.decode()
    assert "Of 100 records it codes 80 right; model 1 codes 81: it must be better." in page
    assert current(empty_study) == 1
    kept_models.add_evaluation(empty_study, first, second)
    page = client.post(here(empty_study, "2/promote/"), follow=True).content.decode()
    assert "Model 2 is current now." in page
    assert current(empty_study) == 2
    assert lost.versions.count() == 2


def test_rolling_back_goes_to_the_version_before_and_not_twice_by_mistake(
    empty_study: Study, sign_in: Browser
) -> None:
    client = sign_in("manager")
    first, second = kept_models.add_version(empty_study), kept_models.add_version(empty_study)
    manager = empty_study.created_by
    assert manager is not None
    promotion.promote(version=first, user=manager)
    kept_models.add_evaluation(empty_study, first, second)
    promotion.promote(version=second, user=manager)
    assert "Roll back to model 1" in client.get(here(empty_study)).content.decode()
    page = client.post(here(empty_study, "roll-back/"), {"current": "2"}, follow=True).content.decode()
    assert "Model 1 is current again." in page
    assert current(empty_study) == 1
    page = client.post(here(empty_study, "roll-back/"), {"current": "2"}, follow=True).content.decode()
    assert "Another model is current by now" in page
    assert current(empty_study) == 1
    page = client.post(here(empty_study, "roll-back/"), {"current": "1"}, follow=True).content.decode()
    assert "No model is current" in page
    assert current(empty_study) is None


def test_a_model_goes_out_as_a_zip_file_and_comes_in_again(
    empty_study: Study, sign_in: Browser, tmp_path: Path
) -> None:
    folder = models.saved(tmp_path / "elsewhere")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder.parent))
    client = sign_in("manager")
    sent = SimpleUploadedFile("elsewhere.zip", packed.getvalue())
    page = client.post(here(empty_study, "upload/"), {"file": sent, "note": "from Seoul"}, follow=True)
    assert "It is model 1 now." in page.content.decode()
    version = ModelVersion.objects.get(study=empty_study)
    assert (version.origin, version.note, version.created_by) == (
        "uploaded",
        "from Seoul",
        empty_study.created_by,
    )
    answer = client.get(here(empty_study, "1/download/"))
    assert f'filename="{empty_study.slug}-model-1.zip"' in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "model.json" in {Path(name).name for name in archive.namelist()}
    again = client.post(
        here(empty_study, "upload/"), {"file": SimpleUploadedFile("a.zip", content)}, follow=True
    )
    assert "It is model 1 now." in again.content.decode()


@pytest.mark.parametrize(
    ("name", "content"),
    [("model.zip", b""), ("model.zip", b"no archive"), ("weights.bin", b"PK\x05\x06" + b"\0" * 18)],
)
def test_what_is_no_model_is_refused_beside_the_field(
    empty_study: Study, sign_in: Browser, name: str, content: bytes
) -> None:
    answer = sign_in("manager").post(
        here(empty_study, "upload/"), {"file": SimpleUploadedFile(name, content)}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert not ModelVersion.objects.exists()


def test_a_version_is_removed_for_good_only_when_that_was_confirmed(
    empty_study: Study, sign_in: Browser
) -> None:
    kept_models.add_version(empty_study, current=True)
    kept_models.add_version(empty_study)
    client = sign_in("manager")
    assert "cannot be brought back" in text_of(client, here(empty_study, "2/remove/"))
    assert ModelVersion.objects.filter(study=empty_study).count() == 2
    page = client.post(here(empty_study, "2/remove/"), follow=True).content.decode()
    assert "Model 2 is removed." in page
    assert [one.number for one in ModelVersion.objects.filter(study=empty_study)] == [1]
    assert "Remove for good" not in text_of(client, here(empty_study, "1/remove/"))
    client.post(here(empty_study, "1/remove/"))
    assert current(empty_study) == 1


def test_a_manager_writes_a_note_that_supervisors_read(empty_study: Study, sign_in: Browser) -> None:
    kept_models.add_version(empty_study)
    sign_in("manager").post(here(empty_study, "1/"), {"note": "learnt from the pilot"})
    assert "learnt from the pilot" in text_of(sign_in("supervisor"), here(empty_study, "1/"))


def test_a_report_is_read_in_the_browser_with_its_styles_and_nothing_else(
    empty_study: Study, sign_in: Browser
) -> None:
    training = kept_models.add_training(empty_study)
    client = sign_in("supervisor")
    address = f"/studies/{empty_study.slug}/trainings/{training.pk}/report/"
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    rules = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["style-src"] == "'unsafe-inline'"
    assert "script-src" not in rules
    assert rules["sandbox"] == ""
    assert answer["Content-Disposition"].startswith("inline")
    assert answer.content.decode() == kept_models.REPORT
    assert client.get(address, {"download": ""})["Content-Disposition"].startswith("attachment")


def test_a_report_that_is_gone_is_not_found(empty_study: Study, sign_in: Browser) -> None:
    training = kept_models.add_training(empty_study, report="reports/1/gone")
    client = sign_in("supervisor")
    here = f"/studies/{empty_study.slug}/trainings/{training.pk}/"
    assert client.get(here).status_code == 200
    assert client.get(f"{here}report/").status_code == 404
    assert client.get(f"{here}metrics.json").status_code == 404

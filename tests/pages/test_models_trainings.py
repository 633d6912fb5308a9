"""Trainings: the form with its preview, what is started, and the page that follows it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from coding_app.choices import JobState
from coding_app.models import Job, Study, Training, WorkerHeartbeat
from tests import factories, kept_models
from tests.pages.test_models import text_of

Browser = Callable[[str], Client]
HTMX = {"HX-Request": "true"}
ASKED = {
    "labels": "reference",
    "template": "{occupation} {industry}",
    "min_class_size": "1",
    "describe": "small",
    "base_kind": "baseline",
    "test_size": "0.25",
    "split": "random",
    "epochs": "3",
    "batch_size": "32",
    "learning_rate": "2e-5",
    "seed": "7",
}
CODED = "업무,분류\n트럭 운전,715\n배관,510\n목수,411\n목공,411\n".encode("cp949")


def here(study: Study, rest: str = "") -> str:
    return f"/studies/{study.slug}/trainings/{rest}"


def wrong(answer: Any) -> dict[str, list[str]]:
    """The fields at fault on the page of an answer, and what is said of each."""
    assert answer.status_code == 422
    return {name: [str(one) for one in texts] for name, texts in answer.context["form"].errors.items()}


def test_each_source_says_how_many_records_it_has_and_leads_to_them(
    coded_study: Study, sign_in: Browser
) -> None:
    client = sign_in("manager")
    page = client.get(here(coded_study, "new/")).content.decode()
    counted = dict(re.findall(r'href="([^"]*labelled=\w+)">\s*([\d,]+) record', page))
    assert {address.rpartition("=")[2]: number for address, number in counted.items()} == {
        "both": "6",
        "reference": "6",
    }
    for address, number in counted.items():
        assert client.get(address).context["page"].paginator.count == int(number)


def test_what_was_asked_for_is_started(coded_study: Study, sign_in: Browser) -> None:
    answer = sign_in("manager").post(here(coded_study, "new/"), {**ASKED, "promote": "on"})
    made = Training.objects.get(study=coded_study)
    assert answer["Location"] == here(coded_study, f"{made.pk}/")
    assert (made.labels, made.template, made.base) == ("reference", ASKED["template"], "baseline")
    assert (made.min_class_size, made.test_size, made.split) == (1, 0.25, "random")
    assert (made.epochs, made.batch_size, made.learning_rate, made.seed) == (3, 32, 2e-5, 7)
    assert (made.promote, made.with_variants, made.dictionary_phrases) == (True, False, False)
    assert made.job.state == JobState.QUEUED


def test_what_a_supervisor_trains_is_not_promoted_by_itself(coded_study: Study, sign_in: Browser) -> None:
    sign_in("supervisor").post(here(coded_study, "new/"), {**ASKED, "promote": "on"})
    assert Training.objects.get(study=coded_study).promote is False


def test_a_training_from_a_file_keeps_the_file_and_its_code_column(
    empty_study: Study, sign_in: Browser
) -> None:
    asked = {**ASKED, "labels": "file", "template": "{업무}", "code_column": "분류"}
    sent = {
        "records_file": SimpleUploadedFile("직업.csv", CODED),
        "phrases_file": SimpleUploadedFile("titles.csv", b"phrase,code\nplumber,510\n"),
    }
    answer = sign_in("manager").post(here(empty_study, "new/"), {**asked, **sent})
    assert answer.status_code == 302, wrong(answer)
    made = Training.objects.get(study=empty_study)
    assert (made.file_name, made.code_column, made.phrases_name) == ("직업.csv", "분류", "titles.csv")


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"template": "{occupation} {wage}"}, "template", "wage"),
        ({"template": "{occupation"}, "template", "braces"),
        ({"template": "{reference}"}, "template", "must not read it"),
        ({"template": ""}, "template", "required"),
        ({"labels": "decisions"}, "labels", "No record"),
        ({"labels": "nobody"}, "labels", "Select a valid choice"),
        ({"labels": "file", "code_column": "code"}, "records_file", "Choose the file"),
        ({"base_kind": "other"}, "base", "Say which"),
        ({"base_kind": "other", "base": "somebody/no-such-encoder"}, "base", "not on this machine"),
        ({"base_kind": "other", "base": "/etc"}, "base", "/etc"),
        ({"min_class_size": "0"}, "min_class_size", "greater than or equal to 1"),
        ({"test_size": "nan"}, "test_size", "Enter a number"),
        ({"test_size": "1"}, "test_size", "less than or equal to 0.9"),
        ({"learning_rate": "-2"}, "learning_rate", "between 0 and 1"),
        ({"seed": "-1"}, "seed", "greater than or equal to 0"),
        ({"epochs": "9" * 30}, "epochs", "less than or equal to 1000"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    coded_study: Study, sign_in: Browser, change: dict[str, str], field: str, told: str
) -> None:
    answer = sign_in("manager").post(here(coded_study, "new/"), {**ASKED, **change})
    errors = wrong(answer)
    assert list(errors) == [field]
    assert told in errors[field][0]
    assert not Training.objects.exists()


@pytest.mark.parametrize(
    ("content", "column", "field"),
    [
        (b"", "code", "records_file"),
        (b"occupation,code\ndriver,715\n", "codes", "code_column"),
        (b"job,code\ndriver,715\n", "code", "template"),
        (b"occupation,code\ndriver,715\n", "", "code_column"),
    ],
)
def test_a_file_is_looked_at_before_it_is_kept(
    empty_study: Study, sign_in: Browser, content: bytes, column: str, field: str
) -> None:
    asked = {**ASKED, "labels": "file", "template": "{occupation}", "code_column": column}
    sent = {"records_file": SimpleUploadedFile("coded.csv", content)}
    said = wrong(sign_in("manager").post(here(empty_study, "new/"), {**asked, **sent}))
    assert list(said) == list(dict.fromkeys([field, "records_file"]))  # the file has to be chosen again


def test_a_second_training_is_refused_and_what_was_typed_stays(coded_study: Study, sign_in: Browser) -> None:
    client = sign_in("manager")
    client.post(here(coded_study, "new/"), ASKED)
    answer = client.post(here(coded_study, "new/"), {**ASKED, "template": "{industry}"})
    assert "under way" in wrong(answer)["__all__"][0]
    assert 'value="{industry}"' in answer.content.decode()
    assert Training.objects.count() == 1


def test_the_preview_shows_how_three_records_read(coded_study: Study, sign_in: Browser) -> None:
    given = {"labels": "reference", "template": "{occupation}(으로) {industry}", "min_class_size": "2"}
    answer = sign_in("supervisor").post(here(coded_study, "preview/"), given, headers=HTMX)
    shown = [(row.name, row.text) for row in answer.context["preview"]["texts"]]
    assert shown == [
        ("001", "truck driver(으로) fuel oil"),
        ("002", "MACHINIST(으로) construction"),
        ("004", "zookeeper(으로)"),
    ]
    record = factories.record(coded_study, "001")
    assert f"/records/{record.pk}/" in answer.content.decode()


@pytest.mark.parametrize(("describe", "left_out"), [("small", False), ("none", True)])
def test_the_preview_says_what_the_class_filter_leaves_out(
    coded_study: Study, sign_in: Browser, describe: str, left_out: bool
) -> None:
    given = {"labels": "reference", "template": "{occupation}", "min_class_size": "2", "describe": describe}
    answer = sign_in("supervisor").post(here(coded_study, "preview/"), given)
    sizes = answer.context["sizes"]
    assert (sizes.enough, sizes.small, sizes.left_out) == (
        1,
        (("295", 1), ("465", 1), ("716", 1), ("900", 1)),
        left_out,
    )
    page = answer.content.decode()
    assert ("4 codes have fewer and are left out, with 4 records." in page) is left_out


@pytest.mark.parametrize("template", ["{occupation", "{wage}", "", "{reference}"])
def test_the_preview_says_what_is_wrong_with_a_template(
    coded_study: Study, sign_in: Browser, template: str
) -> None:
    given = {"labels": "reference", "template": template}
    answer = sign_in("supervisor").post(here(coded_study, "preview/"), given)
    assert answer.context["preview"]["fault"]
    assert 'class="notice error"' in answer.content.decode()


def test_a_chosen_file_shows_its_columns_and_is_previewed(empty_study: Study, sign_in: Browser) -> None:
    client = sign_in("supervisor")
    answer = client.post(
        here(empty_study, "columns/"), {"records_file": SimpleUploadedFile("직업.csv", CODED)}
    )
    page = answer.content.decode()
    assert re.findall(r'<option value="([^"]*)"', page) == ["", "업무", "분류"]
    assert answer.context["file_columns"] == ["업무", "분류"]
    assert answer["HX-Trigger-After-Swap"] == "columns-read"
    answer = client.post(
        here(empty_study, "columns/"),
        {"records_file": SimpleUploadedFile("직업.csv", CODED), "code_column": "분류"},
    )
    assert answer.context["file_columns"] == ["업무"]
    sample = answer.context["sample"]
    assert json.loads(sample)["sizes"] == {"715": 1, "510": 1, "411": 2}
    given = {"labels": "file", "template": "{업무}", "min_class_size": "2", "sample": sample}
    shown = client.post(here(empty_study, "preview/"), given).context
    assert [row.text for row in shown["preview"]["texts"]] == ["트럭 운전", "배관", "목수"]
    assert shown["sizes"].enough == 1


def test_a_file_that_cannot_be_read_says_so_at_once(empty_study: Study, sign_in: Browser) -> None:
    sent = {"records_file": SimpleUploadedFile("coded.xlsx", b"\0\1\2no workbook")}
    answer = sign_in("supervisor").post(here(empty_study, "columns/"), sent)
    assert "coded.xlsx" in answer.context["fault"]
    assert "errorlist" in answer.content.decode()


@pytest.mark.parametrize(
    "sample", ["", "x", "[]", '{"rows": 5}', '{"rows": [1]}', '{"sizes": {"a": "b"}}', "[" * 9999]
)
def test_a_sample_that_is_none_shows_no_texts(empty_study: Study, sign_in: Browser, sample: str) -> None:
    given = {"labels": "file", "template": "{a}", "sample": sample, "min_class_size": "9" * 400}
    answer = sign_in("supervisor").post(here(empty_study, "preview/"), given)
    assert answer.status_code == 200
    assert answer.context["preview"]["texts"] == []


def test_without_scripts_a_button_shows_the_preview_and_asks_for_nothing(
    coded_study: Study, sign_in: Browser
) -> None:
    answer = sign_in("manager").post(
        here(coded_study, "new/"), {**ASKED, "template": "{industry}", "preview": "1"}
    )
    assert answer.status_code == 200
    assert answer.context["preview"]["texts"][0].text == "fuel oil"
    assert 'value="{industry}"' in answer.content.decode()
    assert not Training.objects.exists()


def test_the_same_can_be_asked_for_again_with_other_settings(coded_study: Study, sign_in: Browser) -> None:
    earlier = kept_models.add_training(coded_study, template="{industry}", base="a/b", seed=5, epochs=2)
    form = sign_in("manager").get(here(coded_study, "new/"), {"like": str(earlier.pk)}).context["form"]
    assert (form["template"].value(), form["seed"].value(), form["epochs"].value()) == ("{industry}", 5, 2)
    assert (form["base_kind"].value(), form["base"].value()) == ("other", "a/b")
    for like in ("x", "0", "9" * 400, "-1"):
        assert sign_in("manager").get(here(coded_study, "new/"), {"like": like}).status_code in {200, 404}


def running(study: Study, **given: Any) -> Training:
    job = {"done": 430, "total": 1000}
    values = {"stage": "Training", "base": "minilm", "epochs": 8} | given
    return kept_models.add_training(study, state=JobState.RUNNING, job=job, **values)


def test_progress_is_polled_with_stage_epoch_and_curve(empty_study: Study, sign_in: Browser) -> None:
    made = running(empty_study, losses=[[0.1, 2.5], [0.3, 1.0]])
    client = sign_in("supervisor")
    part = client.get(here(empty_study, f"{made.pk}/"), headers=HTMX)
    page = part.content.decode()
    assert f'hx-get="{here(empty_study, f"{made.pk}/")}"' in page
    assert "HX-Refresh" not in part.headers
    assert 'value="430" max="1000"' in page
    assert "43 % done" in page
    assert "epoch 3 of 8" in page
    assert "Loss from 2.500 at first to 1.000 at last" in page
    assert "<html" not in page


def test_a_polled_training_that_has_ended_asks_for_its_whole_page(
    empty_study: Study, sign_in: Browser
) -> None:
    made = kept_models.add_training(empty_study)
    part = sign_in("supervisor").get(here(empty_study, f"{made.pk}/"), headers=HTMX)
    assert part["HX-Refresh"] == "true"


def test_no_worker_that_trains_is_said_though_another_is_there(empty_study: Study, sign_in: Browser) -> None:
    made = running(empty_study)
    client = sign_in("supervisor")
    WorkerHeartbeat.objects.create(name="a", queues=["default", "model"], seen_at=timezone.now())
    assert "No worker that trains answers" in client.get(here(empty_study, f"{made.pk}/")).content.decode()
    WorkerHeartbeat.objects.create(name="b", queues=["training"], seen_at=timezone.now())
    assert "No worker that trains" not in client.get(here(empty_study, f"{made.pk}/")).content.decode()


def test_a_failed_training_says_why_and_can_be_resumed(empty_study: Study, sign_in: Browser) -> None:
    made = kept_models.add_training(
        empty_study, state=JobState.FAILED, job={"error": "No space left on device."}
    )
    client = sign_in("supervisor")
    assert "No space left on device." in text_of(client, here(empty_study, f"{made.pk}/"))
    answer = client.post(f"/studies/{empty_study.slug}/jobs/{made.job_id}/resume/")
    assert answer["Location"] == here(empty_study, f"{made.pk}/")
    assert Job.objects.get(pk=made.job_id).state == JobState.QUEUED
    assert "No space left on device." not in text_of(client, f"/studies/{empty_study.slug}/models/")


def test_files_sent_with_other_faults_are_asked_for_again(coded_study: Study, sign_in: Browser) -> None:
    sent = {
        name: SimpleUploadedFile("some.csv", b"occupation,code,phrase\ndriver,715,driver\n")
        for name in ("records_file", "phrases_file")
    }
    asked = {**ASKED, "labels": "file", "code_column": "code", "template": "{nothing}", **sent}
    said = wrong(sign_in("supervisor").post(here(coded_study, "new/"), asked))
    assert list(said) == ["template", "records_file", "phrases_file"]
    assert said["records_file"] == said["phrases_file"] == ["Choose the file again: it was not kept."]


def test_a_done_training_gives_its_verdict_with_the_numbers(empty_study: Study, sign_in: Browser) -> None:
    kept_models.add_version(empty_study, current=True)
    made = kept_models.add_training(
        empty_study,
        version=kept_models.add_version(empty_study, base="minilm"),
        verdict=kept_models.verdict("not_better_than_current", baseline={"k": 70, "n": 100}),
        losses=[[0.5, 2.0], [1.0, 1.5]],
    )
    page = text_of(sign_in("supervisor"), here(empty_study, f"{made.pk}/"))
    for shown in (
        "It did not become the current model.",
        "Of 100 records it codes 84 right; model 1 codes 86: it must be better.",
        "Judged on the same 100 held-out records. 12 are left out",
        "Model 2 84 100 84.0 %", "Model 1, the current one 86 100 86.0 %",
        "The instant baseline 70 100 70.0 %", "100.0 % 1.500",
    ):  # fmt: skip
        assert shown in page, shown


def test_the_job_of_a_training_leads_to_its_page_for_those_who_may_open_it(
    empty_study: Study, sign_in: Browser
) -> None:
    made = running(empty_study)
    job = f"/studies/{empty_study.slug}/jobs/{made.job_id}/"
    assert sign_in("supervisor").get(job)["Location"] == here(empty_study, f"{made.pk}/")
    assert sign_in("coder").get(job).status_code == 200
    stopped = sign_in("supervisor").post(f"{job}stop/")
    assert stopped["Location"] == here(empty_study, f"{made.pk}/")

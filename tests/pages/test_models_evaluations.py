"""Evaluations: asked for, and what is shown of them."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from coding_app.choices import JobKind, JobState
from coding_app.models import Evaluation, Study
from tests import kept_models
from tests.pages.test_models import text_of

Browser = Callable[[str], Client]


def here(study: Study, rest: str = "") -> str:
    return f"/studies/{study.slug}/evaluations/{rest}"


def test_versions_are_judged_on_the_records_that_were_chosen(coded_study: Study, sign_in: Browser) -> None:
    for _ in range(2):
        kept_models.add_version(coded_study)
    asked = {"versions": ["2", "1"], "labels": "reference"}
    answer = sign_in("supervisor").post(here(coded_study, "new/"), asked)
    made = Evaluation.objects.get(study=coded_study)
    assert answer["Location"] == here(coded_study, f"{made.pk}/")
    assert [one.number for one in made.versions.order_by("number")] == [1, 2]
    assert (made.labels, made.job.kind, made.job.queue) == ("reference", JobKind.EVALUATE, "model")
    assert made.job.started_by is not None
    assert made.job.started_by.username == "supervisor"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"labels": "reference"}, "versions"),
        ({"versions": ["9"], "labels": "reference"}, "versions"),
        ({"versions": ["x"], "labels": "reference"}, "versions"),
        ({"versions": ["1"]}, "labels"),
        ({"versions": ["1"], "labels": "file", "code_column": "code"}, "records_file"),
        ({"versions": ["1"], "labels": "decisions"}, None),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    coded_study: Study, sign_in: Browser, asked: dict[str, object], field: str | None
) -> None:
    kept_models.add_version(coded_study)
    answer = sign_in("supervisor").post(here(coded_study, "new/"), asked)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field or "__all__"]
    assert not Evaluation.objects.exists()


def test_a_file_without_its_columns_is_refused_and_not_kept(coded_study: Study, sign_in: Browser) -> None:
    kept_models.add_version(coded_study)
    sent = SimpleUploadedFile("coded.csv", b"occupation,code\ndriver,715\n")
    asked = {"versions": ["1"], "labels": "file", "code_column": "code", "records_file": sent}
    answer = sign_in("supervisor").post(here(coded_study, "new/"), asked)
    assert answer.status_code == 422
    assert "industry" in answer.content.decode()
    assert not Evaluation.objects.exists()


def test_without_models_there_is_nothing_to_evaluate(empty_study: Study, sign_in: Browser) -> None:
    page = text_of(sign_in("supervisor"), here(empty_study, "new/"))
    assert "There is no model to evaluate yet." in page


def test_one_alone_is_shown_by_level_with_what_it_confuses(empty_study: Study, sign_in: Browser) -> None:
    made = kept_models.add_evaluation(empty_study, kept_models.add_version(empty_study))
    page = text_of(sign_in("supervisor"), here(empty_study, f"{made.pk}/"))
    for shown in (
        "Records judged 100", "Left out: a text that one of the models learnt from 12",
        "Level 1 4 100 84.0 % 82.0–86.0",
        "715 Driver 411 Carpenter 7",
    ):  # fmt: skip
        assert shown in page, shown


def test_several_are_compared_pair_by_pair(empty_study: Study, sign_in: Browser) -> None:
    versions = [kept_models.add_version(empty_study) for _ in range(2)]
    report = kept_models.keep_report(empty_study, "pairs", kept_models.comparison_figures())
    made = kept_models.add_evaluation(empty_study, *versions, report=report)
    page = text_of(sign_in("supervisor"), here(empty_study, f"{made.pk}/"))
    for shown in (
        "First code 100 79.0 % 77.0–81.0 84.0 % 82.0–86.0",
        "Model 2 against model 1", "Level 1 70 9 14 7 +5.0 −4.6 … +14.4 0.405", "ECE 0.030 0.020",
    ):  # fmt: skip
        assert shown in page, shown
    html = sign_in("supervisor").get(here(empty_study, f"{made.pk}/")).content.decode()
    assert f"/evaluations/{made.pk}/report/#pair-1" in html


def test_many_are_compared_in_one_table_that_leads_to_each_pair(empty_study: Study, sign_in: Browser) -> None:
    versions = [kept_models.add_version(empty_study) for _ in range(4)]
    figures = kept_models.comparison_figures()
    (pair,) = figures["pairs"]
    figures["pairs"] = [
        {**pair, "first": f"model {first}", "second": f"model {second}"}
        for second in range(2, 5)
        for first in range(1, second)
    ]
    report = kept_models.keep_report(empty_study, "many", figures)
    made = kept_models.add_evaluation(empty_study, *versions, report=report)
    client = sign_in("supervisor")
    assert "Model 4 against model 3 70 14 9 7 +5.0" in text_of(client, here(empty_study, f"{made.pk}/"))
    html = client.get(here(empty_study, f"{made.pk}/")).content.decode()
    assert html.count("<table") == 2
    assert f"{here(empty_study, f'{made.pk}/report/')}#pair-6" in html


def test_a_model_that_does_not_tell_what_it_learnt_from_is_pointed_out(
    empty_study: Study, sign_in: Browser
) -> None:
    version = kept_models.add_version(empty_study)
    summary = kept_models.summary(version)
    summary["versions"][0]["known"] = False
    made = kept_models.add_evaluation(empty_study, version, summary=summary)
    assert "Model 1 does not tell" in text_of(sign_in("supervisor"), here(empty_study, f"{made.pk}/"))


def test_while_it_runs_the_page_shows_how_far_it_is_and_its_job_leads_to_it(
    empty_study: Study, sign_in: Browser
) -> None:
    made = kept_models.add_evaluation(
        empty_study, kept_models.add_version(empty_study), state=JobState.QUEUED, summary={}
    )
    client = sign_in("supervisor")
    page = client.get(here(empty_study, f"{made.pk}/")).content.decode()
    assert f'hx-get="/studies/{empty_study.slug}/jobs/{made.job_id}/"' in page
    assert "No worker" in page
    job = f"/studies/{empty_study.slug}/jobs/{made.job_id}/"
    assert client.get(job)["Location"] == here(empty_study, f"{made.pk}/")
    assert sign_in("coder").get(job).status_code == 200

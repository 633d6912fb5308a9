"""What a training learns from: records of a study, files of coded records, phrases; what it leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from coding_app.choices import Describe, JobState, LabelSource
from coding_app.exceptions import InvalidInput
from coding_app.models import Code, Job, LabelSuspect, Record, Study, Training
from coding_app.services import labels, review, storage, work
from coding_app.services.training import Upload
from tests import factories, models

pytestmark = pytest.mark.django_db

HEADER = ("직업", "산업", "코드")
SMALL = {"describe": Describe.NONE, "test_size": 0.0, "min_class_size": 2}


@pytest.fixture(autouse=True)
def _folders(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.JOB_STALLED_AFTER = 3600  # these tests hold a transaction, which a second connection waits for


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study without records."""
    return factories.make_study(tmp_path)


def coded(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> bytes:
    return factories.csv_bytes(rows, header)


def trained(study: Study, content: bytes, name: str = "coded.csv", **given: Any) -> Training:
    made = from_file(study, content, name, **given)
    factories.do(made.job)
    made.refresh_from_db()
    return made


def from_file(study: Study, content: bytes, name: str = "coded.csv", **given: Any) -> Training:
    settings = {
        "labels": LabelSource.FILE,
        "template": "{직업} {산업}",
        "file": Upload(name, [content]),
        "code_column": "코드",
        **SMALL,
        **given,
    }
    return models.start(study, **settings)


def refused(made: Training) -> str:
    work.run_job(job_id=made.job_id, worker="test")
    job = Job.objects.get(pk=made.job_id)
    assert job.state == JobState.FAILED
    return job.error


KOREAN = [
    ("덤프트럭 운전", "운송", "715"),
    ("화물차 운전", "운송", "715"),
    ("배관 설치", "건설", "510"),
    ("배관 수리", "건설", "510"),
]


@pytest.mark.parametrize("encoding", ["cp949", "utf-8", "utf-8-sig", "utf-16"])
def test_a_file_in_any_encoding_can_be_learnt_from(study: Study, encoding: str) -> None:
    made = trained(study, coded(*KOREAN).decode().encode(encoding))
    assert made.version is not None
    assert made.version.card["class_counts"] == {"510": 2, "715": 2}
    assert made.version.template == "{직업} {산업}"
    assert not LabelSuspect.objects.exists(), "records of a file are not the study's"


def test_rows_without_a_code_or_a_text_are_left_out_and_counted(study: Study) -> None:
    content = coded(*KOREAN, ("요리", "식당", ""), ("", " ", "510"), ("x" * 100_000, "운송", "715"))
    made = trained(study, content + b"too,many,cells,here\n")
    assert made.version is not None
    data = made.version.card["data"]
    assert data["records"] == 5
    assert {name: n for name, n in data["left_out"].items() if n} == {
        "row that cannot be read": 1,
        "no code": 1,
        "no text": 1,
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"code_column": "code"}, "coded.csv has no column 'code'; its columns are: 직업, 산업, 코드"),
        ({"template": "{직업} {급여}"}, "coded.csv has no column '급여'"),
        ({"template": "{직업} {코드}"}, "must not read it"),
        ({"phrases": Upload("more.csv", [b"word,code\nx,715\n"])}, "more.csv has no column 'phrase'"),
    ],
)
def test_a_file_without_the_columns_is_refused_and_not_kept(
    study: Study, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        from_file(study, coded(*KOREAN), **given)
    assert not Job.objects.exists()
    assert not list(storage.path_of("uploads").glob("*/*"))


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"PK\x03\x04 not a workbook"])
def test_what_is_no_data_file_is_refused(study: Study, content: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_file(study, content)
    assert not Training.objects.exists()


def test_a_column_that_the_studys_records_lack_is_refused(tmp_path: Path) -> None:
    study = models.labelled_study(tmp_path)
    with pytest.raises(InvalidInput, match="'직업', which is no column of this study"):
        from_file(study, coded(*KOREAN))


def test_codes_that_are_not_in_the_classification_are_listed_with_their_lines(study: Study) -> None:
    Code.objects.filter(code="21").update(codable=False)
    error = refused(from_file(study, coded(*KOREAN, ("요리", "식당", "0715"), ("목수", "건설", "21"))))
    assert "coded.csv has 2 codes that are not in Jobs (1)" in error
    assert "line 6: 0715 is no code" in error
    assert "line 7: 21 is no code" in error, "a group is not a code that records may have"


@pytest.mark.parametrize(
    ("rows", "given", "words"),
    [
        ([("트럭", "운송", "715")] * 9, {}, "All 9 records have the code 715"),
        ([("", "", "715"), ("", "", "510")], {}, "No record has both a text"),
        ([*[("트럭", "운송", "715")] * 9, ("배관", "건설", "510")], {}, "1 codes have 2 records or more"),
    ],
)
def test_what_no_model_can_be_made_of_is_said(
    study: Study, rows: list[tuple[str, str, str]], given: dict[str, Any], words: str
) -> None:
    assert words in refused(from_file(study, coded(*rows), **given))


def test_a_code_with_one_record_is_reached_by_its_title(study: Study) -> None:
    content = coded(*KOREAN, ("하수도", "건설", "982"))
    made = trained(study, content, describe=Describe.SMALL)
    assert made.version is not None
    assert "982" in made.version.card["class_counts"]
    assert made.version.classes == 11, "every code that records may have"
    alone = trained(study, content, seed=1)
    assert alone.version is not None
    assert alone.version.card["classes_too_small"] == {"982": 1}


def test_phrases_of_a_file_and_of_the_dictionary_are_learnt(study: Study) -> None:
    phrases = "phrase,code\n지게차 운전,295\n,715\n보일러 배관,510\n".encode("cp949")
    made = trained(study, coded(*KOREAN), phrases=Upload("phrases.csv", [phrases]), dictionary_phrases=True)
    assert made.version is not None
    assert made.version.card["data"]["further_phrases"] == 2 + 13
    wrong = Upload("phrases.csv", ["phrase,code\n지게차,999\n".encode()])
    assert "phrases.csv, line 2: 999 is no code" in refused(from_file(study, coded(*KOREAN), phrases=wrong))


def test_phrases_of_a_dictionary_need_one(study: Study) -> None:
    Study.objects.update(dictionary_version=None)
    study.refresh_from_db()
    with pytest.raises(InvalidInput, match="no dictionary"):
        from_file(study, coded(*KOREAN), dictionary_phrases=True)


def test_people_s_codes_are_learnt_and_what_the_machine_accepted_is_not(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    rows = [(f"a{n}", f"zookeeper {n}", "", "30") for n in range(4)]
    rows += [(f"b{n}", "truck driver", "", "30") for n in range(4)]
    factories.bring_in(study, factories.csv_bytes(rows))
    factories.code(study)
    coder = study.members.get(username="coder")
    for place, record in enumerate(Record.objects.filter(study=study, status="waiting")):
        code = Code.objects.get(classification=study.classification, code=("715", "510")[place % 2])
        review.decide(record=record, user=coder, code=code, seen_version=record.version)
    made = models.trained(study, labels=LabelSource.DECISIONS, **SMALL)
    assert made.version is not None
    assert made.version.card["class_counts"] == {"510": 2, "715": 2}


def test_a_code_found_to_be_a_data_error_is_not_learnt_any_more(tmp_path: Path) -> None:
    study = models.labelled_study(tmp_path, count=80, noise=0.1)
    models.trained(study, **SMALL)
    suspects = list(LabelSuspect.objects.filter(study=study))
    supervisor = study.members.get(username="supervisor")
    labels.review(suspect=suspects[0], user=supervisor, verdict="data_error")
    labels.review(suspect=suspects[1], user=supervisor, verdict="model_error")
    made = models.trained(study, **SMALL)
    assert made.version is not None
    data = made.version.card["data"]
    assert (data["records"], data["left_out"]["data error"]) == (79, 1)
    kept = LabelSuspect.objects.exclude(verdict="").values_list("pk", flat=True)
    assert set(kept) == {suspects[0].pk, suspects[1].pk}, "what was reviewed is not asked again"


def test_records_of_several_files_may_lack_each_other_s_columns(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    header = ("id", "occupation", "duties", "reference")
    rows = [
        (f"a{n}", "worker", "drives trucks" if n % 2 else "lays pipes", ("510", "715")[n % 2])
        for n in range(8)
    ]
    factories.bring_in(study, factories.csv_bytes(rows, header))
    others = [(f"b{n}", ("plumber", "driver")[n % 2], ("510", "715")[n % 2]) for n in range(8)]
    factories.bring_in(study, factories.csv_bytes(others, ("id", "occupation", "reference")), "second.csv")
    made = models.trained(study, template="{occupation} {duties}", **SMALL)
    assert made.version is not None
    assert made.version.card["data"]["records"] == 16

"""Problems are told in the language that is asked for."""

import pytest
from rest_framework.test import APIClient

from coding_app.models import Study
from tests import factories

KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9"}
HERE = "/api/v1/studies/mills/"


def test_an_unknown_column_is_told_in_the_language_that_is_asked_for(
    study: Study, supervisor: APIClient
) -> None:
    upload = factories.upload(study)
    address = f"{HERE}imports/{upload.pk}/start/"
    body = {"columns": {"id": "id", "occupation": "job"}}
    korean = supervisor.post(address, body, format="json", headers=KOREAN).json()
    english = supervisor.post(address, body, format="json").json()
    columns = "id, occupation, industry, age"
    assert korean["errors"]["columns.occupation"] == [f"열 'job'이(가) 없습니다. 있는 열: {columns}."]
    assert english["errors"]["columns.occupation"] == [
        f"The column 'job' is not there; the columns are: {columns}."
    ]
    assert (korean["title"], english["title"]) == ("보낸 내용을 쓸 수 없음", "What was sent cannot be used")
    assert korean["type"] == english["type"]


@pytest.mark.parametrize(
    ("end", "status", "detail"),
    [
        (
            "members/",
            403,
            "이 연구에서 구성원 관리 권한이 없습니다.",
        ),
        ("records/999999/", 404, "이 연구에 그런 레코드가 없습니다."),
        ("nothing-here/", 404, "그런 주소가 없습니다."),
    ],
)
def test_a_refusal_is_told_in_korean(coder: APIClient, end: str, status: int, detail: str) -> None:
    answer = coder.get(HERE + end, headers=KOREAN)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(detail)


def test_a_conflict_is_told_in_korean(coder: APIClient) -> None:
    answer = coder.post(f"{HERE}decisions/undo/", headers=KOREAN)
    assert (answer.status_code, answer.json()["detail"]) == (409, "취소할 내 결정이 없습니다.")

"""What is refused or warned about on a Korean page is said in Korean; what is stored stays English."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from coding_app import datafiles
from coding_app.choices import JobKind
from coding_app.models import Classification, ImportIssue, Job, Record, Study
from coding_app.services import import_rows, work
from coding_app.templatetags.tiebreak import in_words
from tests import factories

KOREAN = {"Accept-Language": "ko"}
SignIn = Callable[[str], Client]


def text_of(answer: object) -> str:
    return unescape(answer.content.decode())  # type: ignore[attr-defined]


def back_of(answer: object) -> str:
    """Where the language switch of a page leads."""
    found = re.search(r'name="next" value="([^"]*)"', answer.content.decode())  # type: ignore[attr-defined]
    assert found
    return unescape(found[1])


def test_a_stale_decision_is_told_in_korean(coded_study: Study, sign_in: SignIn) -> None:
    coder = sign_in("coder")
    page = coder.get(f"/studies/{coded_study.slug}/queue/").content.decode()
    key = re.search(r'name="record" value="(\d+)"', page)
    choice = re.search(r'name="choice" value="([^"]*)" data-code="510"', page)
    assert key
    assert choice
    sent = {"record": key[1], "version": "1", "opened": "", "choice": choice[1], "note": ""}
    Record.objects.filter(pk=key[1]).update(version=77)
    answer = coder.post(f"/studies/{coded_study.slug}/queue/decide/", sent, headers=KOREAN)
    assert answer.status_code == 409
    assert "레코드를 연 뒤에 내용이 바뀌었습니다" in text_of(answer)
    assert "changed since you opened it" not in text_of(answer)


def test_a_name_that_is_taken_is_told_in_korean(coded_study: Study, sign_in: SignIn) -> None:
    creator = factories.make_user("creator", may_create=True)
    sent = {"name": "Mills", "classification": Classification.objects.get().pk, "child_age": 14}
    answer = sign_in(creator.username).post("/new-study/", sent, headers=KOREAN)
    assert answer.status_code == 422
    assert "'Mills'(이)라는 연구가 이미 있습니다" in text_of(answer)


def test_a_role_that_does_not_allow_it_is_told_in_korean(coded_study: Study, sign_in: SignIn) -> None:
    answer = sign_in("coder").get(f"/studies/{coded_study.slug}/members/", headers=KOREAN)
    assert answer.status_code == 403
    assert "구성원 관리 권한이 없습니다" in text_of(answer)
    assert "관리자" in text_of(answer)


def test_a_file_that_is_no_data_is_told_in_korean(empty_study: Study, sign_in: SignIn) -> None:
    picture = SimpleUploadedFile("사진.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    answer = sign_in("supervisor").post(
        f"/studies/{empty_study.slug}/upload/", {"file": picture}, headers=KOREAN
    )
    assert answer.status_code == 422
    assert "사진.csv 파일은 자료로 읽을 수 없습니다. PNG 그림인 것 같습니다. 자료를 CSV" in text_of(answer)


def test_warnings_about_a_file_are_told_in_korean(empty_study: Study, sign_in: SignIn) -> None:
    content = "id,직업,,직업\n1,용접공,x,y\n2,배관공,y,z\n".encode()
    upload = factories.upload(empty_study, content)
    address = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    supervisor = sign_in("supervisor")
    page = text_of(supervisor.get(address, headers=KOREAN))
    assert "이름 없는 열: 3. 위치로 구별합니다." in page
    assert "열 이름 '직업'이(가) 2번 쓰였습니다(열 2, 4)." in page
    assert "Columns without a name: 3" in text_of(supervisor.get(address))


def test_what_is_wrong_with_a_row_is_stored_in_english_and_shown_in_korean(
    empty_study: Study, sign_in: SignIn
) -> None:
    rows = [("1", "driver", "", "40"), ("1", "framer", "", "40"), ("", "driver", "", "40")]
    upload = factories.bring_in(empty_study, factories.csv_bytes(rows))
    reasons = set(ImportIssue.objects.values_list("reason", flat=True))
    assert reasons == {
        "The id is blank.",
        "This id stands earlier in the file with other values; the first row was taken.",
    }
    address = f"/studies/{empty_study.slug}/imports/{upload.pk}/"
    page = text_of(sign_in("supervisor").get(address, headers=KOREAN))
    assert "ID가 비어 있습니다." in page
    assert not any(reason in page for reason in reasons)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("The age 'abc' is not a number.", "나이 'abc'은(는) 숫자가 아닙니다."),
        ("The age '151' is not between 0 and 150 years.", "나이 '151'은(는) 0세에서 150세 사이가 아닙니다."),
        ("The id has 300 characters; 200 are the most.", "ID가 300자입니다. 최대 200자입니다."),
        (
            "No record has both a text ({task}) and a code: choose other columns or records.",
            "텍스트({task})와 코드가 모두 있는 레코드가 없습니다. 다른 열이나 레코드를 고르세요.",
        ),
        (
            "No record of this study has a code to judge by (Codes known beforehand).",
            "이 연구에는 평가에 쓸 코드가 있는 레코드가 없습니다(알려진 코드).",
        ),
        (
            "Model 3 has no baseline beside it.\nModel 3 cannot be loaded: whatever it is.",
            "모델 3에는 함께 만든 기준 모델이 없습니다.\nModel 3 cannot be loaded: whatever it is.",
        ),
        (
            "Model 2 reads the column '100% of it', which these records have not.",
            "모델 2은(는) '100% of it' 열을 읽는데, 이 레코드에는 그 열이 없습니다.",
        ),
        ("Something nobody has a word for.", "Something nobody has a word for."),
        ("", ""),
    ],
)
def test_a_stored_reason_keeps_its_values_in_korean(stored: str, shown: str) -> None:
    with translation.override("ko"):
        assert in_words(stored) == shown
    with translation.override("en"):
        assert in_words(stored) == stored


def test_what_an_import_stores_of_a_row_can_be_said_in_korean() -> None:
    faults = [import_rows.parse_age(text)[1] for text in ("abc", "151", "-1")]
    with translation.override("ko"):
        assert not any(in_words(fault) == fault for fault in faults)


def test_the_error_of_a_job_is_shown_in_korean(coded_study: Study, sign_in: SignIn) -> None:
    supervisor = sign_in("supervisor")
    supervisor.post(f"/studies/{coded_study.slug}/code/")
    job = Job.objects.filter(kind=JobKind.CODE).latest("pk")
    job.run.__class__.objects.filter(pk=job.run.pk).update(dictionary_version=None)
    work.run_job(job_id=job.pk, worker="test")
    job.refresh_from_db()
    assert job.error == "The run has neither a dictionary nor a model."
    page = supervisor.get(f"/studies/{coded_study.slug}/jobs/{job.pk}/", headers=KOREAN)
    assert "이 코딩 실행에는 사전도 모델도 없습니다." in text_of(page)


def test_a_message_says_its_values_in_the_other_language_too() -> None:
    inner = datafiles.Message("a JSON file")
    message = datafiles.Message(
        "%(name)s is %(what)s by its contents and was read as such.", name="100%.csv", what=inner
    )
    assert message == "100%.csv is a JSON file by its contents and was read as such."
    with translation.override("ko"):
        assert (
            message.said_by(translation.gettext)
            == "100%.csv 파일은 내용이 JSON 파일이어서 그렇게 읽었습니다."
        )


@pytest.mark.parametrize(
    ("end", "sent", "back"),
    [("queue/decide/", {}, "queue/"), ("queue/cannot-code/", {}, "queue/"), ("upload/", {}, "")],
)
def test_the_language_switch_of_a_refused_form_leads_to_a_page_that_can_be_opened(
    coded_study: Study, sign_in: SignIn, end: str, sent: dict[str, str], back: str
) -> None:
    manager, root = sign_in("manager"), f"/studies/{coded_study.slug}/"
    answer = manager.post(root + end, sent)
    assert answer.status_code == 422
    assert back_of(answer) == root + back
    assert manager.get(back_of(answer)).status_code == 200


def test_the_language_switch_of_a_page_leads_back_to_it(coded_study: Study, sign_in: SignIn) -> None:
    address = f"/studies/{coded_study.slug}/records/?status=waiting&text=a"
    assert back_of(sign_in("manager").get(address)) == address

"""The demonstration's studies: which files they are made of, and what is set for them."""

from dataclasses import dataclass

from coding_app import bases
from coding_app.choices import AcceptBy
from coding_app.routing import Guard, Settings

AUDIT_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class DemoStudy:
    """One study: its files are in ``coding_app/demo``, its columns are named here.

    ``template`` and ``dictionary_phrases`` are what its model learns from, ``routing`` what it accepts.
    ``then`` is the base of a second training, which a worker does while the study is looked at; ``rounds``
    says whether two coders have been at work.
    """

    study: str
    description: str
    classification: tuple[str, str, str, str]
    dictionary: str
    folder: str
    records: str
    columns: dict[str, str]
    template: str
    dictionary_phrases: bool
    routing: Settings
    then: str = ""
    rounds: bool = False
    epochs: int = 6


CERTIFICATES = DemoStudy(
    study="Demo certificates",
    description=(
        "Made-up birth and death certificates, coded to ISCO-08. Nobody in them exists, and their codes are "
        "made up, too: by the same hand as the records and the dictionary, so that figures come out better "
        "than with real records."
    ),
    classification=("ISCO-08", "2008, with codes for people without work", "en", "isco08.csv"),
    dictionary="Demo ISCO-08",
    folder="dictionary",
    records="records.csv",
    columns={
        "id": "certificate_id",
        "occupation": "occupation",
        "industry": "industry",
        "age": "age",
        "reference": "reference_code",
    },
    template="{occupation} {industry}",
    dictionary_phrases=False,
    routing=Settings(
        accept_by=AcceptBy.PROBABILITY,
        threshold=0.8,
        guarded=(
            Guard(
                group="1",
                words=(
                    *("manager", "mgr", "director", "owner", "proprietor", "president", "ceo", "executive"),
                    *("chief", "head", "superintendent", "supt", "principal", "administrator", "mayor"),
                ),
            ),
        ),
        audit_share=AUDIT_SHARE,
    ),
    then=bases.MINILM,
    rounds=True,
)

SURVEY = DemoStudy(
    study="데모 직업 조사",
    description=(
        "지어낸 설문 응답을 한국표준직업분류(7차) 소분류로 코딩한 시연용 연구입니다. "
        "사전과 응답, 정답 코드를 같은 사람이 지었으므로 정확도는 실제보다 높습니다."
    ),
    classification=("KSCO", "7, with codes for people without work", "ko", "ksco7.csv"),
    dictionary="Demo KSCO-7",
    folder="dictionary_ko",
    records="records_ko.csv",
    columns={
        "id": "응답자번호",
        "occupation": "하는일",
        "industry": "사업체",
        "age": "나이",
        "reference": "reference_code",
    },
    template="{사업체}(에서) {직위}(으로) {하는일}",
    # Of 221 labelled answers no code has many.
    dictionary_phrases=True,
    routing=Settings(
        accept_by=AcceptBy.PROBABILITY,
        threshold=0.8,
        guarded=(
            Guard(
                group="1",
                words=(
                    *("관리자", "대표", "사장", "이사", "임원", "원장", "소장", "공장장", "지점장", "점장"),
                    *("본부장", "국장", "교장", "경영"),
                ),
            ),
        ),
        audit_share=AUDIT_SHARE,
    ),
)

STUDIES = (CERTIFICATES, SURVEY)

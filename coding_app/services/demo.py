"""The demonstration: two studies of made-up records, coded, with an account for each role."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import Permission, User
from django.db import transaction

from coding_app.choices import JobState, Role
from coding_app.exceptions import InvalidInput
from coding_app.models import Classification, Job, Study
from coding_app.services import classifications, dictionaries, ingest, studies, suggest, work

HERE = Path(__file__).resolve().parent.parent
SHIPPED = HERE / "reference" / "classifications"
DEMO = HERE / "demo"

PASSWORD = "tiebreak-demo"
ACCOUNTS = {"manager": Role.MANAGER, "supervisor": Role.SUPERVISOR, "coder": Role.CODER}

CLASSIFICATIONS = (
    ("ISCO-08", "2008", "en", ("isco08.csv",)),
    ("SOC", "2018", "en", ("soc2018.csv",)),
    ("KSCO", "7", "ko", ("ksco7.csv",)),
)


@dataclass(frozen=True, slots=True)
class _Demo:
    """One demonstration study: its files are in ``coding_app/demo``, its columns are named here."""

    study: str
    description: str
    classification: tuple[str, str, str, str]
    dictionary: str
    folder: str
    records: str
    columns: dict[str, str]


STUDIES = (
    _Demo(
        study="Demo certificates",
        description="Made-up birth and death certificates, coded to ISCO-08. Nobody in them exists.",
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
    ),
    _Demo(
        study="데모 직업 조사",
        description=(
            "지어낸 설문 응답을 한국표준직업분류(7차) 소분류로 코딩한 시연용 연구입니다. "
            "사전과 응답을 같은 사람이 지었으므로 정확도는 실제보다 높습니다."
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
    ),
)


def load_shipped_classifications() -> list[Classification]:
    """The classifications that ship, as published; loading them again changes nothing."""
    return [
        classifications.load(
            name=name, edition=edition, language=language, files=[SHIPPED / file for file in files]
        )
        for name, edition, language, files in CLASSIFICATIONS
    ]


@transaction.atomic
def accounts() -> dict[str, User]:
    """The demonstration accounts, by user name; the manager may create studies."""
    made = {}
    for name in ACCOUNTS:
        user, created = User.objects.get_or_create(username=name)
        if created:
            user.set_password(PASSWORD)
            user.save()
        made[name] = user
    made["manager"].user_permissions.add(Permission.objects.get(codename="add_study"))
    return made


def load(wanted: _Demo, users: dict[str, User]) -> Study:
    """Create, import and code a demonstration study in this process; what is there already stays.

    Raises:
        InvalidInput: when the import or the coding failed.
    """
    name, edition, language, file = wanted.classification
    classification = classifications.load(
        name=name, edition=edition, language=language, files=[SHIPPED / file, DEMO / "supplement.csv"]
    )
    version = dictionaries.load(
        name=wanted.dictionary, classification=classification, folder=DEMO / wanted.folder
    )
    study = Study.objects.filter(name=wanted.study, is_demo=True).first()
    if study is None:
        study = studies.create(
            name=wanted.study,
            description=wanted.description,
            classification=classification,
            dictionary_version=version,
            user=users["manager"],
            is_demo=True,
        )
        for account in ("supervisor", "coder"):
            studies.add_member(
                study=study, member=users[account], role=ACCOUNTS[account], user=users["manager"]
            )
    studies.use_dictionary(study=study, version=version, user=users["manager"])
    if not study.imports.exists():
        upload = ingest.receive(
            study=study, user=users["manager"], name=wanted.records, chunks=_content(DEMO / wanted.records)
        )
        columns = ingest.Columns.by_name(upload.header, **wanted.columns)
        _do(ingest.start(upload=upload, columns=columns, user=users["manager"], then_code=False))
        _do(suggest.start(study=study, user=users["manager"]))
    return study


def _content(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()


def _do(job: Job) -> None:
    work.run_job(job_id=job.pk, worker="load_demo")
    job.refresh_from_db()
    if job.state not in (JobState.DONE, JobState.QUEUED, JobState.RUNNING):
        raise InvalidInput(f"The demo was not loaded: {job.get_kind_display()}: {job.error}")

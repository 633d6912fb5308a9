"""Small studies for tests: a classification and a dictionary of our own, records as one likes."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from django.contrib.auth.models import Permission, User

from coding_app.choices import JobState, Role
from coding_app.models import Classification, DictionaryVersion, Import, Job, Record, Study
from coding_app.services import classifications, dictionaries, ingest, members, studies, suggest, work

CODES = """code,title,parent,level,title_ko,description
1,Drivers and movers,,1,운전 및 운반,
11,Drivers,1,2,운전원,People who drive.
295,Fuel driver,11,3,연료 운전원,
715,Driver,11,3,운전원,
716,Fuel oil truck driver,11,3,연료유 트럭 운전원,
2,Builders,,1,건설,
21,Crafts,2,2,기능원,
406,Contractor,21,3,도급업자,
411,Carpenter,21,3,목수,
465,Machinist,21,3,기계공,
470,Heating contractor,21,3,난방 도급업자,
510,Plumber,21,3,배관공,
982,Construction labourer,21,3,건설 단순 종사자,
3,People at home,,1,가정,
31,Home,3,2,가정,
900,Homemaker,31,3,가정주부,
4,Aircraft,,1,항공기,
41,Aircraft makers,4,2,항공기 제조,
801,Aircraft assembler,41,3,항공기 조립원,
"""

DICTIONARY = {
    "entries.csv": (
        "phrase,code\nFUEL OIL TRUCK DRIVER,716\nTRUCK DRIVER,715\nDRIVER,715\nMACHINIST,465\n"
        "CONSTRUCTION,982\nFRAMER CONSTRUCTION,411\nFRAMER,411\nHEATING CONTRACTOR,470\n"
        "PLUMBING CONTRACTOR,510\nCONTRACTOR,406\n"
    ),
    "spelling.csv": "variant,standard\nTRK,TRUCK\nDRVR,DRIVER\nTHE,\n",
    "unknown.csv": "phrase\nUNKNOWN\nN/A\n",
    "special/10_homemaker.csv": "phrase,code\nHOUSEWIFE,900\nOWN HOME,900\n",
    "special/20_aircraft.csv": "phrase,code\nAIRCRAFT,801\n",
}

COLUMNS = ("id", "occupation", "industry", "age")
ROWS = (
    ("001", "truck driver", "fuel oil", "40"),
    ("002", "MACHINIST", "construction", "51"),
    ("003", "contractor", "plumbing & heating", "33"),
    ("004", "zookeeper", "", "28"),
    ("005", "housewife", "own home", "60"),
    ("006", "riveter", "aircraft", "45"),
    ("007", "child", "", "7"),
    ("008", "UNKNOWN", "N/A", "70"),
)


def csv_bytes(rows: Sequence[Sequence[str]] = ROWS, header: Sequence[str] = COLUMNS) -> bytes:
    """A CSV file as UTF-8."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue().encode()


def write_dictionary(folder: Path, files: dict[str, str] | None = None) -> Path:
    """A dictionary folder on disk."""
    for name, text in (files or DICTIONARY).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def make_classification(folder: Path, name: str = "Jobs", codes: str = CODES) -> Classification:
    """The small classification, loaded."""
    path = folder / f"{name}.csv"
    path.write_text(codes, encoding="utf-8")
    return classifications.load(name=name, edition="1", files=[path])


def make_version(folder: Path, classification: Classification, name: str = "Words") -> DictionaryVersion:
    """The small dictionary, loaded."""
    return dictionaries.load(
        name=name, classification=classification, folder=write_dictionary(folder / f"dictionary-{name}")
    )


def make_user(name: str, *, may_create: bool = False) -> User:
    """A user with the password ``secret``."""
    user = User.objects.create_user(name, password="secret")
    if may_create:
        user.user_permissions.add(Permission.objects.get(codename="add_study"))
    return user


def make_study(folder: Path, name: str = "Mills") -> Study:
    """A study without records; its members are called ``manager``, ``supervisor`` and ``coder``."""
    classification = Classification.objects.filter(name="Jobs").first() or make_classification(folder)
    version = classification.dictionaries.first()
    study = studies.create(
        name=name,
        classification=classification,
        dictionary_version=version.versions.first() if version else make_version(folder, classification),
        user=User.objects.filter(username="manager").first() or make_user("manager", may_create=True),
    )
    for role in (Role.SUPERVISOR, Role.CODER):
        member = User.objects.filter(username=role.value).first() or make_user(role.value)
        members.add(study=study, member=member, role=role, user=study.created_by)
    return study


def upload(study: Study, content: bytes | None = None, name: str = "records.csv") -> Import:
    """A file put into a study, its columns not mapped yet."""
    return ingest.receive(study=study, user=study.created_by, name=name, chunks=[content or csv_bytes()])


def bring_in(study: Study, content: bytes | None = None, name: str = "records.csv") -> Import:
    """A file imported to its end, with columns of the usual names. Records are not coded."""
    received = upload(study, content, name)
    header = received.header
    columns = ingest.Columns.by_name(
        header,
        id="id",
        occupation="occupation",
        industry="industry" if "industry" in header else None,
        age="age" if "age" in header else None,
        reference="reference" if "reference" in header else None,
    )
    do(ingest.start(upload=received, columns=columns, user=study.created_by, then_code=False))
    received.refresh_from_db()
    return received


def code(study: Study) -> Job:
    """The study's records coded to the end."""
    return do(suggest.start(study=study, user=study.created_by))


def do(job: Job) -> Job:
    """A job done in this process, as a worker would; it must end well."""
    work.run_job(job_id=job.pk, worker="test")
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    return job


def record(study: Study, external_id: str) -> Record:
    """A record of the study by its own id."""
    return Record.objects.get(study=study, external_id=external_id)

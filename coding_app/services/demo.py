"""The demonstration: studies of made-up records, coded by dictionary and model, an account for each role."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from django.contrib.auth.models import Permission, User
from django.db import transaction

from coding_app import bases
from coding_app.choices import JobKind, JobState, LabelSource, Role
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Classification, Job, Membership, Run, Study
from coding_app.services import (
    classifications,
    demo_rounds,
    dictionaries,
    ingest,
    jobs,
    members,
    route,
    studies,
    suggest,
    training,
    work,
)
from coding_app.services.demo_studies import DemoStudy

HERE = Path(__file__).resolve().parent.parent
SHIPPED = HERE / "reference" / "classifications"
DEMO = HERE / "demo"

PASSWORD = "tiebreak-demo"
ACCOUNTS = {
    "manager": Role.MANAGER,
    "supervisor": Role.SUPERVISOR,
    "coder": Role.CODER,
    "coder2": Role.CODER,
}

WORKER = "load_demo"

Tell = Callable[[str], object]
"""Hears what is being done."""

CLASSIFICATIONS = (
    ("ISCO-08", "2008", "en", ("isco08.csv",)),
    ("SOC", "2018", "en", ("soc2018.csv",)),
    ("KSCO", "7", "ko", ("ksco7.csv",)),
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


def load(wanted: DemoStudy, users: dict[str, User], *, tell: Tell) -> Study:
    """Create, import, train and code a demonstration study in this process; what is there already stays.

    A load that was cut off goes on where it was. The training of a larger model is left to a worker.

    Raises:
        InvalidInput: when the import, the training or the coding failed.
    """
    manager = users["manager"]
    jobs.release(worker=WORKER)
    study = _study(wanted, users)
    if not study.imports.exists():
        tell(f"{study.name}: importing made-up records")
        upload = ingest.receive(
            study=study, user=manager, name=wanted.records, chunks=_content(DEMO / wanted.records)
        )
        columns = ingest.Columns.by_name(upload.header, **wanted.columns)
        ingest.start(upload=upload, columns=columns, user=manager, then_code=False)
    _do_first(study, JobKind.IMPORT)
    if not study.trainings.exists():
        tell(f"{study.name}: training a model on the labelled records")
        _train(study, wanted, manager, base=bases.BASELINE)
    _do_first(study, JobKind.TRAIN)
    study.refresh_from_db()
    if study.routing is None:
        route.save(study=study, user=manager, settings=wanted.routing)
    _do_first(study, JobKind.ROUTE)
    _code(study, manager, tell)
    if wanted.rounds:
        if not study.rounds.exists():
            tell(f"{study.name}: rounds of two made-up coders")
        demo_rounds.load(study, users, work=_do)
    there = {choice.name for choice in bases.usable(study)}
    if wanted.then in there and not study.trainings.filter(base=wanted.then).exists():
        _train(study, wanted, manager, base=wanted.then)
    return study


def _study(wanted: DemoStudy, users: dict[str, User]) -> Study:
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
    for account, role in ACCOUNTS.items():
        if not Membership.objects.filter(study=study, user=users[account]).exists():
            members.add(study=study, member=users[account], role=role, user=users["manager"])
    studies.use_dictionary(study=study, version=version, user=users["manager"])
    return study


def _train(study: Study, wanted: DemoStudy, user: User, *, base: str) -> None:
    training.start(
        study=study,
        user=user,
        labels=LabelSource.REFERENCE,
        template=wanted.template,
        base=base,
        dictionary_phrases=wanted.dictionary_phrases,
        epochs=wanted.epochs,
    )


def _content(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()


def _code(study: Study, user: User, tell: Tell) -> None:
    """Code with the model, unless that was done before."""
    runs = Run.objects.filter(study=study, model_version__isnull=False).order_by("pk")
    if not runs.exists():
        tell(f"{study.name}: coding by dictionary and model")
        with suppress(Conflict):  # somebody's own run waits for a worker: that one comes first
            suggest.start(study=study, user=user)
    if first := runs.first():
        _do(first.job)


def _do_first(study: Study, kind: JobKind) -> None:
    """Do the study's first job of a kind, which is the load's own."""
    if first := study.jobs.filter(kind=kind).order_by("pk").first():
        _do(first)


def _do(job: Job) -> None:
    """Do a job, unless it was done before; one that failed is tried again."""
    if job.state == JobState.FAILED and job.started_by is not None:
        jobs.resume(job=job, user=job.started_by)
    work.run_job(job_id=job.pk, worker=WORKER)
    job.refresh_from_db()
    if job.state == JobState.FAILED:
        raise InvalidInput(f"The demo was not loaded: {job.get_kind_display()}: {job.error}")

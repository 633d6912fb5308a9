"""Whatever is uploaded: it goes all the way through, or it is refused next to the field; never a crash."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from coding_app import datafiles
from coding_app.choices import FileKind
from coding_app.models import Import, Record, Study
from coding_app.services import exports, storage
from tests import factories
from tests.faults.odd_files import HOSTILE, READ, REFUSED

pytestmark = pytest.mark.django_db
PAGES = ("study", "queue", "records", "imports", "exports", "classification", "dictionary", "members")


@pytest.fixture
def study(settings: Any, tmp_path: Path) -> Study:
    settings.MEDIA_ROOT = tmp_path / "media"
    return factories.make_study(tmp_path)


@pytest.fixture
def manager(client: Client, study: Study) -> Client:
    client.force_login(User.objects.get(username="manager"))
    return client


def send(client: Client, study: Study, name: str, content: bytes) -> Any:
    return client.post(reverse("upload", args=[study.slug]), {"file": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize("name", READ)
def test_an_odd_file_goes_in_is_coded_shown_and_comes_out_again(
    manager: Client, study: Study, name: str
) -> None:
    address = send(manager, study, name, READ[name]).headers["Location"]
    received = Import.objects.get()
    harmless(manager, address)
    assert manager.post(address, {"id": "0", "occupation": "1"}).status_code == 302
    received.refresh_from_db()
    assert received.job is not None
    factories.do(received.job)
    factories.code(study)
    for page in PAGES:
        harmless(manager, reverse(page, args=[study.slug]))
    harmless(manager, address)
    for record in Record.objects.all()[:1]:
        harmless(manager, reverse("record", args=[study.slug, record.pk]))
    rows = [one for one in written(study, FileKind.PARQUET) if isinstance(one, datafiles.Row)]
    assert [list(row.values[: len(received.header)]) for row in rows] == list(
        Record.objects.order_by("pk").values_list("values", flat=True)
    )
    assert len(written(study, FileKind.CSV)) == len(rows)


def harmless(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert HOSTILE not in answer.content.decode()


def written(study: Study, kind: FileKind) -> list[datafiles.Row | datafiles.BadRow]:
    export = exports.request(study=study, kind=kind, user=None)
    factories.do(export.job)
    export.refresh_from_db()
    path = storage.path_of(export.stored_as)
    return list(datafiles.read_rows(path, datafiles.sniff(path)))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_data_is_refused_by_its_own_name_and_not_kept(
    manager: Client, study: Study, name: str
) -> None:
    answer = send(manager, study, name, REFUSED[name])
    assert answer.status_code == 422
    [message] = answer.context["form"].errors["file"]
    assert message.count(name) == 1
    assert not Import.objects.exists()
    assert not list(storage.path_of("uploads").rglob("*.*"))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../etc/passwd.csv", "passwd.csv"),
        (r"..\..\boot.csv", "boot.csv"),
        ("a\0b.csv", "ab.csv"),
        ("/", "file"),
        ("가" * 300 + ".csv", None),
        ('"quo\'te".csv', '"quo\'te".csv'),
    ],
)
def test_a_file_name_leads_nowhere(manager: Client, study: Study, sent: str, kept: str | None) -> None:
    file = SimpleUploadedFile("x.csv", factories.csv_bytes())
    file._name = sent  # type: ignore[attr-defined]  # past the cleaning of the setter, as over the wire
    answer = manager.post(reverse("upload", args=[study.slug]), {"file": file})
    assert answer.status_code == 302
    received = Import.objects.get()
    assert received.file_name == kept or kept is None
    root = storage.path_of("uploads").resolve()
    assert storage.path_of(received.stored_as).resolve().is_relative_to(root)
    assert manager.get(answer.headers["Location"]).status_code == 200


def test_a_workbook_that_cannot_hold_a_cell_says_which_in_a_sentence(study: Study) -> None:
    factories.bring_in(study, b"id,occupation," + b"n" * 50_000 + b"\n1,driver," + b"x" * 40_000 + b"\n")
    export = exports.request(study=study, kind=FileKind.XLSX, user=None)
    with pytest.raises(AssertionError, match="a cell of XLSX holds 32,767"):
        factories.do(export.job)
    export.job.refresh_from_db()
    assert len(export.job.error) < 300

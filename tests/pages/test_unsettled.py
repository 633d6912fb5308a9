"""What people said in a round is nobody's to see before the round has settled the record."""

import csv
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from coding_app.choices import FileKind, RoundKind, Side
from coding_app.models import Adjudication, Study
from coding_app.services import adjudicate, companions, exports, storage
from tests import factories
from tests.rounds import boss, decide, drawn

SignIn = Callable[[str], Client]


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    factories.bring_in(made)
    factories.code(made)
    drawn(made, RoundKind.DOUBLE, population={"status": "waiting"})
    decide(made, "anna", "003", "510")
    decide(made, "ben", "003", "470")
    return made


def shown(study: Study, client: Client) -> str:
    """All that the pages and the API say of the disputed record, its decisions and its history."""
    record = factories.record(study, "003")
    api = f"/api/v1/studies/{study.slug}"
    answers = (
        client.get(f"/studies/{study.slug}/records/{record.pk}/"),
        client.get(f"{api}/records/{record.pk}/"),
        client.get(f"{api}/decisions/"),
    )
    return "".join(answer.content.decode() for answer in answers)


def test_an_adjudicator_finds_nobodys_code_anywhere_before_it_is_settled(
    study: Study, sign_in: SignIn
) -> None:
    page = shown(study, sign_in("supervisor"))
    assert "anna" not in page
    assert "ben" not in page
    adjudication = Adjudication.objects.get()
    code = study.classification.codes.get(code="510")
    side = Side.FIRST if adjudication.first.code == code else Side.SECOND
    held = adjudicate.open_next(study=study, user=boss(study))
    assert held == adjudication
    adjudicate.settle(adjudication=held, user=boss(study), side=side, code=code, reason="He fits pipes.")
    page = shown(study, sign_in("supervisor"))
    assert "anna" in page
    assert "ben" in page


def exported(study: Study) -> str:
    """Every cell of the export and of the files beside it."""
    made = exports.request(study=study, kind=FileKind.CSV, user=None)
    factories.do(made.job)
    made.refresh_from_db()
    rows = list(csv.DictReader(storage.path_of(made.stored_as).open(encoding="utf-8-sig")))
    said = [[cell for name, cell in row.items() if name.startswith("tiebreak_decision")] for row in rows]
    with zipfile.ZipFile(companions.path_of(made)) as archive:
        beside = [archive.read(name).decode() for name in ("decisions.csv", "adjudications.csv")]
    return "\n".join([*(" ".join(cells) for cells in said), *beside])


def test_an_export_says_what_was_decided_in_a_round_once_it_is_settled(
    study: Study, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    decide(study, "anna", "004", "982")
    assert not re.search("person-|510|470|982", exported(study)), "of the disputed record or the half coded"
    held = adjudicate.open_next(study=study, user=boss(study))
    assert held is not None
    adjudicate.settle(adjudication=held, user=boss(study), side=Side.FIRST)
    text = exported(study)
    assert all(part in text for part in ("person-", "510", "470"))
    assert "982" not in text
    decide(study, "ben", "004", "982")
    assert "982" in exported(study)

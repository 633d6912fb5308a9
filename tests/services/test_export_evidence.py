"""The export says what each person decided, under pseudonyms; beside it lies what it takes to judge it."""

import csv
import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from coding_app import column_meanings
from coding_app.choices import FileKind, RoundKind
from coding_app.models import Decision, Export, Study
from coding_app.selectors import coded_rows, people
from coding_app.services import companions, exports, storage
from tests import factories
from tests.rated import CANNOT, START, Row, decide, make_round, person

Rows = list[dict[str, str]]


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    """A round with an agreement and a dispute, an evaluation, and a record of the study's own queue."""
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    make_round(
        study,
        {
            "001": Row({"zoe": "716", "ann": "716"}, machine="716", final="716", seconds=12.5),
            "002": Row({"zoe": "465", "ann": "982"}, machine="465", final="982", adjudicated=True),
            "005": Row({"zoe": "900", "ann": "801"}, after={"zoe": "801", "ann": "801"}, final="801"),
        },
    )
    make_round(
        study,
        {"006": Row({"ann": "801"}, machine="801", final="801", stratum="death")},
        kind=RoundKind.EVALUATION,
        stratum_column="type",
    )
    late = START + timedelta(days=30)
    decide(study, factories.record(study, "003"), "ann", CANNOT, late, undone_at=late + timedelta(minutes=2))
    decide(study, factories.record(study, "003"), "supervisor", "510", late + timedelta(hours=1))
    return study


def export(study: Study, kind: FileKind = FileKind.CSV) -> Export:
    made = exports.request(study=study, kind=kind, user=None)
    factories.do(made.job)
    made.refresh_from_db()
    return made


def data(made: Export) -> dict[str, dict[str, str]]:
    text = storage.path_of(made.stored_as).read_text("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return {row["id"]: {name.removeprefix("tiebreak_"): cell for name, cell in row.items()} for row in rows}


def inner(made: Export) -> dict[str, bytes]:
    with zipfile.ZipFile(companions.path_of(made)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table(made: Export, name: str) -> Rows:
    return list(csv.DictReader(io.StringIO(inner(made)[name].decode("utf-8-sig"), newline="")))


def test_each_decision_has_its_columns_under_a_pseudonym(study: Study) -> None:
    row = data(export(study))["001"]
    names = {person(study, name).pk: name for name in ("zoe", "ann", "supervisor")}
    hidden = {names[who]: pseudonym for who, pseudonym in people.pseudonyms(study).items()}
    assert hidden == {"zoe": "person-01", "ann": "person-02", "supervisor": "person-03"}
    assert [row[f"decision_1_{name}"] for name in ("coder", "code", "seconds", "blinded", "round")] == [
        "person-01", "716", "12.5", "yes", "1",
    ]  # fmt: skip
    assert (row["decision_2_coder"], row["decisions"], row["round"]) == ("person-02", "2", "1")
    assert (row["adjudicated"], row["adjudicated_by"]) == ("no", "")
    assert row["decision_1_at"].startswith("2026-03-03T")


def test_what_was_adjudicated_says_by_whom_and_why(study: Study) -> None:
    row = data(export(study))["002"]
    assert (row["final_code"], row["route"], row["adjudicated"]) == ("982", "adjudicated", "yes")
    assert (row["adjudicated_by"], row["adjudicated_choice"]) == ("person-03", "other")
    assert row["adjudication_reason"] == row["note"] == "by the definition"
    assert row["adjudicated_at"]


def test_a_record_decided_in_the_queue_has_one_decision_and_no_round(study: Study) -> None:
    row = data(export(study))["003"]
    assert [row[f"decision_1_{name}"] for name in ("coder", "code", "round", "blinded")] == [
        "person-03", "510", "", "no",
    ]  # fmt: skip
    assert (row["decision_2_coder"], row["decisions"], row["round"], row["adjudicated"]) == (
        "",
        "1",
        "",
        "no",
    )


def test_a_code_comes_with_its_parents_and_a_record_nobody_spoke_of_with_empty_cells(study: Study) -> None:
    rows = data(export(study))
    assert rows["001"]["final_parents"] == "1 Drivers and movers | 11 Drivers"
    assert rows["008"]["decisions"] == ""
    assert rows["008"]["decision_1_coder"] == ""


def test_there_are_as_many_groups_of_columns_as_a_record_has_standing_decisions(study: Study) -> None:
    names = coded_rows.header(study).names
    assert "tiebreak_decision_2_coder" in names
    assert "tiebreak_decision_3_coder" not in names
    Decision.objects.all().update(undone_at=START)
    assert "tiebreak_decision_1_coder" in coded_rows.header(study).names
    assert "tiebreak_decision_2_coder" not in coded_rows.header(study).names


def test_who_decides_while_the_export_is_written_does_not_end_it(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coded_rows, "CHUNK", 1)
    columns = coded_rows.header(study)
    rows = coded_rows.rows(study, columns)
    next(rows)
    for name in ("kim", "lee", "park"):
        make_round(study, {"004": Row({name: "411"})}, kind=RoundKind.REVIEW).records.update(state="agreed")
    left = list(rows)
    assert len(left) == 7
    assert all(len(row) == len(columns.names) for row in left)


def test_no_name_of_a_person_is_in_the_export_or_beside_it(study: Study) -> None:
    made = export(study)
    everything = storage.path_of(made.stored_as).read_bytes() + b"".join(inner(made).values())
    for name in (b"zoe", b"ann,", b"supervisor,", b"manager"):
        assert name not in everything


def test_every_column_is_explained(study: Study) -> None:
    made = export(study)
    rows = table(made, "data-dictionary.csv")
    header = coded_rows.header(study)
    assert [row["column"] for row in rows] == header.names
    assert {row["origin"] for row in rows[:4]} == {"original"}
    assert all(row["says"] for row in rows)
    with pytest.raises(KeyError):
        column_meanings.meaning("nonsense")


def test_hashes_are_those_of_the_files(study: Study) -> None:
    made = export(study)
    files = inner(made)
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums.pop(exports.file_name(made)) == made.sha256
    assert made.sha256 == hashlib.sha256(storage.path_of(made.stored_as).read_bytes()).hexdigest()
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert made.sha256 in files["README.txt"].decode()


def test_decisions_taken_back_and_sent_back_are_beside_the_export(study: Study) -> None:
    made = export(study)
    rows = [row for row in table(made, "decisions.csv") if row["record"] == "005"]
    assert [(row["coder"], row["code"], bool(row["taken_back_at"])) for row in rows] == [
        ("person-01", "900", True),
        ("person-02", "801", True),
        ("person-01", "801", False),
        ("person-02", "801", False),
    ]
    undone = next(row for row in table(made, "decisions.csv") if row["decision"] == "cannot_code")
    assert (undone["reason"], undone["comment"]) == ("vague", "too vague")
    sent = {row["record"]: row for row in table(made, "adjudications.csv")}
    assert (sent["005"]["state"], sent["005"]["question"]) == ("returned", "Which trade?")
    assert (sent["002"]["first_code"], sent["002"]["second_code"], sent["002"]["code"]) == (
        "465",
        "982",
        "982",
    )


def test_design_flow_coverage_and_agreement_are_beside_the_export(study: Study) -> None:
    made = export(study)
    rounds = table(made, "sampling.csv")
    assert [(row["round"], row["kind"], row["seed"], row["drawn"]) for row in rounds] == [
        ("1", "double", "7", "3"),
        ("2", "evaluation", "7", "1"),
    ]
    flow = {row["step"]: int(row["records"]) for row in table(made, "flow.csv")}
    assert (flow["records"], flow["set_aside_children"], flow["drawn_into_rounds"]) == (8, 1, 4)
    coverage = {row["share_of"]: row for row in table(made, "coverage.csv")}
    without = coverage["final_code_without_set_aside"]
    with_them = coverage["final_code_with_set_aside"]
    assert int(with_them["of"]) - int(without["of"]) == 2
    assert without["records"] == with_them["records"]
    assert float(without["low_95"]) < float(without["value"]) < float(without["high_95"])
    agreement = table(made, "agreement.csv")
    percent = next(
        row
        for row in agreement
        if (row["round"], row["between"], row["level"], row["coefficient"]) == ("1", "coders", "3", "percent")
    )
    assert (percent["value"], percent["records"], percent["differing"]) == ("0.3333", "3", "2")
    assert {row["coders"] for row in agreement} == {"all", "person-01 person-02"}
    evaluated = table(made, "evaluation.csv")
    assert {(row["rater"], row["stage"], row["percent"]) for row in evaluated} >= {
        ("machine", "after", "100.00")
    }


def test_the_evidence_can_be_downloaded_by_supervisors_alone(study: Study) -> None:
    made = export(study)
    for name, status in (("supervisor", 200), ("ann", 403)):
        client = Client()
        client.force_login(person(study, name))
        for address in (
            f"/studies/{study.slug}/exports/{made.pk}/evidence/",
            f"/api/v1/studies/{study.slug}/exports/{made.pk}/evidence/",
        ):
            answer = client.get(address)
            assert answer.status_code == status, address
            if status == 200:
                content = b"".join(answer)
                assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert "Evidence" in (page := _page(study))
    assert f"/exports/{made.pk}/evidence/" in page


def _page(study: Study) -> str:
    client = Client()
    client.force_login(person(study, "supervisor"))
    return client.get(f"/studies/{study.slug}/exports/").content.decode()


def test_an_export_that_cannot_have_its_evidence_is_not_kept(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(companions, "_add", full)
    made = exports.request(study=study, kind=FileKind.CSV, user=None)
    with pytest.raises(AssertionError, match="could not be written"):
        factories.do(made.job)
    assert not [path for path in storage.path_of("exports").rglob("*") if path.is_file()]


def test_the_command_writes_the_evidence_beside_the_file(study: Study, tmp_path: Path) -> None:
    out = tmp_path / "coded.csv"
    call_command("export_records", study.name, out=out)
    assert zipfile.ZipFile(tmp_path / "coded.csv.evidence.zip").testzip() is None

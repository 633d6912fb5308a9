"""A file goes in, coded data come out."""

import csv
from pathlib import Path

import pytest

from coding_app.choices import CannotCodeReason, FileKind, Outcome, RecordStatus, Route
from coding_app.models import Code, Event, QueueItem, Record, Suggestion
from coding_app.selectors.progress import progress
from coding_app.services import exports, review, storage
from tests import factories

pytestmark = pytest.mark.django_db


def test_every_kind_of_record_ends_where_the_paper_says(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    found = {
        one.external_id: (one.status, one.suggestion_set.outcome, one.suggestion_set.table, one.final_code)
        for one in Record.objects.filter(study=study).select_related("suggestion_set", "final_code")
        if one.suggestion_set
    }
    assert {key: (*value[:3], value[3] and value[3].code) for key, value in found.items()} == {
        "001": ("accepted", "coded", "general", "716"),
        "002": ("accepted", "coded", "general", "465"),
        "003": ("waiting", "tie", "general", None),
        "004": ("waiting", "no_match", "", None),
        "005": ("accepted", "coded", "homemaker", "900"),
        "006": ("accepted", "coded", "aircraft", "801"),
        "007": ("set_aside", "child", "", None),
        "008": ("set_aside", "unknown", "", None),
    }


def test_the_rates_count_set_aside_records_as_the_paper_does(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    seen = progress(study)
    assert seen.total == 8
    assert (seen.production.k, seen.production.n) == (4, 6)
    assert (seen.production_with_set_aside.k, seen.production_with_set_aside.n) == (6, 8)
    assert seen.tables == {"aircraft": 1, "general": 2, "homemaker": 1}
    assert seen.outcomes == {
        Outcome.CODED: 4,
        Outcome.TIE: 1,
        Outcome.NO_MATCH: 1,
        Outcome.CHILD: 1,
        Outcome.UNKNOWN: 1,
    }


def test_tied_codes_are_candidates_with_the_words_that_matched(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    found = Suggestion.objects.filter(suggestion_set__record__external_id="003").order_by("rank")
    assert [(one.code.code, one.priority) for one in found] == [("470", 2), ("510", 2), ("406", 1)]
    assert found[0].reason["phrases"] == ["HEATING CONTRACTOR"]


def test_coding_twice_with_the_same_dictionary_changes_nothing(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    before = list(Record.objects.values_list("pk", "version", "suggestion_set_id"))
    second = factories.code(study)
    assert list(Record.objects.values_list("pk", "version", "suggestion_set_id")) == before
    assert second.total == 0
    assert second.run.unchanged == 8


def test_a_new_dictionary_version_codes_again_what_no_person_decided(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    coder = study.members.get(username="coder")
    tie = factories.record(study, "003")
    code = Code.objects.get(classification=study.classification, code="510")
    review.decide(record=tie, user=coder, code=code, seen_version=tie.version)
    files = dict(factories.DICTIONARY)
    files["entries.csv"] += "ZOOKEEPER,982\n"
    from coding_app.services import dictionaries, studies

    newer = dictionaries.load(
        name="Words",
        classification=study.classification,
        folder=factories.write_dictionary(tmp_path / "newer", files),
    )
    assert newer.number == 2
    studies.use_dictionary(study=study, version=newer, user=coder)
    factories.code(study)
    zookeeper = factories.record(study, "004")
    assert (zookeeper.status, zookeeper.route) == (RecordStatus.ACCEPTED, Route.DICTIONARY)
    assert zookeeper.suggestion_set is not None
    assert zookeeper.suggestion_set.run.dictionary_version == newer
    assert factories.record(study, "003").final_code == code
    assert not QueueItem.objects.filter(state="open").exists()


def test_export_keeps_every_original_value_and_says_who_decided(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    rows = [*factories.ROWS[:4], ("  009 ", "=1+1", "line\nbreak", "")]
    factories.bring_in(study, factories.csv_bytes(rows))
    factories.code(study)
    coder = study.members.get(username="coder")
    tie, none = factories.record(study, "003"), factories.record(study, "004")
    plumber = Code.objects.get(classification=study.classification, code="510")
    review.decide(record=tie, user=coder, code=plumber, seen_version=tie.version)
    review.cannot_code(
        record=none, user=coder, reason=CannotCodeReason.VAGUE, seen_version=none.version, note="zoo?"
    )
    export = exports.request(study=study, kind=FileKind.CSV, user=coder)
    factories.do(export.job)
    export.refresh_from_db()
    with storage.path_of(export.stored_as).open(encoding="utf-8-sig", newline="") as stream:
        out = list(csv.DictReader(stream))
    assert [tuple(row[name] for name in factories.COLUMNS) for row in out[:4]] == list(rows[:4])
    assert out[4]["id"] == "  009 "
    assert out[4]["occupation"] == "'=1+1"
    assert out[4]["industry"] == "line\nbreak"
    assert out[2]["tiebreak_final_code"] == "510"
    assert out[2]["tiebreak_route"] == "person"
    assert out[2]["tiebreak_decided_by"] == "person-01"
    assert out[2]["tiebreak_decided_at"]
    assert out[0]["tiebreak_route"] == "dictionary"
    assert out[0]["tiebreak_dictionary_version"] == "Words v1"
    assert out[3]["tiebreak_status"] == "cannot_code"
    assert (out[3]["tiebreak_reason"], out[3]["tiebreak_note"]) == ("vague", "zoo?")
    assert export.rows == 5


def test_every_change_of_a_record_has_its_event(tmp_path: Path) -> None:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    factories.code(study)
    coder = study.members.get(username="coder")
    tie = factories.record(study, "003")
    plumber = Code.objects.get(classification=study.classification, code="510")
    review.decide(record=tie, user=coder, code=plumber, seen_version=tie.version)
    review.undo(study=study, user=coder)
    told = [(one.verb, one.before, one.after) for one in Event.objects.filter(record=tie)]
    assert told == [
        ("record_imported", "", "imported"),
        ("record_coded", "imported", "waiting"),
        ("record_decided", "waiting", "decided"),
        ("decision_undone", "decided", "waiting"),
    ]

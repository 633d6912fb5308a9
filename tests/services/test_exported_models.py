"""The export says of each record which rule took it, which versions coded it, and its five first codes."""

import csv
import io
import json
from pathlib import Path

import pytest

from coding_app.choices import AcceptBy, FileKind
from coding_app.models import Export, Record, Study
from coding_app.routing import Settings
from coding_app.selectors import coded_rows
from coding_app.services import exports, storage
from tests import factories, routed, scored

pytestmark = pytest.mark.django_db

OLD = (
    "status", "final_code", "final_title", "classification", "route", "dictionary_version", "outcome",
    "table", "priority", "decided_by_rule", "candidates", "standardised_text", "decided_by", "decided_at",
    "reason", "note",
)  # fmt: skip


def exported(study: Study) -> dict[str, dict[str, str]]:
    """Rows of a CSV export by record id, their own columns without the prefix."""
    made = exports.request(study=study, kind=FileKind.CSV, user=None)
    factories.do(made.job)
    text = storage.path_of(Export.objects.get(pk=made.pk).stored_as).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    return {row["id"]: {name.removeprefix("tiebreak_"): cell for name, cell in row.items()} for row in rows}


def test_old_columns_come_first_and_mean_what_they_meant(tmp_path: Path) -> None:
    study = routed.coded_study(tmp_path)
    assert coded_rows.OWN[: len(OLD)] == OLD
    row = exported(study)["003"]
    assert (row["outcome"], row["priority"], row["decided_by_rule"]) == ("tie", "2", "")
    assert [one["code"] for one in json.loads(row["candidates"])][:2] == ["470", "510"]
    assert "probability" not in json.loads(row["candidates"])[0]


def test_a_record_coded_by_the_dictionary_has_codes_without_probabilities(tmp_path: Path) -> None:
    row = exported(routed.coded_study(tmp_path))["001"]
    assert (row["rule"], row["routing"], row["threshold"]) == ("dictionary", "", "")
    assert (row["model_version"], row["model_fallback"]) == ("", "")
    assert (row["code_1"], row["prob_1"], row["code_5"], row["prob_5"]) == ("716", "", "", "")


def test_a_record_coded_with_a_model_has_its_versions_and_its_five_codes(tmp_path: Path) -> None:
    study = routed.scored_study(tmp_path)
    routed.save(study, Settings(accept_by=AcceptBy.PROBABILITY, threshold=0.75))
    rows = exported(study)
    row = rows["002"]
    assert (row["route"], row["rule"], row["routing"]) == ("dictionary", "threshold", "1")
    assert (row["threshold"], row["model_version"], row["model_fallback"]) == ("0.75", "1", "")
    assert (row["code_1"], row["prob_1"], row["code_2"], row["prob_2"]) == (
        "982", "0.850000", "465", "0.100000",
    )  # fmt: skip
    assert json.loads(row["candidates"])[0]["probability"] == 0.85
    assert row["code_3"] == ""
    assert rows["003"]["rule"] == "below"
    assert rows["007"]["rule"] == ""


def test_a_routing_without_a_threshold_has_none(tmp_path: Path) -> None:
    study = routed.scored_study(tmp_path)
    routed.save(study, routed.NOBODY)
    row = exported(study)["001"]
    assert (row["rule"], row["routing"], row["threshold"]) == ("everything", "1", "")


def test_a_run_that_fell_back_says_what_coded_instead(tmp_path: Path) -> None:
    study = routed.coded_study(tmp_path)
    scored.score(study, {"001": scored.Answer({"715": 0.9})}, fallback="baseline", fallback_reason="broken")
    assert exported(study)["001"]["model_fallback"] == "baseline"


def test_a_run_that_begins_while_the_export_is_written_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coded_rows, "CHUNK", 1)
    study = routed.coded_study(tmp_path)
    rows = coded_rows.rows(study, coded_rows.header(study))
    next(rows)
    scored.score(study, {"002": scored.Answer({"465": 0.9})})
    assert len(list(rows)) == Record.objects.count() - 1

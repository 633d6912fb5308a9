"""Codes in doubt, sorted by a supervisor."""

from __future__ import annotations

from pathlib import Path

import pytest

from coding_app.choices import JobKind, LabelVerdict
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Event, LabelSuspect, Study, Training
from coding_app.selectors import labels as selected
from coding_app.services import jobs, labels
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    return study


def doubt(study: Study, key: str, code: str = "715", quality: float = 0.2) -> LabelSuspect:
    """A code in doubt, not saved."""
    training = Training.objects.filter(study=study).first() or Training.objects.create(
        study=study,
        job=jobs.create(study=study, kind=JobKind.TRAIN, user=None),
        labels="reference",
        template="{occupation}",
    )
    codes = Code.objects.filter(classification=study.classification)
    return LabelSuspect(
        study=study,
        training=training,
        record=factories.record(study, key),
        code=codes.get(code=code),
        suggested=codes.get(code="716"),
        quality=quality,
    )


def test_a_verdict_is_kept_with_its_reviewer_and_is_in_the_journal(study: Study) -> None:
    labels.replace_suspects(study=study, found=[doubt(study, "001")])
    supervisor = study.members.get(username="supervisor")
    suspect = selected.suspects(study, verdict="").get()
    found = labels.review(
        suspect=suspect, user=supervisor, verdict=LabelVerdict.DATA_ERROR, note=" fuel oil "
    )
    assert (found.verdict, found.note, found.reviewed_by) == ("data_error", "fuel oil", supervisor)
    assert found.reviewed_at is not None
    event = Event.objects.get(verb="label_reviewed")
    assert (event.record, event.actor, event.before, event.after) == (
        suspect.record,
        supervisor,
        "",
        "data_error",
    )
    assert event.data == {"code": "715", "suggested": "716", "note": "fuel oil"}
    back = labels.review(suspect=found, user=supervisor, verdict="", seen_verdict="data_error")
    assert (back.verdict, back.reviewed_by, back.reviewed_at) == ("", None, None)


def test_the_second_of_two_reviewers_is_told(study: Study) -> None:
    labels.replace_suspects(study=study, found=[doubt(study, "001")])
    suspect = LabelSuspect.objects.get()
    supervisor, manager = (study.members.get(username=name) for name in ("supervisor", "manager"))
    labels.review(suspect=suspect, user=supervisor, verdict="data_error")
    with pytest.raises(Conflict, match="since you looked"):
        labels.review(suspect=suspect, user=manager, verdict="model_error")
    assert LabelSuspect.objects.get().verdict == "data_error"
    assert Event.objects.filter(verb="label_reviewed").count() == 1
    labels.review(suspect=suspect, user=manager, verdict="model_error", seen_verdict="data_error")
    assert LabelSuspect.objects.get().reviewed_by == manager


@pytest.mark.parametrize(
    ("verdict", "note"), [("wrong", ""), ("data_error", "x" * 2001), ("data_error", "\0")]
)
def test_what_is_no_verdict_or_note_is_refused(study: Study, verdict: str, note: str) -> None:
    labels.replace_suspects(study=study, found=[doubt(study, "001")])
    supervisor = study.members.get(username="supervisor")
    with pytest.raises(InvalidInput):
        labels.review(suspect=LabelSuspect.objects.get(), user=supervisor, verdict=verdict, note=note)
    assert not Event.objects.filter(verb="label_reviewed").exists()


def test_a_training_replaces_what_nobody_reviewed_and_asks_nothing_twice(study: Study) -> None:
    supervisor = study.members.get(username="supervisor")
    first = [doubt(study, "001", quality=0.3), doubt(study, "002", quality=0.1), doubt(study, "003")]
    labels.replace_suspects(study=study, found=first)
    assert [one.record.external_id for one in selected.suspects(study)] == ["002", "003", "001"]
    for key in ("001", "002"):
        suspect = LabelSuspect.objects.get(record__external_id=key)
        labels.review(suspect=suspect, user=supervisor, verdict="data_error")
    fresh = [doubt(study, "001"), doubt(study, "002", code="411"), doubt(study, "004")]
    labels.replace_suspects(study=study, found=fresh)
    assert {(one.record.external_id, one.code.code, one.verdict) for one in selected.suspects(study)} == {
        ("001", "715", "data_error"),
        ("002", "411", ""),  # the record has another code by now
        ("004", "715", ""),
    }

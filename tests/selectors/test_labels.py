"""Which codes of a study count as right."""

from __future__ import annotations

from pathlib import Path

import pytest

from coding_app.choices import JobKind, LabelSource, LabelVerdict
from coding_app.models import Code, LabelSuspect, Record, Study, Training
from coding_app.selectors import labels
from coding_app.services import jobs, review
from tests import factories

pytestmark = pytest.mark.django_db

COLUMNS = ("id", "occupation", "reference")
ROWS = (
    ("1", "zookeeper", "715"),
    ("2", "zookeeper", " 510 "),
    ("3", "zookeeper", "21"),  # a group
    ("4", "zookeeper", "999"),
    ("5", "zookeeper", ""),
    ("6", "truck driver", ""),  # accepted by machine
)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Six records, coded by machine; a person decided the first and the fifth."""
    study = factories.make_study(tmp_path)
    Code.objects.filter(code="21").update(codable=False)
    factories.bring_in(study, factories.csv_bytes(ROWS, COLUMNS))
    factories.code(study)
    coder = study.members.get(username="coder")
    for key, code in (("1", "411"), ("5", "465")):
        record = factories.record(study, key)
        review.decide(record=record, user=coder, code=code_of(study, code), seen_version=record.version)
    return study


def code_of(study: Study, code: str) -> Code:
    return Code.objects.get(classification=study.classification, code=code)


def told(study: Study, source: LabelSource) -> dict[str, str]:
    return {record.external_id: record.label for record in labels.labelled(study, source)}


def doubt(study: Study, record: Record, code: str) -> LabelSuspect:
    training = Training.objects.create(
        study=study,
        job=jobs.create(study=study, kind=JobKind.EXPORT, user=None),
        labels="reference",
        template="{a}",
    )
    return LabelSuspect.objects.create(
        study=study,
        training=training,
        record=record,
        code=code_of(study, code),
        suggested=code_of(study, "982"),
        quality=0.1,
    )


def test_labels_are_what_people_decided_or_what_was_known_beforehand(study: Study) -> None:
    assert factories.record(study, "6").status == "accepted"
    assert told(study, LabelSource.DECISIONS) == {"1": "411", "5": "465"}
    assert told(study, LabelSource.REFERENCE) == {"1": "715", "2": "510"}
    assert told(study, LabelSource.BOTH) == {"1": "411", "2": "510", "5": "465"}
    with pytest.raises(ValueError, match="file"):
        labels.labelled(study, LabelSource.FILE)


def test_what_is_left_out_is_counted(study: Study) -> None:
    assert labels.counts(study, LabelSource.BOTH) == labels.LabelCounts(3, 3, unknown=2, data_errors=0)
    suspect = doubt(study, factories.record(study, "2"), "510")
    LabelSuspect.objects.update(verdict=LabelVerdict.DATA_ERROR, reviewed_at=study.created_at)
    assert labels.counts(study, LabelSource.BOTH) == labels.LabelCounts(2, 2, unknown=2, data_errors=1)
    assert told(study, LabelSource.REFERENCE) == {"1": "715"}
    LabelSuspect.objects.filter(pk=suspect.pk).update(verdict=LabelVerdict.MODEL_ERROR)
    assert told(study, LabelSource.REFERENCE) == {"1": "715", "2": "510"}


def test_a_code_that_was_put_right_since_counts_again(study: Study) -> None:
    doubt(study, factories.record(study, "1"), "715")
    LabelSuspect.objects.update(verdict=LabelVerdict.DATA_ERROR, reviewed_at=study.created_at)
    assert "1" not in told(study, LabelSource.REFERENCE)
    assert told(study, LabelSource.DECISIONS)["1"] == "411"

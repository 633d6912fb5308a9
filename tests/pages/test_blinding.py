"""What a coder may not see is left out by the selectors, whatever page asks."""

from pathlib import Path

import pytest
from django.test import Client

from coding_app.models import Study
from coding_app.services import review
from tests import factories

SECRET = "982-secret"


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    """Two files with the same columns; the known code is mapped in the first alone."""
    study = factories.make_study(tmp_path)
    header = ("id", "occupation", "industry", "age", "reference")
    factories.bring_in(study, factories.csv_bytes([("1", "zookeeper", "", "30", SECRET)], header))
    renamed = ("id", "occupation", "place", "reference", "industry", "age")
    received = factories.upload(
        study, factories.csv_bytes([("2", "lion tamer", "circus", SECRET, "", "31")], renamed)
    )
    from coding_app.services import ingest

    columns = ingest.Columns(id=0, occupation=1)
    factories.do(ingest.start(upload=received, columns=columns, user=None, then_code=False))
    factories.code(study)
    return study


def test_a_known_code_is_hidden_from_coders_also_where_it_was_not_mapped(study: Study) -> None:
    coder, supervisor = Client(), Client()
    coder.force_login(study.members.get(username="coder"))
    supervisor.force_login(study.members.get(username="supervisor"))
    for external_id in ("1", "2"):
        record = factories.record(study, external_id)
        review.open_record(record=record, user=study.members.get(username="coder"))
        for address in (
            f"/studies/{study.slug}/queue/",
            f"/studies/{study.slug}/records/{record.pk}/",
            f"/api/v1/studies/{study.slug}/records/{record.pk}/",
        ):
            seen = coder.get(address)
            assert seen.status_code == 200
            assert SECRET not in seen.content.decode(), address
    page = supervisor.get(f"/studies/{study.slug}/records/{factories.record(study, '2').pk}/")
    assert SECRET in page.content.decode()

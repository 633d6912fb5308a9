"""A promotion codes nothing anew by itself: the page says so, and a button does it."""

from pathlib import Path

import pytest
from django.test import Client

from coding_app.models import Study
from coding_app.selectors import models as selected
from tests import factories
from tests.scored import make_model

pytestmark = pytest.mark.django_db
SAID = "records were coded without model 1, the current one"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = factories.make_study(tmp_path)
    factories.bring_in(study)
    return study


def page(client: Client, study: Study) -> str:
    client.login(username="manager", password="secret")
    return client.get(f"/studies/{study.slug}/models/").content.decode()


def test_records_coded_without_the_current_model_are_counted_and_can_be_coded_again(
    client: Client, study: Study
) -> None:
    factories.code(study)
    assert selected.coded_before(study) == 0
    make_model(study)
    assert selected.coded_before(study) == 6, "without those that are set aside"
    found = page(client, study)
    assert f"6 {SAID}" in found
    assert f'action="/studies/{study.slug}/code/"' in found


def test_nothing_is_said_of_records_that_were_never_coded(client: Client, study: Study) -> None:
    make_model(study)
    assert SAID not in page(client, study)

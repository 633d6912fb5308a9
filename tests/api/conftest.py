"""A study with records of every kind, and a client for each of its members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from rest_framework.test import APIClient

from coding_app.models import Study
from tests import factories

REFERENCE_HEADER = (*factories.COLUMNS, "reference", "note")
REFERENCE_ROWS = tuple(
    (*row, code, "seen") for row, code in zip(factories.ROWS, ["716", "716", *["SECRET"] * 6], strict=True)
)


@pytest.fixture(autouse=True)
def media(tmp_path: Path) -> Iterator[Path]:
    """Uploads and exports of a test go with it."""
    folder = tmp_path / "media"
    with override_settings(MEDIA_ROOT=folder):
        yield folder


@pytest.fixture
def study(db: None, tmp_path: Path) -> Study:
    """Eight records, coded: four by machine, two in the queue, two set aside; with codes known beforehand."""
    made = factories.make_study(tmp_path)
    factories.bring_in(made, factories.csv_bytes(REFERENCE_ROWS, REFERENCE_HEADER))
    factories.code(made)
    return made


Login = Callable[[str], APIClient]


@pytest.fixture
def login(db: None) -> Login:
    """A client that is signed in as the user of this name, who is made when there is none."""

    def signed_in(name: str) -> APIClient:
        client = APIClient()
        user = User.objects.filter(username=name).first() or factories.make_user(name)
        client.force_authenticate(user)
        return client

    return signed_in


@pytest.fixture
def manager(study: Study, login: Login) -> APIClient:
    """The study's manager."""
    return login("manager")


@pytest.fixture
def supervisor(study: Study, login: Login) -> APIClient:
    """The study's supervisor."""
    return login("supervisor")


@pytest.fixture
def coder(study: Study, login: Login) -> APIClient:
    """The study's coder."""
    return login("coder")


@pytest.fixture
def stranger(study: Study, login: Login) -> APIClient:
    """Somebody who is a member of no study."""
    return login("stranger")

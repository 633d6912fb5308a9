"""A study with coded records, and a browser for each of its members."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from coding_app.models import Study
from tests import factories

ROWS = (
    ("001", "truck driver", "fuel oil", "40", "716"),
    ("002", "MACHINIST", "construction", "51", "465"),
    ("003", "contractor", "plumbing & heating", "33", ""),
    ("004", "zookeeper", "", "28", "411"),
    ("005", "housewife", "own home", "60", "900"),
    ("006", "riveter", "aircraft", "45", "295"),
    ("007", "child", "", "7", ""),
    ("008", "UNKNOWN", "N/A", "70", ""),
    ("009", "driver", "", "35", "411"),
)
HEADER = ("id", "occupation", "industry", "age", "reference")


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    """Uploads and exports of a test lie in its own folder."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def empty_study(db: None, tmp_path: Path) -> Study:
    """A study without records; its members are called after their roles."""
    return factories.make_study(tmp_path)


@pytest.fixture
def coded_study(empty_study: Study) -> Study:
    """A study whose records are imported and coded: every outcome is there."""
    factories.bring_in(empty_study, factories.csv_bytes(ROWS, HEADER))
    factories.code(empty_study)
    return empty_study


@pytest.fixture
def sign_in() -> Callable[[str], Client]:
    """The browser of a user, made where there is none of this name."""

    def browser(name: str) -> Client:
        client = Client()
        user = User.objects.filter(username=name).first() or factories.make_user(name)
        client.force_login(user)
        return client

    return browser

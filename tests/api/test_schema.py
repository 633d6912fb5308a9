"""The API describes itself, without a warning and without the network."""

import io
import re

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from coding_app.api import urls


def test_the_schema_is_valid_and_made_without_a_warning() -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    described = yaml.safe_load(out.getvalue())
    assert len([one for one in described["paths"] if "/studies/{slug}/" in one]) == len(urls.study)
    for path in described["paths"].values():
        for operation in path.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


@pytest.mark.django_db
def test_the_page_of_the_schema_loads_nothing_from_elsewhere() -> None:
    page = Client().get("/api/v1/docs/").content.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    assert [one for one in loaded if not one.startswith("/static/")] == []
    assert Client().get("/api/v1/schema/").status_code == 200


@pytest.mark.django_db
def test_the_root_of_the_api_leads_to_its_page() -> None:
    assert Client().get("/api/v1/")["Location"] == "/api/v1/docs/"

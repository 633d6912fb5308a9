"""Events are append-only in PostgreSQL itself, not only in the models."""

from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from coding_app.models import Event
from tests import factories


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["UPDATE coding_app_event SET verb = 'x'", "DELETE FROM coding_app_event"]
)
def test_postgresql_refuses_to_rewrite_the_journal(tmp_path: Path, statement: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite: the trigger is PostgreSQL's")
    factories.make_study(tmp_path)
    before = list(Event.objects.values())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert before
    assert list(Event.objects.values()) == before

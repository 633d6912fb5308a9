"""PostgreSQL itself refuses to change or delete events. (SQLite has no users to keep out: there the model does.)"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CREATE = """
CREATE FUNCTION coding_app_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP;
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON coding_app_event
    FOR EACH STATEMENT EXECUTE FUNCTION coding_app_event_append_only();
"""
DROP = """
DROP TRIGGER event_append_only ON coding_app_event;
DROP FUNCTION coding_app_event_append_only();
"""


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE, params=None)  # a percent sign is one


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP, params=None)


class Migration(migrations.Migration):
    dependencies = [("coding_app", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]

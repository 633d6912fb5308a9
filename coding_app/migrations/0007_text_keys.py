"""Give records imported earlier the key of their text, and their places in the queue what orders them."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from coding_app.text_keys import text_key

CHUNK = 2000


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    records = apps.get_model("coding_app", "Record").objects
    places = apps.get_model("coding_app", "QueueItem").objects
    after = 0
    while True:
        chunk = list(records.filter(pk__gt=after).only("occupation", "industry").order_by("pk")[:CHUNK])
        if not chunk:
            break
        for record in chunk:
            record.text_key = text_key(record.occupation, record.industry)
        records.bulk_update(chunk, ["text_key"], batch_size=500)
        after = chunk[-1].pk
    waiting = records.filter(pk=OuterRef("record_id"))
    unsure = waiting.annotate(unsure=Value(1.0) - F("suggestion_set__probability")).values("unsure")
    places.filter(state="open").update(uncertainty=Coalesce(Subquery(unsure), Value(1.0)))


class Migration(migrations.Migration):
    dependencies = [("coding_app", "0006_workbench")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

"""Say by which rule records coded before there was a routing were accepted, or sent to a person."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import OuterRef, Subquery

RULES = (
    # Status, outcomes, whether anything was suggested, rule.
    ("accepted", ["coded"], True, "dictionary"),
    ("waiting", ["tie", "no_match"], True, "not_coded"),
    ("waiting", ["tie", "no_match"], False, "no_code"),
)


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    sets = apps.get_model("coding_app", "SuggestionSet").objects
    records = apps.get_model("coding_app", "Record").objects
    suggestions = apps.get_model("coding_app", "Suggestion").objects
    first = suggestions.filter(suggestion_set=OuterRef("pk"), rank=1).values("code")
    sets.filter(best=None, suggestions__rank=1).update(best=Subquery(first))
    for status, outcomes, suggested, rule in RULES:
        coded = sets.filter(outcome__in=outcomes, best__isnull=not suggested)
        records.filter(status=status, rule="", suggestion_set__in=coded.values("pk")).update(rule=rule)


def clear(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Back to what the earlier version knows; filling it in again gives the same."""
    records = apps.get_model("coding_app", "Record").objects
    records.filter(routing=None, rule__in=[rule for *_, rule in RULES]).update(rule="")
    sets = apps.get_model("coding_app", "SuggestionSet").objects
    sets.filter(probability=None).exclude(best=None).update(best=None)


class Migration(migrations.Migration):
    dependencies = [("coding_app", "0003_classifier")]

    operations = [migrations.RunPython(fill, clear)]

"""Records coded before there was a routing get the rule that put them where they are."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from coding_app.models import Record, SuggestionSet
from coding_app.routing import Settings
from coding_app.selectors import routing_preview
from tests import factories, routed

pytestmark = pytest.mark.django_db

migration: Any = import_module("coding_app.migrations.0004_rules_of_coded_records")


def rules() -> dict[str, str]:
    return dict(Record.objects.values_list("external_id", "rule"))


def bests() -> set[tuple[str, str | None]]:
    return set(SuggestionSet.objects.values_list("record__external_id", "best__code"))


def test_old_records_get_the_rules_that_new_ones_have_and_lose_them_on_the_way_back(tmp_path: Path) -> None:
    study = routed.coded_study(tmp_path)
    new_rules, new_bests = rules(), bests()
    migration.clear(apps, connection.schema_editor())
    assert set(rules().values()) == {""}
    assert {best for _, best in bests()} == {None}
    migration.fill(apps, connection.schema_editor())
    assert rules() == new_rules
    assert bests() == new_bests
    told = routing_preview.preview(study, Settings())
    assert (told.to_accepted, told.to_waiting, told.other_code) == (0, 0, 0)
    assert all(line.now == line.then for line in told.lines)


def test_what_a_saved_routing_said_is_left_alone(tmp_path: Path) -> None:
    study = routed.scored_study(tmp_path)
    routed.save(study, routed.BY_PROBABILITY)
    before, scored = rules(), SuggestionSet.objects.exclude(probability=None)
    migration.clear(apps, connection.schema_editor())
    assert rules() == before
    assert scored.exists()
    assert not scored.filter(best=None).exists()
    migration.fill(apps, connection.schema_editor())
    assert rules() == before
    assert factories.record(study, "001").rule == "threshold"

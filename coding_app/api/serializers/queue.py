"""The queue as a coder sees it."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from coding_app.api.serializers.records import ColumnSerializer, SuggestionSerializer
from coding_app.models import QueueItem
from coding_app.selectors.queue import QueueCounts, open_record


class CountsSerializer(serializers.Serializer[QueueCounts]):
    """What is left."""

    open = serializers.IntegerField(help_text="records to be decided")
    elsewhere = serializers.IntegerField(help_text="of these, before other coders now")
    decided_by_me = serializers.IntegerField()


class HeldSerializer(serializers.Serializer[dict[str, bool]]):
    """Whether one still holds a record."""

    held = serializers.BooleanField()


class OpenRecordSerializer(serializers.Serializer[dict[str, Any]]):
    """A record before a coder, with candidates and their reasons. The code known beforehand is left out."""

    record = serializers.IntegerField(help_text="its key")
    version = serializers.IntegerField(help_text="to be sent back with the decision as seen_version")
    external_id = serializers.CharField()
    occupation = serializers.CharField()
    industry = serializers.CharField()
    age = serializers.FloatField(allow_null=True)
    standardised = serializers.CharField(help_text="the words the dictionary coder saw")
    columns = ColumnSerializer(many=True, help_text="the other columns")
    outcome = serializers.CharField(allow_null=True)
    candidates = SuggestionSerializer(many=True)
    opened_at = serializers.DateTimeField()
    leased_until = serializers.DateTimeField(allow_null=True, help_text="until then nobody else gets it")

    @classmethod
    def of(cls, item: QueueItem, opened_at: datetime) -> "OpenRecordSerializer":
        """What a coder is shown of a place in the queue that they hold."""
        seen = open_record(item)
        record = seen.record
        return cls(
            {
                "record": record.pk,
                "version": record.version,
                "external_id": record.external_id,
                "occupation": record.occupation,
                "industry": record.industry,
                "age": record.age,
                "standardised": record.standardised,
                "columns": [{"column": name, "value": value} for name, value in seen.others],
                "outcome": record.suggestion_set.outcome if record.suggestion_set else None,
                "candidates": seen.suggestions,
                "opened_at": opened_at,
                "leased_until": item.leased_until,
            }
        )

"""The queue as a coder sees it."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from coding_app.api.serializers.inputs import Input
from coding_app.api.serializers.records import ColumnSerializer, SuggestionSerializer
from coding_app.choices import QueueOrder, SuggestionSource
from coding_app.models import QueueItem
from coding_app.selectors.queue import QueueCounts, open_record
from coding_app.selectors.queue_filter import QueueFilter


class CountsSerializer(serializers.Serializer[QueueCounts]):
    """What is left."""

    open = serializers.IntegerField(help_text="records to be decided, counted up to 1,000")
    open_is_more = serializers.BooleanField(help_text="whether there are more than were counted")
    elsewhere = serializers.IntegerField(help_text="of these, before other coders now")
    decided_by_me = serializers.IntegerField(help_text="counted up to 1,000")
    decided_is_more = serializers.BooleanField(help_text="whether there are more than were counted")


class NextInput(Input):
    """What the study's own queue is narrowed to, and its order; nothing of it for blinded coders."""

    order = serializers.ChoiceField(QueueOrder.choices, required=False)
    by = serializers.ChoiceField(
        SuggestionSource.choices, required=False, help_text="what made the first suggestion"
    )
    candidate = serializers.CharField(
        required=False, max_length=30, help_text="a code among the candidates, or one above it"
    )
    column = serializers.CharField(required=False, max_length=200, help_text="an original column")
    value = serializers.CharField(required=False, max_length=200, help_text="its cell; case does not matter")
    inside = serializers.BooleanField(required=False, help_text="whether the cell only has to have it in it")

    def wanted(self) -> QueueFilter:
        """The filter."""
        given = self.validated_data
        inside = "1" if given.get("inside") else ""
        return QueueFilter.of({**{name: str(value) for name, value in given.items()}, "inside": inside})


class HeldSerializer(serializers.Serializer[dict[str, bool]]):
    """Whether one still holds a record."""

    held = serializers.BooleanField()


class OpenRecordSerializer(serializers.Serializer[dict[str, Any]]):
    """A record before a coder, with candidates and their reasons. The code known beforehand is left out."""

    record = serializers.IntegerField(help_text="its key")
    place = serializers.IntegerField(help_text="key of its place, to be sent back with the decision")
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
                "place": item.pk,
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

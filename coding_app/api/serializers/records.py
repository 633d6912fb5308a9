"""Records, what the machine said of them, and their history."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from coding_app import permissions
from coding_app.api.serializers.catalogue import CodeBriefSerializer
from coding_app.api.serializers.decisions import DecisionSerializer
from coding_app.choices import RecordStatus, Rule
from coding_app.models import Event, Record, Suggestion, SuggestionSet
from coding_app.selectors.columns import original_columns
from coding_app.selectors.records import history_for

_RULES = frozenset({"rule", "routing"})
"""What an event's data say of the routing."""


class ColumnSerializer(serializers.Serializer[dict[str, str]]):
    """A cell of the original row. Names may repeat: the order is that of the file."""

    column = serializers.CharField()
    value = serializers.CharField()


class ReasonSerializer(serializers.Serializer[dict[str, Any]]):
    """Why a code is suggested."""

    phrases = serializers.ListField(child=serializers.CharField(), help_text="words that matched")
    guesses = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2),
        help_text="as written, and the spelling that was guessed",
    )
    occupation_only = serializers.BooleanField(help_text="whether the occupation words alone match")


class SuggestionSerializer(serializers.ModelSerializer[Suggestion]):
    """A candidate code."""

    code = serializers.CharField(source="code.code", read_only=True)
    title = serializers.CharField(source="code.local_title", read_only=True)
    parent = CodeBriefSerializer(source="code.parent", read_only=True, allow_null=True)
    reason = ReasonSerializer(read_only=True)

    class Meta:
        model = Suggestion
        fields = ["id", "rank", "code", "title", "parent", "source", "priority", "probability", "reason"]
        read_only_fields = fields


class MatchSerializer(serializers.Serializer[dict[str, Any]]):
    """A phrase of the dictionary that matches the record."""

    phrase = serializers.CharField()
    code = serializers.CharField()
    priority = serializers.IntegerField()
    scope = serializers.ChoiceField([("both", "both"), ("occupation", "occupation")])
    table = serializers.CharField()


class SuggestionSetSerializer(serializers.ModelSerializer[SuggestionSet]):
    """The machine's answer: the dictionary coder's with its whole trace, the model's, and both together.

    ``best`` is the first suggestion's code, ``probability`` its own and ``margin`` how far it is ahead of the
    second; ``model_code`` is the model's own first code; ``learnt`` says whether the model learnt from a
    record with this text.
    """

    code = CodeBriefSerializer(read_only=True, allow_null=True)
    rule = serializers.CharField(
        source="decided_by", read_only=True, help_text="which rule settled it, or empty"
    )
    dictionary_version = serializers.CharField(
        source="run.dictionary_version", read_only=True, allow_null=True, help_text="its name"
    )
    model_version = serializers.IntegerField(
        source="run.model_version.number",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="its number",
    )
    fallback = serializers.CharField(
        source="run.fallback", read_only=True, help_text="what coded in the model's place, or empty"
    )
    best = CodeBriefSerializer(read_only=True, allow_null=True)
    model_code = CodeBriefSerializer(read_only=True, allow_null=True)
    suggestions = SuggestionSerializer(many=True, read_only=True)
    trace = MatchSerializer(many=True, read_only=True)

    class Meta:
        model = SuggestionSet
        fields = [
            "run", "dictionary_version", "model_version", "fallback", "outcome", "code", "table", "priority",
            "rule", "best", "probability", "margin", "model_code", "learnt", "suggestions", "trace",
        ]  # fmt: skip
        read_only_fields = fields


class EventSerializer(serializers.ModelSerializer[Event]):
    """A change of state. No ``actor``: the machine. ``gesture`` groups what one action changed."""

    actor = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    data = serializers.DictField(read_only=True)  # type: ignore[assignment]  # a declared field

    class Meta:
        model = Event
        fields = ["at", "actor", "verb", "before", "after", "gesture", "data"]
        read_only_fields = fields


class RecordSerializer(serializers.ModelSerializer[Record]):
    """A record. ``reference_code``, known beforehand from the file, is left out for coders.

    ``rule`` is which rule of the routing took it, ``routing`` the number of the version that has the rule. To
    coders a record that waits for the audit has neither.
    """

    outcome = serializers.CharField(
        source="suggestion_set.outcome", read_only=True, allow_null=True, default=None
    )
    table = serializers.CharField(
        source="suggestion_set.table", read_only=True, allow_null=True, default=None
    )
    probability = serializers.FloatField(
        source="suggestion_set.probability", read_only=True, allow_null=True, default=None
    )
    routing = serializers.IntegerField(
        source="routing.number",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="number of the version",
    )
    final_code = CodeBriefSerializer(read_only=True, allow_null=True)
    decided_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    reference_code = serializers.CharField(read_only=True, required=False)

    class Meta:
        model = Record
        fields = [
            "id", "external_id", "source", "line", "occupation", "industry", "age", "status", "version",
            "outcome", "table", "probability", "rule", "routing", "final_code", "route", "decided_by",
            "decided_at", "reference_code",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Record) -> dict[str, Any]:
        """The record, less what the reader's role may not know."""
        shown = super().to_representation(instance)
        if not permissions.allows(self.context["role"], permissions.SUPERVISE):
            del shown["reference_code"]
            if instance.rule == Rule.AUDIT and instance.status == RecordStatus.WAITING:
                shown |= {"rule": "", "routing": None}
        return shown


class RecordDetailSerializer(RecordSerializer):
    """A record with its original row, suggestions, decisions and history."""

    columns = serializers.SerializerMethodField()
    suggestion_set = SuggestionSetSerializer(read_only=True, allow_null=True)
    decisions = DecisionSerializer(many=True, read_only=True)
    history = serializers.SerializerMethodField()

    class Meta(RecordSerializer.Meta):
        fields = [
            *RecordSerializer.Meta.fields, "standardised", "columns", "suggestion_set", "decisions",
            "history",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ColumnSerializer(many=True))
    def get_columns(self, record: Record) -> list[dict[str, str]]:
        """The original row; to coders without the column of the code known beforehand."""
        supervises = permissions.allows(self.context["role"], permissions.SUPERVISE)
        shown = original_columns(record, with_reference=supervises)
        return [{"column": name, "value": value} for _at, name, value in shown]

    @extend_schema_field(EventSerializer(many=True))
    def get_history(self, record: Record) -> list[dict[str, Any]]:
        """Everything that happened to the record, oldest first; to coders without the routing's rules."""
        reader = self.context["request"].user
        found = [dict(EventSerializer().to_representation(event)) for event in history_for(record, reader)]
        if not permissions.allows(self.context["role"], permissions.SUPERVISE):
            for event in found:
                event["data"] = {name: value for name, value in event["data"].items() if name not in _RULES}
        return found

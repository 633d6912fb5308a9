"""Disputed records before an adjudicator. Nobody's name is in any of it, nor whose code is whose."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from coding_app.api.serializers.catalogue import CodeSerializer
from coding_app.api.serializers.inputs import Input
from coding_app.api.serializers.records import ColumnSerializer
from coding_app.choices import CannotCodeReason
from coding_app.models import Adjudication
from coding_app.selectors.adjudication import AdjudicationCounts, Disputed

MAX_TEXT = 2000
LETTERS = [("A", "A"), ("B", "B"), ("C", "C")]


class AdjudicationCountsSerializer(serializers.Serializer[AdjudicationCounts]):
    """What is left for the user who asks."""

    open = serializers.IntegerField(help_text="disputed records that they may settle")
    elsewhere = serializers.IntegerField(help_text="of these, before other adjudicators now")
    settled_by_me = serializers.IntegerField()


class OptionSerializer(serializers.Serializer[Any]):
    """A code it was given; without one, why it cannot be coded."""

    choice = serializers.CharField(source="label", help_text="a letter, in random order")
    code = CodeSerializer(allow_null=True)
    cannot_reason = serializers.CharField()


class DisputedSerializer(serializers.Serializer[dict[str, Any]]):
    """A disputed record: its literals, and the codes it was given."""

    id = serializers.IntegerField(help_text="of the adjudication")
    external_id = serializers.CharField()
    literals = ColumnSerializer(many=True)
    options = OptionSerializer(many=True)
    may_send_back = serializers.BooleanField()
    opened_at = serializers.DateTimeField()
    leased_until = serializers.DateTimeField(allow_null=True, help_text="until then nobody else gets it")

    @classmethod
    def of(cls, disputed: Disputed, opened_at: datetime, context: dict[str, Any]) -> "DisputedSerializer":
        """What an adjudicator is shown."""
        return cls(
            {
                "id": disputed.adjudication.pk,
                "external_id": disputed.record.external_id,
                "literals": [{"column": name, "value": value} for name, value in disputed.literals],
                "options": disputed.options,
                "may_send_back": disputed.may_send_back,
                "opened_at": opened_at,
                "leased_until": disputed.adjudication.leased_until,
            },
            context=context,
        )


class SettledSerializer(serializers.ModelSerializer[Adjudication]):
    """What one said of a disputed record."""

    external_id = serializers.CharField(source="record.external_id", read_only=True)
    code = serializers.CharField(source="code.code", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Adjudication
        fields = ["id", "external_id", "state", "code", "cannot_reason", "reason", "question", "decided_at"]
        read_only_fields = fields


class SettleInput(Input):
    """Exactly one of ``choice``, ``code`` and ``cannot_reason``; the last two need a ``reason``."""

    choice = serializers.ChoiceField(LETTERS, required=False, help_text="one of the options")
    code = serializers.CharField(required=False, max_length=30, help_text="another code")
    cannot_reason = serializers.ChoiceField(CannotCodeReason.choices, required=False)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=MAX_TEXT, default="")
    opened_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate_opened_at(self, value: Any) -> Any:
        """Not later than now."""
        if value is not None and value > timezone.now():
            raise serializers.ValidationError(_("This time has not come yet."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One answer."""
        if sum(name in attrs for name in ("choice", "code", "cannot_reason")) != 1:
            raise serializers.ValidationError(_("Send one of these: choice, code, cannot_reason."))
        return attrs


class QuestionInput(Input):
    """What the coders are to think of."""

    question = serializers.CharField(max_length=MAX_TEXT)

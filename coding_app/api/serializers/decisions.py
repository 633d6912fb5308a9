"""What people decide."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from coding_app.api.serializers.catalogue import CodeBriefSerializer
from coding_app.api.serializers.inputs import Input, Key
from coding_app.choices import CannotCodeReason, DecisionKind
from coding_app.models import Decision, Record
from coding_app.services.same_text import MOST

LARGEST_VERSION = 2**31 - 1
MEANT_FOR = {"code": DecisionKind.CODE, "suggestion": DecisionKind.CODE, "reason": DecisionKind.CANNOT_CODE}


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """What a person said of a record; ``undone_at`` is set when they took it back."""

    external_id = serializers.CharField(source="record.external_id", read_only=True)
    coder = serializers.CharField(source="coder.username", read_only=True)
    code = CodeBriefSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Decision
        fields = [
            "id", "record", "external_id", "coder", "kind", "code", "suggestion", "reason", "note",
            "record_version", "opened_at", "decided_at", "undone_at",
        ]  # fmt: skip
        read_only_fields = fields


class DecidedInput(Input):
    """What every decision says of the record that was looked at."""

    record = Key(help_text="key of the record")
    seen_version = serializers.IntegerField(
        min_value=1, max_value=LARGEST_VERSION, help_text="the version of the record that was looked at"
    )
    place = Key(required=False, help_text="key of the place in the queue that was opened")
    suggestion = Key(required=False, allow_null=True, help_text="the candidate that was picked, if one was")
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    opened_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate_opened_at(self, value: Any) -> Any:
        """Not later than now."""
        if value is not None and value > timezone.now():
            raise serializers.ValidationError(_("This time has not come yet."))
        return value


class DecisionInput(DecidedInput):
    """A decision: ``kind`` is ``code`` with a code, or ``cannot_code`` with a reason."""

    kind = serializers.ChoiceField(DecisionKind.choices)
    code = serializers.CharField(required=False, max_length=30)
    reason = serializers.ChoiceField(CannotCodeReason.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A code or a reason, whichever the kind asks for, and not the other."""
        needed = "code" if attrs["kind"] == DecisionKind.CODE else "reason"
        if needed not in attrs:
            raise serializers.ValidationError(
                {needed: [_("A decision of the kind %(kind)s needs this.") % {"kind": attrs["kind"]}]}
            )
        for name, kind in MEANT_FOR.items():
            if attrs.get(name) is not None and attrs["kind"] != kind:
                raise serializers.ValidationError(
                    {name: [_("This belongs to decisions of the kind %(kind)s.") % {"kind": kind.value}]}
                )
        return attrs


class SameTextInput(DecidedInput):
    """A code for a record of the study's own queue, and for others with the same text."""

    code = serializers.CharField(max_length=30)
    others = serializers.ListField(
        child=Key(), max_length=MOST, help_text="keys of the other records, as queue/same-text/ gave them"
    )


class SameTextRecordSerializer(serializers.ModelSerializer[Record]):
    """A record that waits with the same text."""

    class Meta:
        model = Record
        fields = ["id", "external_id", "occupation", "industry", "age"]
        read_only_fields = fields


class SameTextSerializer(serializers.Serializer[dict[str, Any]]):
    """The other records that wait in the study's own queue with the same text."""

    records = SameTextRecordSerializer(many=True, help_text=f"by key, {MOST} at most")
    is_more = serializers.BooleanField(help_text="whether there are more than are listed")


class DecidedTogetherSerializer(serializers.Serializer[dict[str, Any]]):
    """What was decided together; undoing takes all of it back."""

    decisions = DecisionSerializer(many=True, help_text="that of the record itself comes last")
    left_out = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="keys of others that changed meanwhile, or that another coder has open",
    )

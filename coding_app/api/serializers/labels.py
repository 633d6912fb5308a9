"""Codes in doubt."""

from typing import Any

from rest_framework import serializers

from coding_app.api.filters import Parameters
from coding_app.api.serializers.catalogue import CodeBriefSerializer
from coding_app.api.serializers.inputs import Input
from coding_app.choices import LabelVerdict
from coding_app.models import LabelSuspect

OPEN = "open"


class SuspectSerializer(serializers.ModelSerializer[LabelSuspect]):
    """A record whose code is probably wrong; ``verdict`` is empty until a supervisor has said who errs."""

    external_id = serializers.CharField(source="record.external_id", read_only=True)
    occupation = serializers.CharField(source="record.occupation", read_only=True)
    industry = serializers.CharField(source="record.industry", read_only=True)
    code = CodeBriefSerializer(read_only=True)
    suggested = CodeBriefSerializer(read_only=True)
    corrected = CodeBriefSerializer(read_only=True, allow_null=True)
    found_by = serializers.SerializerMethodField()
    reviewed_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = LabelSuspect
        fields = [
            "id", "record", "external_id", "occupation", "industry", "code", "suggested", "quality",
            "verdict", "note", "reviewed_by", "reviewed_at", "corrected", "found_by",
        ]  # fmt: skip
        read_only_fields = fields

    def get_found_by(self, suspect: LabelSuspect) -> str:
        """``training``, or ``disagreement``: a person's code is not the machine's."""
        return "disagreement" if suspect.training_id is None else "training"


class SuspectParameters(Parameters):
    """What a list of codes in doubt is narrowed to."""

    verdict = serializers.ChoiceField([(OPEN, "open"), *LabelVerdict.choices], required=False)


class ReviewInput(Input):
    """Who errs; an empty verdict takes back what was said."""

    verdict = serializers.ChoiceField(LabelVerdict.choices, allow_blank=True)
    seen_verdict = serializers.ChoiceField(
        LabelVerdict.choices, allow_blank=True, help_text="what was said of it when you looked"
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    corrected = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=30,
        default="",
        help_text="of a data error, the code to learn instead",
    )


class ListedSerializer(serializers.Serializer[dict[str, int]]):
    """How many records were listed."""

    listed = serializers.IntegerField()

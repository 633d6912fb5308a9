"""What a blinded coder is shown of records: literals, and their own decisions."""

from rest_framework import serializers

from coding_app.api.serializers.catalogue import CodeBriefSerializer
from coding_app.models import Decision


class OwnDecisionSerializer(serializers.ModelSerializer[Decision]):
    """What one decided oneself; ``undone_at`` is set when it was taken back."""

    external_id = serializers.CharField(source="record.external_id", read_only=True)
    occupation = serializers.CharField(source="record.occupation", read_only=True)
    industry = serializers.CharField(source="record.industry", read_only=True)
    code = CodeBriefSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Decision
        fields = [
            "id", "record", "external_id", "occupation", "industry", "kind", "code", "reason", "note",
            "opened_at", "decided_at", "undone_at",
        ]  # fmt: skip
        read_only_fields = fields

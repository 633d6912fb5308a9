"""Jobs, runs and exports."""

from typing import Any

from rest_framework import serializers

from coding_app import permissions
from coding_app.api.serializers.inputs import Input
from coding_app.choices import FileKind
from coding_app.models import Export, Job, Run


class JobSerializer(serializers.ModelSerializer[Job]):
    """Long work and how far it is. ``error`` is left out for coders: it may quote rows of a file."""

    percent = serializers.IntegerField(read_only=True, allow_null=True)
    started_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    error = serializers.CharField(read_only=True, required=False)

    class Meta:
        model = Job
        fields = [
            "id", "kind", "queue", "state", "done", "total", "percent", "error", "attempts",
            "cancel_requested", "follow_up", "started_by", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Job) -> dict[str, Any]:
        """The job, less what the reader's role may not know."""
        shown = super().to_representation(instance)
        if not permissions.allows(self.context["role"], permissions.SUPERVISE):
            del shown["error"]
        return shown


class RunSerializer(serializers.ModelSerializer[Run]):
    """One pass of an engine over a study."""

    dictionary_version = serializers.CharField(read_only=True, allow_null=True, help_text="its name")
    model_version = serializers.IntegerField(
        source="model_version.number", read_only=True, allow_null=True, default=None, help_text="its number"
    )
    routing = serializers.IntegerField(
        source="routing.number",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="number of the version that held at the start",
    )
    job = JobSerializer(read_only=True)

    class Meta:
        model = Run
        fields = [
            "id",
            "engine",
            "dictionary_version",
            "model_version",
            "fallback",
            "fallback_reason",
            "routing",
            "child_age",
            "coded",
            "unchanged",
            "created_at",
            "job",
        ]
        read_only_fields = fields


class ExportSerializer(serializers.ModelSerializer[Export]):
    """A coded data set on its way out; ``rows`` and ``sha256`` are there once it is written."""

    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    job = JobSerializer(read_only=True)

    class Meta:
        model = Export
        fields = ["id", "kind", "rows", "sha256", "created_at", "created_by", "job"]
        read_only_fields = fields


class ExportInput(Input):
    """Which format to export in."""

    kind = serializers.ChoiceField(FileKind.choices)

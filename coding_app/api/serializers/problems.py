"""The shape of an error."""

from typing import Any

from rest_framework import serializers


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField(help_text="a name for the kind of problem, as a URN")
    title = serializers.CharField()
    status = serializers.IntegerField(help_text="the HTTP status")
    detail = serializers.CharField(help_text="what went wrong and what to do")
    errors = serializers.DictField(  # type: ignore[assignment]  # a declared field, not the attribute
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="what is wrong with each field",
    )
    faults = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="every fault of a file that was refused"
    )

"""Classifications and their codes, dictionaries and their versions."""

from typing import Any

from rest_framework import serializers

from coding_app.models import Classification, Code, Dictionary, DictionaryVersion
from coding_app.selectors.code_search import Hit


class ClassificationSerializer(serializers.ModelSerializer[Classification]):
    """One edition of a classification."""

    class Meta:
        model = Classification
        fields = ["id", "name", "edition", "language", "created_at"]
        read_only_fields = fields


class CodeBriefSerializer(serializers.ModelSerializer[Code]):
    """A code with its title in the reader's language."""

    title = serializers.CharField(source="local_title", read_only=True)

    class Meta:
        model = Code
        fields = ["code", "title"]
        read_only_fields = fields


class CodeSerializer(serializers.ModelSerializer[Code]):
    """A place in a classification."""

    title = serializers.CharField(source="local_title", read_only=True)
    parent = serializers.CharField(  # type: ignore[assignment]  # a declared field, not the attribute
        source="parent.code", read_only=True, allow_null=True, default=None
    )
    description = serializers.SerializerMethodField()
    includes = serializers.SerializerMethodField()
    excludes = serializers.SerializerMethodField()

    class Meta:
        model = Code
        fields = ["code", "title", "level", "parent", "codable", "description", "includes", "excludes"]
        read_only_fields = fields

    def get_description(self, code: Code) -> str:
        """In the reader's language, or empty."""
        return self._text(code, "description")

    def get_includes(self, code: Code) -> str:
        """In the reader's language, or empty."""
        return self._text(code, "includes")

    def get_excludes(self, code: Code) -> str:
        """In the reader's language, or empty."""
        return self._text(code, "excludes")

    def _text(self, code: Code, name: str) -> str:
        label = code.label()
        return str(getattr(label, name)) if label else ""


class HitSerializer(serializers.Serializer[Hit]):
    """A code that was found."""

    code = serializers.CharField(source="code.code")
    title = serializers.CharField(source="code.local_title")
    parent = CodeBriefSerializer(source="code.parent", allow_null=True)
    phrase = serializers.CharField(help_text="the dictionary phrase that led to it, or empty")


class HitsSerializer(serializers.Serializer[dict[str, Any]]):
    """What a search found, best first."""

    results = HitSerializer(many=True)


class DictionarySerializer(serializers.ModelSerializer[Dictionary]):
    """A named dictionary."""

    class Meta:
        model = Dictionary
        fields = ["id", "name", "classification", "created_at"]
        read_only_fields = fields


class DictionaryVersionSerializer(serializers.ModelSerializer[DictionaryVersion]):
    """One state of a dictionary, which never changes."""

    name = serializers.CharField(source="__str__", read_only=True)
    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = DictionaryVersion
        fields = ["id", "name", "dictionary", "number", "fingerprint", "entries", "created_at", "created_by"]
        read_only_fields = fields

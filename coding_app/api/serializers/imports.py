"""Files that come in."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from coding_app import datafiles
from coding_app.api.serializers.inputs import Input
from coding_app.api.serializers.jobs import JobSerializer
from coding_app.exceptions import InvalidInput
from coding_app.models import Import, ImportIssue
from coding_app.services.ingest import Columns

MAPPED = ("id", "occupation", "industry", "age", "reference")


class ImportSerializer(serializers.ModelSerializer[Import]):
    """An uploaded file and what became of its rows."""

    columns = serializers.SerializerMethodField()
    issue_count = serializers.IntegerField(read_only=True)
    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    job = JobSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Import
        fields = [
            "id", "state", "file_name", "size", "sha256", "kind", "encoding", "delimiter", "sheet", "header",
            "columns", "rows_read", "added", "unchanged", "issue_count", "created_at", "created_by", "job",
        ]  # fmt: skip
        read_only_fields = fields

    def get_columns(self, upload: Import) -> dict[str, int | None]:
        """Positions in the header, from 0, of what each column holds; null where the file has none."""
        return {name: getattr(upload, f"{name}_column") for name in MAPPED}


class FormatSerializer(serializers.Serializer[datafiles.FileFormat]):
    """How a file is read."""

    kind = serializers.CharField()
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    sheet = serializers.CharField()
    sheets = serializers.ListField(child=serializers.CharField())
    header = serializers.ListField(child=serializers.CharField())
    preview = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), help_text="the first rows"
    )
    warnings = serializers.ListField(child=serializers.CharField())


class ImportDetailSerializer(ImportSerializer):
    """An upload with counts of its issues by kind, and with its preview while its columns are not mapped.

    The context holds both, as ``issues`` and ``format``.
    """

    issue_count = serializers.SerializerMethodField()  # type: ignore[assignment]
    issues = serializers.SerializerMethodField()
    format = serializers.SerializerMethodField()

    class Meta(ImportSerializer.Meta):
        fields = [*ImportSerializer.Meta.fields, "issues", "format"]
        read_only_fields = fields

    def get_issue_count(self, upload: Import) -> int:
        """Of all kinds together."""
        return sum(self.get_issues(upload).values())

    def get_issues(self, upload: Import) -> dict[str, int]:
        """Kinds without one are left out."""
        return dict(self.context["issues"])

    @extend_schema_field(FormatSerializer(allow_null=True))
    def get_format(self, upload: Import) -> dict[str, Any] | None:
        """How the file is read, with its first rows; null once the import is started."""
        found = self.context["format"]
        return None if found is None else dict(FormatSerializer(found).data)


class ImportIssueSerializer(serializers.ModelSerializer[ImportIssue]):
    """A row that needs a person's eye."""

    class Meta:
        model = ImportIssue
        fields = ["line", "kind", "external_id", "reason", "raw"]
        read_only_fields = fields


class UploadInput(serializers.Serializer[Any]):
    """A file, as multipart form data."""

    file = serializers.FileField(help_text="CSV, XLSX or Parquet")


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]})
class ColumnField(serializers.Field[Any, Any, Any, Any]):
    """A column by its name or by its position in the header, from 0."""

    def to_internal_value(self, data: Any) -> str | int:
        """A name or a position.

        Raises:
            ValidationError: when it is neither.
        """
        if isinstance(data, str) or (isinstance(data, int) and not isinstance(data, bool)):
            return data
        raise serializers.ValidationError(
            _("Give the name of a column, or its position in the header, from 0.")
        )

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


class ColumnsInput(Input):
    """What each column holds. Every other column is kept as well."""

    id = ColumnField()
    occupation = ColumnField()
    industry = ColumnField(required=False, allow_null=True)
    age = ColumnField(required=False, allow_null=True)
    reference = ColumnField(required=False, allow_null=True, help_text="codes known beforehand")


class StartInput(Input):
    """How to import an upload."""

    columns = ColumnsInput()
    then_code = serializers.BooleanField(default=True, help_text="code the records when they are in")

    def columns_in(self, header: list[str]) -> Columns:
        """The positions of the columns in a header.

        Raises:
            ValidationError: by field, when there is no such column, or several of that name.
        """
        found: dict[str, int] = {}
        errors: dict[str, list[str]] = {}
        for what, column in self.validated_data["columns"].items():
            if column is None:
                continue
            try:
                found[what] = _position(header, column)
            except InvalidInput as error:
                errors[what] = [str(error)]
        if errors:
            raise serializers.ValidationError({"columns": errors})
        return Columns(
            id=found["id"],
            occupation=found["occupation"],
            industry=found.get("industry"),
            age=found.get("age"),
            reference=found.get("reference"),
        )


def _position(header: list[str], column: str | int) -> int:
    if isinstance(column, int):
        if not 0 <= column < len(header):
            raise InvalidInput(_("The columns are numbered 0 to %(last)s.") % {"last": len(header) - 1})
        return column
    if header.count(column) != 1:
        several = _(
            "The column %(name)r stands more than once: give its position; the columns are: %(names)s."
        )
        missing = _("The column %(name)r is not there; the columns are: %(names)s.")
        problem = several if column in header else missing
        raise InvalidInput(problem % {"name": column, "names": ", ".join(header)})
    return header.index(column)

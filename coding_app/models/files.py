"""Files that come in and go out."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from coding_app.choices import FileKind, ImportState, IssueKind
from coding_app.models.jobs import Job
from coding_app.models.studies import Study


class Import(models.Model):
    """An uploaded file, how it is read, and what became of its rows."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="imports")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="import_file")
    state = models.CharField(max_length=20, choices=ImportState.choices, default=ImportState.UPLOADED)
    file_name = models.CharField(max_length=255, help_text="as the user's machine called it")
    stored_as = models.CharField(max_length=255, help_text="below MEDIA_ROOT")
    size = models.PositiveBigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=FileKind.choices)
    encoding = models.CharField(max_length=30, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    sheet = models.CharField(max_length=100, blank=True)
    header = models.JSONField(help_text="column names, in order, as written")
    id_column = models.PositiveIntegerField(null=True, help_text="position in the header, from 0")
    occupation_column = models.PositiveIntegerField(null=True)
    industry_column = models.PositiveIntegerField(null=True)
    age_column = models.PositiveIntegerField(null=True)
    reference_column = models.PositiveIntegerField(null=True, help_text="codes known beforehand")
    rows_read = models.PositiveBigIntegerField(default=0, help_text="committed so far, good or bad")
    added = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class ImportIssue(models.Model):
    """A row that needs a person's eye: kept as it was, with its line number and the reason."""

    import_file = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="issues")
    line = models.PositiveBigIntegerField(help_text="line of the file (row of the sheet), from 1")
    kind = models.CharField(max_length=20, choices=IssueKind.choices)
    external_id = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    raw = models.TextField(help_text="the row as text; bytes that are not text as \\xNN")

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["import_file", "line"], name="import_issue_line_unique"),
            models.CheckConstraint(condition=Q(kind__in=IssueKind.values), name="import_issue_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


class Export(models.Model):
    """A coded data set on its way out."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="exports")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="export_file")
    kind = models.CharField(max_length=10, choices=FileKind.choices)
    stored_as = models.CharField(max_length=255, blank=True, help_text="below MEDIA_ROOT, once written")
    rows = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

"""Classifications: versioned, hierarchical, with titles in several languages."""

from django.db import models
from django.db.models import Q
from django.utils import translation


class Classification(models.Model):
    """One edition of a classification, such as ISCO-08 or KSCO-7. Never changed once loaded."""

    name = models.CharField(max_length=100)
    edition = models.CharField(max_length=50, blank=True)
    language = models.CharField(max_length=10, default="en", help_text="of the default titles")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the file it was loaded from")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "edition"], name="classification_name_edition_unique")
        ]
        ordering = ["name", "edition"]

    def __str__(self) -> str:
        return f"{self.name} ({self.edition})" if self.edition else self.name


class Code(models.Model):
    """A place in a classification. ``code`` is text: leading zeros and hyphens are part of it."""

    classification = models.ForeignKey(Classification, on_delete=models.CASCADE, related_name="codes")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    code = models.CharField(max_length=30)
    level = models.PositiveSmallIntegerField(help_text="1 is the top")
    codable = models.BooleanField(default=True, help_text="whether records may be given this code")
    position = models.PositiveIntegerField(help_text="order in the file")
    title = models.CharField(max_length=500, help_text="in the classification's own language")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["classification", "code"], name="code_unique_in_classification"),
            models.CheckConstraint(condition=Q(level__gte=1), name="code_level_from_one"),
            models.CheckConstraint(condition=~Q(code=""), name="code_not_blank"),
        ]
        ordering = ["classification", "position"]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def label(self) -> "CodeLabel | None":
        """The text in the reader's language, from prefetched ``labels`` where there are any."""
        language = translation.get_language() or "en"
        labels = {label.language: label for label in self.labels.all()}
        return labels.get(language) or labels.get(language.split("-")[0])

    @property
    def local_title(self) -> str:
        """The title in the reader's language, or in the classification's own."""
        label = self.label()
        return label.title if label and label.title else self.title


class CodeLabel(models.Model):
    """Title and description of a code in one language."""

    code = models.ForeignKey(Code, on_delete=models.CASCADE, related_name="labels")
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    includes = models.TextField(blank=True)
    excludes = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "language"], name="code_label_language_unique")
        ]

    def __str__(self) -> str:
        return f"{self.code_id} {self.language}"

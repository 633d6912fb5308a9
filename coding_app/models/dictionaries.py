"""Dictionaries of the dictionary coder: versioned; a version never changes."""

from django.conf import settings
from django.db import models

from coding_app.models.classifications import Classification


class Dictionary(models.Model):
    """A named dictionary for one classification."""

    name = models.CharField(max_length=100, unique=True)
    classification = models.ForeignKey(Classification, on_delete=models.PROTECT, related_name="dictionaries")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "dictionaries"

    def __str__(self) -> str:
        return self.name


class DictionaryVersion(models.Model):
    """One state of a dictionary. A coded record says which version coded it."""

    dictionary = models.ForeignKey(Dictionary, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of its files")
    entries = models.PositiveIntegerField(help_text="number of phrases in all tables")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dictionary", "number"], name="dictionary_version_number_unique"),
            models.UniqueConstraint(
                fields=["dictionary", "fingerprint"], name="dictionary_version_content_unique"
            ),
        ]
        ordering = ["dictionary", "-number"]

    def __str__(self) -> str:
        return f"{self.dictionary.name} v{self.number}"


class DictionaryFile(models.Model):
    """One file of a dictionary version, as text: the only copy of its entries."""

    version = models.ForeignKey(DictionaryVersion, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=200, help_text="such as entries.csv or special/10_homemaker.csv")
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "path"], name="dictionary_file_path_unique")
        ]
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path

"""Records: what people wrote, kept as it came."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from coding_app.choices import RecordStatus, Route, Rule
from coding_app.models.classifications import Code
from coding_app.models.files import Import
from coding_app.models.studies import Study


class Record(models.Model):
    """One person's answer.

    ``values`` holds every original cell as text, in the order of ``source.header``. ``version`` grows by one
    with every change of state; a writer must say which version it saw.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="records")
    source = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="records")
    external_id = models.CharField(max_length=200, help_text="the id in the file")
    line = models.PositiveBigIntegerField(help_text="where the row starts in the file, from 1")
    values = models.JSONField()
    row_hash = models.CharField(max_length=64, help_text="SHA-256 of header and values")
    occupation = models.TextField(blank=True)
    industry = models.TextField(blank=True)
    age = models.FloatField(null=True, help_text="years")
    reference_code = models.CharField(max_length=30, blank=True, help_text="known beforehand, from the file")
    standardised = models.TextField(blank=True, help_text="the words the dictionary coder saw")
    text_key = models.CharField(
        max_length=32, blank=True, help_text="same for records with the same normalised literals"
    )

    status = models.CharField(max_length=20, choices=RecordStatus.choices, default=RecordStatus.IMPORTED)
    version = models.PositiveIntegerField(default=1)
    suggestion_set = models.ForeignKey(
        "coding_app.SuggestionSet",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="the latest",
    )
    final_code = models.ForeignKey(Code, on_delete=models.PROTECT, null=True, related_name="records")
    route = models.CharField(max_length=20, choices=Route.choices, blank=True)
    rule = models.CharField(
        max_length=20, choices=Rule.choices, blank=True, help_text="which accepted it, or sent it to a person"
    )
    routing = models.ForeignKey(
        "coding_app.Routing",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="that has the rule",
    )
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "external_id"], name="record_id_unique_in_study"),
            models.CheckConstraint(condition=~Q(external_id=""), name="record_id_not_blank"),
            models.CheckConstraint(condition=Q(status__in=RecordStatus.values), name="record_status_known"),
            models.CheckConstraint(condition=Q(rule__in=[*Rule.values, ""]), name="record_rule_known"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[RecordStatus.ACCEPTED, RecordStatus.DECIDED], final_code__isnull=False
                )
                | Q(
                    status__in=[
                        RecordStatus.IMPORTED,
                        RecordStatus.SET_ASIDE,
                        RecordStatus.WAITING,
                        RecordStatus.DISPUTED,
                        RecordStatus.CANNOT_CODE,
                        RecordStatus.REMOVED,
                    ],
                    final_code__isnull=True,
                ),
                name="record_final_code_iff_coded",
            ),
        ]
        indexes = [
            models.Index(fields=["study", "status", "id"], name="record_study_status"),
            models.Index(fields=["study", "rule", "id"], name="record_study_rule"),
            models.Index(fields=["study", "text_key"], name="record_study_text"),
        ]

    def __str__(self) -> str:
        return self.external_id

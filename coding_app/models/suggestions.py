"""What the machine said, and why."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coding_app.choices import DecidedBy, Engine, Outcome, SuggestionSource
from coding_app.models.classifications import Code
from coding_app.models.dictionaries import DictionaryVersion
from coding_app.models.jobs import Job
from coding_app.models.records import Record
from coding_app.models.routing import Routing
from coding_app.models.studies import Study
from coding_app.models.trained import ModelVersion


class Run(models.Model):
    """One pass of an engine over a study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="runs")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="run")
    engine = models.CharField(max_length=20, choices=Engine.choices)
    dictionary_version = models.ForeignKey(DictionaryVersion, on_delete=models.PROTECT, null=True)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="runs")
    fallback = models.CharField(
        max_length=20,
        choices=[("baseline", _("The baseline in place of the model")), ("none", _("No model at all"))],
        blank=True,
        help_text="what coded instead, where the model could not be loaded",
    )
    fallback_reason = models.TextField(blank=True)
    routing = models.ForeignKey(
        Routing, on_delete=models.PROTECT, null=True, related_name="runs", help_text="at the start"
    )
    child_age = models.PositiveSmallIntegerField()
    after_record = models.PositiveBigIntegerField(default=0, help_text="records up to this key are done")
    coded = models.PositiveBigIntegerField(default=0, help_text="records given a suggestion set")
    unchanged = models.PositiveBigIntegerField(default=0, help_text="already coded by the same version")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.engine} {self.pk}"


class SuggestionSet(models.Model):
    """An engine's answer for one record in one run, with its whole trace."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="suggestion_sets")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="suggestion_sets")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    code = models.ForeignKey(
        Code, on_delete=models.PROTECT, null=True, related_name="+", help_text="the dictionary's"
    )
    table = models.CharField(max_length=100, blank=True, help_text="general, or a special table's name")
    priority = models.PositiveSmallIntegerField(null=True, help_text="words of the deciding phrase")
    decided_by = models.CharField(max_length=20, choices=DecidedBy.choices, blank=True)
    best = models.ForeignKey(
        Code, on_delete=models.PROTECT, null=True, related_name="+", help_text="the first suggestion's"
    )
    probability = models.FloatField(null=True, help_text="of the first suggestion, calibrated")
    margin = models.FloatField(null=True, help_text="between the first and the second probability")
    model_code = models.ForeignKey(
        Code, on_delete=models.PROTECT, null=True, related_name="+", help_text="the model's own first"
    )
    learnt = models.BooleanField(
        null=True, help_text="whether the model learnt from a record with this text; null: not known"
    )
    trace = models.JSONField(default=list, help_text="every matching phrase: code, priority, scope")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "run"], name="suggestion_set_once_a_run"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="suggestion_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.CODED, code__isnull=False)
                | (~Q(outcome=Outcome.CODED) & Q(code__isnull=True)),
                name="suggestion_set_code_iff_coded",
            ),
        ]
        indexes = [models.Index(fields=["run", "outcome", "table"], name="suggestion_set_outcome")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.outcome}"


class Suggestion(models.Model):
    """One candidate code of a suggestion set."""

    suggestion_set = models.ForeignKey(SuggestionSet, on_delete=models.CASCADE, related_name="suggestions")
    rank = models.PositiveSmallIntegerField(help_text="1 is the best")
    code = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=20, choices=SuggestionSource.choices)
    priority = models.PositiveSmallIntegerField(help_text="words of the longest phrase; 0: the model's alone")
    probability = models.FloatField(null=True, help_text="calibrated; null without a model")
    reason = models.JSONField(help_text="phrases that matched, guesses made")

    class Meta:
        ordering = ["suggestion_set", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["suggestion_set", "rank"], name="suggestion_rank_unique"),
            models.UniqueConstraint(fields=["suggestion_set", "code"], name="suggestion_code_unique"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="suggestion_rank_from_one"),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__gte=0, probability__lte=1),
                name="suggestion_probability_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.code_id}"

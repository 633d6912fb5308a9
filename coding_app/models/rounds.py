"""Rounds: records drawn to be coded by certain people, blinded or not; and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from coding_app.choices import RoundKind, RoundRecordState, RoundState, Selection
from coding_app.models.classifications import Code
from coding_app.models.jobs import Job
from coding_app.models.records import Record
from coding_app.models.studies import Study


class Round(models.Model):
    """A set of records for certain coders (Ossiander & Milham, pages 5-6, is the model of an evaluation).

    ``population`` is what the sample is drawn from: fields of ``selectors.records.RecordFilter``; with
    ``seed`` and ``strata`` it draws the same records again. ``coders`` is a list of
    ``{"user": key, "share": number}``: shares are relative, equal ones balance the work.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="rounds")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="round")
    ending = models.OneToOneField(
        Job,
        on_delete=models.PROTECT,
        null=True,
        related_name="ended_round",
        help_text="gives its records back, once it has ended",
    )
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=RoundKind.choices)
    state = models.CharField(max_length=20, choices=RoundState.choices, default=RoundState.DRAWING)
    blinded = models.BooleanField(help_text="coders see the literals and nothing else")
    coders_per_record = models.PositiveSmallIntegerField(help_text="0: all of them")
    selection = models.CharField(max_length=20, choices=Selection.choices)
    population = models.JSONField(default=dict, help_text="which records may be drawn")
    population_size = models.PositiveIntegerField(null=True, help_text="records, once drawn")
    size = models.PositiveIntegerField(null=True, help_text="records to draw; null: all")
    drawn = models.PositiveIntegerField(default=0, help_text="records drawn so far")
    seed = models.PositiveBigIntegerField(default=0)
    stratum_column = models.CharField(max_length=200, blank=True, help_text="an original column")
    equal_strata = models.BooleanField(
        default=False, help_text="as many records of each stratum; else in proportion to its size"
    )
    strata = models.JSONField(
        default=list, help_text="once drawn: stratum, records in the population, records drawn"
    )
    coders = models.JSONField(default=list)
    machine_unlabelled = models.BooleanField(
        default=False, help_text="adjudicators see the machine's code, unlabelled"
    )
    settles = models.BooleanField(default=True, help_text="its results become final codes")
    feedback = models.BooleanField(
        default=False, help_text="a coder is told at once when gold says otherwise"
    )
    gold_every = models.PositiveIntegerField(null=True, help_text="one gold record among so many")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="round_number_unique"),
            models.CheckConstraint(condition=Q(kind__in=RoundKind.values), name="round_kind_known"),
            models.CheckConstraint(condition=Q(state__in=RoundState.values), name="round_state_known"),
            models.CheckConstraint(condition=Q(selection__in=Selection.values), name="round_selection_known"),
            models.CheckConstraint(
                condition=~Q(kind=RoundKind.EVALUATION) | Q(blinded=True), name="round_evaluation_is_blinded"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether it still holds records."""
        return self.state in OPEN_STATES


OPEN_STATES = (RoundState.DRAWING, RoundState.CODING, RoundState.ADJUDICATION)
GOING_STATES = (RoundState.CODING, RoundState.ADJUDICATION)


OPEN_RECORD_STATES = [RoundRecordState.CODING, RoundRecordState.DISPUTED]
"""While a record has one of them, nothing of the round is settled for it."""


class RoundRecord(models.Model):
    """A record in a round. What the machine said is kept as it was at the draw.

    So is where the record stood (``..._before``): it goes back there when the round ends without a result.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="records")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="rounds")
    position = models.PositiveIntegerField(help_text="in the order of the draw, from 1")
    stratum = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=20, choices=RoundRecordState.choices, default=RoundRecordState.CODING)
    status_before = models.CharField(max_length=20, help_text="the record's, at the draw")
    code_before = models.ForeignKey(Code, on_delete=models.PROTECT, null=True, related_name="+")
    route_before = models.CharField(max_length=20, blank=True)
    decided_by_before = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at_before = models.DateTimeField(null=True)
    suggestion_set = models.ForeignKey(
        "coding_app.SuggestionSet", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    machine_code = models.ForeignKey(
        Code, on_delete=models.PROTECT, null=True, related_name="+", help_text="first suggestion at the draw"
    )
    machine_probability = models.FloatField(null=True)
    gold = models.ForeignKey(Code, on_delete=models.PROTECT, null=True, related_name="+")
    code = models.ForeignKey(
        Code, on_delete=models.PROTECT, null=True, related_name="+", help_text="the result"
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["round", "position"]
        constraints = [
            models.UniqueConstraint(fields=["round", "record"], name="round_record_once"),
            models.UniqueConstraint(fields=["round", "position"], name="round_record_position_unique"),
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(state__in=OPEN_RECORD_STATES),
                name="round_record_in_one_open_round",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RoundRecordState.values), name="round_record_state_known"
            ),
        ]
        indexes = [models.Index(fields=["round", "state"], name="round_record_by_state")]

    def __str__(self) -> str:
        return f"{self.round_id} {self.record_id}"

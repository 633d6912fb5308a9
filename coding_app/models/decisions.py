"""The queue, and what people decided."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from coding_app.choices import CannotCodeReason, DecisionKind, QueueState
from coding_app.models.classifications import Code
from coding_app.models.records import Record
from coding_app.models.rounds import RoundRecord
from coding_app.models.studies import Study
from coding_app.models.suggestions import Suggestion


class QueueItem(models.Model):
    """A record's place in the queue. ``holder`` has it until ``leased_until``; then it is free again.

    Without ``round_record`` it is a record that the routing sends to a person. Within a round there is one
    for each coder who is to code the record, with its ``slot``; ``assigned`` says who, ``None`` anybody.
    ``uncertainty`` and ``frequency`` order the queue.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="queue")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="queue_items")
    round_record = models.ForeignKey(RoundRecord, on_delete=models.CASCADE, null=True, related_name="places")
    slot = models.PositiveSmallIntegerField(default=1, help_text="within the round record, from 1")
    assigned = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    question = models.TextField(blank=True, help_text="a supervisor's, when the record was sent back")
    uncertainty = models.FloatField(default=1.0, help_text="1 less the first suggestion's probability")
    frequency = models.PositiveIntegerField(default=1, help_text="records of the study with the same text")
    state = models.CharField(max_length=20, choices=QueueState.choices, default=QueueState.OPEN)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(state=QueueState.OPEN, round_record__isnull=True),
                name="queue_one_open_place_a_record",
            ),
            models.UniqueConstraint(
                fields=["round_record", "slot"],
                condition=Q(state=QueueState.OPEN),
                name="queue_one_open_place_a_slot",
            ),
            models.UniqueConstraint(
                fields=["round_record", "assigned"],
                condition=Q(state=QueueState.OPEN),
                name="queue_one_open_place_a_coder",
            ),
            models.CheckConstraint(condition=Q(state__in=QueueState.values), name="queue_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["study", "record"],
                condition=Q(state=QueueState.OPEN, round_record__isnull=True),
                name="queue_open_by_record",
            ),
            models.Index(fields=["holder"], condition=Q(state=QueueState.OPEN), name="queue_open_by_holder"),
            models.Index(
                fields=["study", "assigned", "record"],
                condition=Q(state=QueueState.OPEN, round_record__isnull=False),
                name="queue_open_of_rounds",
            ),
            models.Index(
                fields=["study", "-uncertainty", "record"],
                condition=Q(state=QueueState.OPEN, round_record__isnull=True),
                name="queue_open_by_uncertainty",
            ),
            models.Index(
                fields=["study", "-frequency", "record"],
                condition=Q(state=QueueState.OPEN, round_record__isnull=True),
                name="queue_open_by_frequency",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.state}"


class Decision(models.Model):
    """What a person said of a record. Undoing keeps the row and dates it.

    Within a round every coder of the record has their own; only the round's result changes the record.
    ``gesture`` groups what was decided at once for records with the same text.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="decisions")
    round_record = models.ForeignKey(
        RoundRecord, on_delete=models.CASCADE, null=True, related_name="decisions"
    )
    blinded = models.BooleanField(default=False, help_text="made without seeing what the machine says")
    gesture = models.UUIDField(null=True)
    coder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=20, choices=DecisionKind.choices)
    code = models.ForeignKey(Code, on_delete=models.PROTECT, null=True, related_name="+")
    suggestion = models.ForeignKey(
        Suggestion, on_delete=models.PROTECT, null=True, related_name="+", help_text="null: found by search"
    )
    reason = models.CharField(max_length=20, choices=CannotCodeReason.choices, blank=True)
    note = models.TextField(blank=True)
    record_version = models.PositiveIntegerField(help_text="the version the coder saw")
    opened_at = models.DateTimeField(null=True, help_text="when the record was put before the coder")
    decided_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(undone_at__isnull=True, round_record__isnull=True),
                name="decision_one_standing_a_record",
            ),
            models.UniqueConstraint(
                fields=["round_record", "coder"],
                condition=Q(undone_at__isnull=True),
                name="decision_one_standing_a_coder_in_a_round",
            ),
            models.CheckConstraint(
                condition=Q(kind=DecisionKind.CODE, code__isnull=False, reason="")
                | (Q(kind=DecisionKind.CANNOT_CODE, code__isnull=True) & ~Q(reason="")),
                name="decision_code_or_reason",
            ),
        ]
        indexes = [models.Index(fields=["coder", "-decided_at"], name="decision_latest_of_coder")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.kind}"

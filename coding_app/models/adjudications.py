"""What two people could not agree on, and how it was settled; and what a coder asks a supervisor."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from coding_app.choices import AdjudicationState, CannotCodeReason, Side
from coding_app.models.classifications import Code
from coding_app.models.decisions import Decision
from coding_app.models.records import Record
from coding_app.models.rounds import RoundRecord
from coding_app.models.studies import Study


class Adjudication(models.Model):
    """A disputed record before an adjudicator.

    ``swapped`` is drawn at random: whether the first coder's code is shown as B. ``assigned`` limits it to
    one adjudicator; ``holder`` has it until ``leased_until``, as with a place in the queue.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="adjudications")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="adjudications")
    round_record = models.ForeignKey(RoundRecord, on_delete=models.CASCADE, related_name="adjudications")
    state = models.CharField(max_length=20, choices=AdjudicationState.choices, default=AdjudicationState.OPEN)
    first = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(
        Decision, on_delete=models.PROTECT, null=True, related_name="+", help_text="null: the machine's code"
    )
    swapped = models.BooleanField()
    assigned = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    leased_until = models.DateTimeField(null=True)
    side = models.CharField(max_length=20, choices=Side.choices, blank=True)
    code = models.ForeignKey(Code, on_delete=models.PROTECT, null=True, related_name="+")
    cannot_reason = models.CharField(max_length=20, choices=CannotCodeReason.choices, blank=True)
    reason = models.TextField(blank=True, help_text="why, in the adjudicator's words")
    question = models.TextField(blank=True, help_text="to the coders, when it was sent back")
    opened_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="adjudicated"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(state=AdjudicationState.OPEN),
                name="adjudication_one_open_a_record",
            ),
            models.UniqueConstraint(
                fields=["round_record"],
                condition=Q(state__in=[AdjudicationState.OPEN, AdjudicationState.SETTLED]),
                name="adjudication_one_standing_a_round_record",
            ),
            models.CheckConstraint(
                condition=Q(state__in=AdjudicationState.values), name="adjudication_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=AdjudicationState.SETTLED)
                | Q(code__isnull=False, cannot_reason="")
                | (Q(code__isnull=True) & ~Q(cannot_reason="")),
                name="adjudication_settled_by_code_or_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=AdjudicationState.SETTLED)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(side="")),
                name="adjudication_settled_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["study", "id"], condition=Q(state=AdjudicationState.OPEN), name="adjudication_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.state}"


class Flag(models.Model):
    """A coder's question to a supervisor about a record, and the answer."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="flags")
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="flags_raised"
    )
    note = models.TextField()
    raised_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="flags_answered"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "raised_by"],
                condition=Q(answered_at__isnull=True),
                name="flag_one_open_a_record_and_coder",
            )
        ]
        indexes = [
            models.Index(fields=["record"], condition=Q(answered_at__isnull=True), name="flag_open_of_record")
        ]

    def __str__(self) -> str:
        return self.note

"""Many records reopened, removed or brought back at once."""

import uuid

from django.db import models
from django.db.models import Q

from coding_app.choices import Verb
from coding_app.models.jobs import Job
from coding_app.models.studies import Study

VERBS = [Verb.RECORD_REOPENED, Verb.RECORD_REMOVED, Verb.RECORD_RESTORED]


class Reopening(models.Model):
    """A gesture that a job carries out, and how far it is; its events have ``gesture`` as theirs.

    ``by`` and ``value`` are what was chosen (:class:`selectors.reopening.Chosen`); where records are brought
    back, ``taken_back`` is the gesture whose records these are.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reopenings")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="reopening")
    gesture = models.UUIDField(default=uuid.uuid4, unique=True)
    verb = models.CharField(max_length=30, choices=[(verb.value, verb.label) for verb in VERBS])
    by = models.CharField(max_length=20, blank=True)
    value = models.CharField(max_length=100, blank=True)
    taken_back = models.UUIDField(null=True)
    why = models.TextField(blank=True)
    after_record = models.PositiveBigIntegerField(default=0, help_text="records up to this key are done")
    looked_at = models.PositiveBigIntegerField(default=0, help_text="records")
    changed = models.PositiveBigIntegerField(default=0, help_text="records")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=VERBS), name="reopening_verb_known"),
            models.CheckConstraint(
                condition=Q(verb=Verb.RECORD_RESTORED, taken_back__isnull=False)
                | (~Q(verb=Verb.RECORD_RESTORED) & Q(taken_back__isnull=True) & ~Q(by="")),
                name="reopening_says_which_records",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.gesture}"

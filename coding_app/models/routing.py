"""Routing: what a study accepts from the machine, and what goes to a person."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from coding_app.choices import AcceptBy
from coding_app.models.jobs import Job
from coding_app.models.studies import Study

SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class Routing(models.Model):
    """One version of a study's routing; never changed, so that a record's rule can be read again.

    ``guarded`` is a list of ``{"group": code, "words": [...]}``: a code of the group is accepted only when
    one of the words stands in the text. ``person_codes`` are codes or groups, ``person_strata`` a list of
    ``{"column": name, "values": [...]}`` of original columns; both always go to a person.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="routings")
    number = models.PositiveIntegerField()
    accept_by = models.CharField(max_length=20, choices=AcceptBy.choices, default=AcceptBy.DICTIONARY)
    threshold = models.FloatField(default=0.8, validators=SHARE, help_text="the paper's is 0.80")
    min_margin = models.FloatField(default=0.0, validators=SHARE)
    require_agreement = models.BooleanField(default=False)
    guarded = models.JSONField(default=list, blank=True)
    person_codes = models.JSONField(default=list, blank=True)
    person_strata = models.JSONField(default=list, blank=True)
    audit_share = models.FloatField(default=0.0, validators=SHARE)
    audit_seed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)

    class Meta:
        ordering = ["study", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="routing_number_unique"),
            models.CheckConstraint(
                condition=Q(accept_by__in=AcceptBy.values), name="routing_accept_by_known"
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=0, threshold__lte=1)
                & Q(min_margin__gte=0, min_margin__lte=1)
                & Q(audit_share__gte=0, audit_share__lte=1),
                name="routing_shares_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"routing {self.number}"


class Rerouting(models.Model):
    """A saved routing on its way to the records that were coded before it.

    A study has one job at a time that says what the machine makes of its records. While there is another,
    this waits for its turn without a ``job``.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reroutings")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="rerouting")
    routing = models.ForeignKey(Routing, on_delete=models.PROTECT, null=True, related_name="reroutings")
    after_record = models.PositiveBigIntegerField(default=0, help_text="records up to this key are done")
    looked_at = models.PositiveBigIntegerField(default=0, help_text="records")
    changed = models.PositiveBigIntegerField(default=0, help_text="records that went another way")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study"], condition=Q(job__isnull=True), name="rerouting_one_waiting_a_study"
            )
        ]

    def __str__(self) -> str:
        return f"to {self.routing}"

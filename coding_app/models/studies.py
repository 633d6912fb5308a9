"""Studies, and who works in them."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from coding_app.choices import Role
from coding_app.models.classifications import Classification
from coding_app.models.dictionaries import DictionaryVersion


class Study(models.Model):
    """One data set to be coded into one classification, and everything known of it."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=110, unique=True, allow_unicode=True)
    description = models.TextField(blank=True)
    classification = models.ForeignKey(Classification, on_delete=models.PROTECT, related_name="studies")
    dictionary_version = models.ForeignKey(
        DictionaryVersion, on_delete=models.PROTECT, related_name="studies", null=True
    )
    child_age = models.PositiveSmallIntegerField(
        default=14,
        validators=[MinValueValidator(0), MaxValueValidator(120)],
        help_text="records of people younger than this are set aside",
    )
    model_version = models.ForeignKey(
        "coding_app.ModelVersion",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="the current one: runs code with it",
    )
    routing = models.ForeignKey(
        "coding_app.Routing",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="the current one",
    )
    is_demo = models.BooleanField(default=False, help_text="its records are made up")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="studies_created"
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="coding_app.Membership", related_name="studies"
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "studies"
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="study_name_not_blank")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a study; without one, the study does not exist for them.

    ``blinded`` is no column: ``selectors.studies.membership_in`` says so of who asks, and of nobody else.
    """

    blinded: bool

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    deactivated_at = models.DateTimeField(null=True, help_text="the study does not exist for them since then")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "user"], name="membership_unique"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Invitation(models.Model):
    """A link that makes whoever opens it a member. The link's secret is kept as its SHA-256 only."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=20, choices=Role.choices)
    note = models.CharField(max_length=200, blank=True, help_text="whom it is for")
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations_made"
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="invitations_used"
    )
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False),
                name="invitation_used_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.note or self.role

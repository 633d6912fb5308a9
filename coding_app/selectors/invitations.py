"""Links that make their reader a member of a study."""

import hashlib

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from coding_app.choices import Role
from coding_app.models import Invitation, Membership, Study


def fingerprint(secret: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_ones() -> QuerySet[Invitation]:
    """Invitations that can be accepted: neither used, withdrawn nor expired, and made by a manager still."""
    managers = Membership.objects.filter(
        study=OuterRef("study"), user=OuterRef("created_by"), role=Role.MANAGER, deactivated_at=None
    )
    return Invitation.objects.filter(
        Exists(managers), used_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
    )


def by_secret(secret: str) -> Invitation | None:
    """The open invitation that a link leads to; ``None`` when there is none (any more)."""
    found = open_ones().filter(secret_hash=fingerprint(secret))
    return found.select_related("study", "created_by").first()


def of_study(study: Study) -> QuerySet[Invitation]:
    """All invitations to a study, newest first; ``is_open`` says which can still be accepted."""
    still = Exists(open_ones().filter(pk=OuterRef("pk")))
    return (
        Invitation.objects.filter(study=study)
        .annotate(is_open=still)
        .select_related("created_by", "used_by")
        .order_by("-pk")
    )

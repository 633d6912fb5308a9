"""The people who coded a study, under names that name nobody."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Min

from coding_app.models import Adjudication, Decision, Study


def pseudonyms(study: Study) -> dict[int, str]:
    """User keys with pseudonyms; ``person-01`` was the first to code or adjudicate a record of the study.

    What was decided is never deleted, so that whoever comes later never changes an earlier pseudonym.
    """
    first: dict[int, datetime] = {}
    coded = Decision.objects.filter(record__study=study).values_list("coder").annotate(at=Min("decided_at"))
    settled = (
        Adjudication.objects.filter(study=study, decided_by__isnull=False, decided_at__isnull=False)
        .values_list("decided_by")
        .annotate(at=Min("decided_at"))
    )
    for who, at in [*coded.order_by(), *settled.order_by()]:
        if at is not None:
            first[who] = min(first.get(who, at), at)
    ordered = sorted(first, key=lambda who: (first[who], who))
    return {who: f"person-{number:02}" for number, who in enumerate(ordered, start=1)}


def names(study: Study) -> dict[int, str]:
    """The user names of everybody who has a pseudonym."""
    return dict(User.objects.filter(pk__in=pseudonyms(study)).values_list("pk", "username"))

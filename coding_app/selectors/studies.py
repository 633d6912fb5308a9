"""Studies, as a member may see them. Whatever starts from here cannot leave a user's studies."""

from typing import cast

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.models import Membership, Study
from coding_app.selectors.blinding import blinded_rounds_go_on, is_blinded


def studies_for(user: User | AnonymousUser) -> QuerySet[Study]:
    """The studies the user is a member of, with classification and dictionary."""
    if not user.is_authenticated:
        return Study.objects.none()
    active = Membership.objects.filter(user=user, deactivated_at=None)
    return Study.objects.filter(pk__in=active.values("study")).select_related(
        "classification", "dictionary_version__dictionary"
    )


def membership_in(user: User | AnonymousUser, slug: str) -> Membership:
    """The user's active membership in the study with this slug, with the study, and whether they are blinded.

    Raises:
        Http404: when there is no such study, or the user is no member: the two look alike from outside.
    """
    found = None
    if user.is_authenticated and "\0" not in slug:  # which PostgreSQL refuses to look for
        found = (
            Membership.objects.select_related("study__classification", "study__routing")
            .filter(user=user, study__slug=slug, deactivated_at=None)
            .annotate(may_be_blinded=blinded_rounds_go_on("study"))
            .first()
        )
    if found is None:
        raise Http404(_("There is no such study among yours."))
    found.user = cast("User", user)
    found.blinded = found.may_be_blinded and is_blinded(found)
    return found


def has_demo() -> bool:
    """Whether the demonstration is loaded here."""
    return Study.objects.filter(is_demo=True).exists()

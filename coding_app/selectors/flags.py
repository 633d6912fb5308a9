"""Flags as those who raised them and those who answer them see them."""

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.choices import QueueState
from coding_app.models import Decision, Flag, Membership, QueueItem, Record, RoundRecord, Study
from coding_app.models.rounds import OPEN_RECORD_STATES


def of_study(study: Study) -> QuerySet[Flag]:
    """Every flag of the study, newest first.

    ``nameless`` says of which nobody is to be told who raised it: their record is being coded in a round, and
    whoever adjudicates it must not know its coders.
    """
    unsettled = RoundRecord.objects.filter(record=OuterRef("record"), state__in=OPEN_RECORD_STATES)
    return (
        Flag.objects.filter(record__study=study)
        .select_related("record", "raised_by", "answered_by")
        .annotate(nameless=Exists(unsettled))
        .order_by("-pk")
    )


def own(study: Study, user: User) -> QuerySet[Flag]:
    """The flags that somebody raised, newest first."""
    mine = Flag.objects.filter(record__study=study, raised_by=user)
    return mine.select_related("record", "raised_by", "answered_by").order_by("-pk")


def at_record(record_id: int, membership: Membership) -> list[Flag]:
    """What was asked about a record and answered, oldest first; coders have their own questions alone."""
    found = Flag.objects.filter(record=record_id, raised_by=membership.user_id)
    return list(found.select_related("answered_by").order_by("pk"))


def may_flag(record: Record, membership: Membership) -> bool:
    """Whether the member has to do with the record: a blinded coder only with what is or was before them."""
    if not membership.blinded:
        return True
    user = membership.user_id
    places = QueueItem.objects.filter(record=record, state=QueueState.OPEN)
    decided = Decision.objects.filter(record=record, coder=user)
    return places.filter(Q(holder=user) | Q(assigned=user)).exists() or decided.exists()


def flag_of(study: Study, pk: int) -> Flag:
    """One flag of the study.

    Raises:
        Http404: when the study has none with this key.
    """
    found = of_study(study).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such flag in this study."))
    return found

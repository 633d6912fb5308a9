"""Who is blinded, and what is left of a study for them: their own queue, and what they decided themselves.

A coder of a blinded round sees no suggestion, score, earlier code, colleague's code or comment, and nothing
that tells how many people code a record. Pages and API refuse them everything that is not marked as open to
them (``views.access.member_view``, ``api.views.base.StudyViews``); what is open asks the selectors below.
"""

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.choices import QueueState, RecordStatus
from coding_app.models import Decision, Membership, QueueItem, Record, Round, RoundRecord, Study
from coding_app.models.rounds import OPEN_RECORD_STATES, OPEN_STATES


def is_blinded(membership: Membership) -> bool:
    """Whether the member is a coder of a blinded round that has not ended, by plan, place or decision."""
    open_rounds = dict(_blinded_rounds(membership.study_id).values_list("pk", "coders"))
    if not open_rounds:
        return False
    user = membership.user_id
    if any(coder["user"] == user for coders in open_rounds.values() for coder in coders):
        return True
    places = QueueItem.objects.filter(round_record__round__in=open_rounds, state=QueueState.OPEN)
    decided = Decision.objects.filter(round_record__round__in=open_rounds, coder=user)
    return places.filter(Q(assigned=user) | Q(holder=user)).exists() or decided.exists()


def blinded_rounds_go_on(study: str) -> Exists:
    """Condition: coders may be blinded in the study that ``study`` leads to from the rows asked for."""
    return Exists(Round.objects.filter(study=OuterRef(study), blinded=True, state__in=OPEN_STATES))


def _blinded_rounds(study: int) -> QuerySet[Round]:
    return Round.objects.filter(study=study, blinded=True, state__in=OPEN_STATES).order_by("pk")


def studies_blinded_in(user: User) -> set[int]:
    """Keys of the studies in which the user is blinded."""
    memberships = Membership.objects.filter(blinded_rounds_go_on("study"), user=user, deactivated_at=None)
    return {one.study_id for one in memberships if is_blinded(one)}


def own_decisions(study: Study, user: User) -> QuerySet[Decision]:
    """What a blinded coder decided, newest first, undone ones too.

    A record that is being coded in a blinded round shows what they decided within that round alone: what
    they said of it earlier would be an earlier code.
    """
    blinded = RoundRecord.objects.filter(
        record=OuterRef("record"),
        round__blinded=True,
        round__state__in=OPEN_STATES,
        state__in=OPEN_RECORD_STATES,
    )
    within = Q(round_record__round__blinded=True, round_record__round__state__in=OPEN_STATES)
    return (
        Decision.objects.filter(record__study=study, coder=user)
        .filter(within | ~Exists(blinded))
        .select_related("record__source", "record__study", "code")
        .prefetch_related("code__labels")
        .order_by("-pk")
    )


def own_record(study: Study, user: User, pk: int) -> tuple[Record, list[Decision]]:
    """A record that a blinded coder decided, bare, with their own decisions, oldest first.

    Raises:
        Http404: when they decided none with this key.
    """
    found = list(own_decisions(study, user).filter(record=pk).order_by("pk"))
    if not found:
        raise Http404(_("There is no such record among those you decided."))
    return bare(found[0].record), found


def bare(record: Record) -> Record:
    """The record with its id and literals alone: a copy that is not to be saved.

    Left out with the machine's answer, the routing and the final code are the other columns of the file:
    among them may be a code that somebody gave earlier.
    """
    return Record(
        pk=record.pk,
        study=record.study,
        source=record.source,
        external_id=record.external_id,
        line=record.line,
        values=[],
        occupation=record.occupation,
        industry=record.industry,
        status=RecordStatus.WAITING,
        version=record.version,
    )

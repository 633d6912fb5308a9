"""What adjudicators see: two codes as A and B in random order, the literals, and nobody's name."""

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from coding_app import permissions
from coding_app.choices import AdjudicationState, RoundKind, Side, Verb
from coding_app.models import Adjudication, Code, Decision, Event, Membership, Record, RoundRecord, Study
from coding_app.models.rounds import GOING_STATES
from coding_app.selectors.blinding import bare

_LABELS: Final = "ABC"


@dataclass(frozen=True, slots=True)
class Option:
    """A code before an adjudicator. ``side``, whose it is, stays on the server: a form sends the ``label``.

    ``code`` is ``None`` where somebody said that the record cannot be coded; ``cannot_reason`` says why.
    """

    label: str
    side: Side
    code: Code | None
    cannot_reason: str = ""


@dataclass(frozen=True, slots=True)
class Disputed:
    """A disputed record before an adjudicator: ``record`` has its id and literals alone."""

    adjudication: Adjudication
    record: Record
    literals: list[tuple[str, str]]
    options: list[Option]
    may_send_back: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody had settled: whose code it was, the code or why there is none, and the reason."""

    side: Side
    code: str | None
    cannot_reason: str
    reason: str


@dataclass(frozen=True, slots=True)
class AdjudicationCounts:
    """What is left for a user: ``open`` in all, ``elsewhere`` of them before other adjudicators now."""

    open: int
    elsewhere: int
    settled_by_me: int


def waiting_for(
    study: Study, user: User, *, state: AdjudicationState | None = AdjudicationState.OPEN
) -> QuerySet[Adjudication]:
    """The adjudications that a user may take, oldest first; with ``state=None`` those of any state.

    Open ones are waiting as long as their round goes on.

    Those that are assigned to them; and to supervisors and managers those assigned to nobody, but for records
    that they decided in the round, even if they took it back.
    """
    found = Adjudication.objects.filter(study=study).order_by("pk")
    if state is not None:
        found = found.filter(state=state)
    if state == AdjudicationState.OPEN:
        found = found.filter(round_record__round__state__in=GOING_STATES)
    own = Decision.objects.filter(round_record=OuterRef("round_record"), coder=user)
    theirs = Q(assigned=user)
    member = Membership.objects.filter(study=study, user=user, deactivated_at=None).first()
    if member is None:
        return found.none()
    if permissions.allows(member.role, permissions.SUPERVISE):
        theirs |= Q(assigned__isnull=True)
    return found.filter(theirs).filter(~Exists(own))


def may_adjudicate(membership: Membership) -> bool:
    """Whether adjudication is for this member: a supervisor, or a coder whom a record was assigned to."""
    if permissions.allows(membership.role, permissions.SUPERVISE):
        return True
    return Adjudication.objects.filter(study=membership.study_id, assigned=membership.user_id).exists()


def options(adjudication: Adjudication, within: RoundRecord) -> list[Option]:
    """The codes that can be chosen, in the order and by the labels of this adjudication.

    The machine's is there where it is one of the two, or where the round shows it as one more and it is not
    one of them anyway.
    """
    first, second = adjudication.first, adjudication.second
    answers = [(Side.FIRST, first.code, first.reason)]
    if second is not None:
        answers.append((Side.SECOND, second.code, second.reason))
    else:
        answers.append((Side.MACHINE, within.machine_code, ""))
    if adjudication.swapped:
        answers.reverse()
    if second is not None and within.round.machine_unlabelled and within.machine_code is not None:
        extra = within.machine_code
        if extra not in [code for _side, code, _reason in answers]:
            # Anywhere among them: as the last one it would be labelled by its place.
            answers.insert(_anywhere(adjudication), (Side.MACHINE, extra, ""))
    return [
        Option(label, side, code, reason)
        for label, (side, code, reason) in zip(_LABELS, answers, strict=False)
    ]


def _anywhere(adjudication: Adjudication) -> int:
    """A place from 0 to 2, the same whenever it is asked, that nobody can foresee."""
    return salted_hmac("coding_app.adjudication", str(adjudication.pk)).digest()[0] % 3


def before(adjudication: Adjudication, user: User) -> Disputed:
    """Everything the adjudicator's screen shows.

    Raises:
        Adjudication.DoesNotExist: when it is not for this user, who may have coded the record.
    """
    found = waiting_for(adjudication.study, user, state=None).select_related(
        "record__source",
        "record__study__classification",
        "first__code__parent",
        "second__code__parent",
        "round_record__round",
        "round_record__machine_code__parent",
    )
    one = found.prefetch_related(
        "first__code__labels", "second__code__labels", "round_record__machine_code__labels"
    ).get(pk=adjudication.pk)
    return Disputed(
        adjudication=one,
        record=bare(one.record),
        literals=_literals(one.record),
        options=options(one, one.round_record),
        may_send_back=one.round_record.round.kind != RoundKind.EVALUATION,
    )


def _literals(record: Record) -> list[tuple[str, str]]:
    """What the file calls the literals, and how they were written."""
    source = record.source
    places = [source.occupation_column, source.industry_column]
    written = [record.occupation, record.industry]
    return [(source.header[at], text) for at, text in zip(places, written, strict=True) if at is not None]


def taken_back(adjudication: Adjudication, user: User) -> Answer | None:
    """What this user had settled, where taking it back is the last that happened to it."""
    told = Event.objects.filter(record=adjudication.record_id, data__adjudication=adjudication.pk)
    match list(told.order_by("-pk")[:2]):
        case [undone, settled] if undone.verb == Verb.DECISION_UNDONE and undone.actor_id == user.pk:
            said = settled.data
            return Answer(
                Side(said["side"]), said["result"], said.get("cannot_reason", ""), said.get("reason", "")
            )
    return None


def adjudication_of(study: Study, user: User, pk: int) -> Adjudication:
    """One that is for this user, whatever became of it.

    Raises:
        Http404: when there is none with this key.
    """
    found = waiting_for(study, user, state=None).filter(pk=pk).select_related("study").first()
    if found is None:
        raise Http404(_("There is no such disputed record for you."))
    return found


def holds(key: int, user: User) -> bool:
    """Whether this user has the adjudication before them."""
    mine = Adjudication.objects.filter(pk=key, state=AdjudicationState.OPEN, holder=user)
    return mine.filter(leased_until__gt=timezone.now()).exists()


def counts(study: Study, user: User) -> AdjudicationCounts:
    """Counts for the head of the adjudicator's screen."""
    waiting = waiting_for(study, user)
    held = waiting.filter(leased_until__gt=timezone.now()).exclude(holder=user)
    return AdjudicationCounts(
        open=waiting.count(), elsewhere=held.count(), settled_by_me=_settled_by(study, user).count()
    )


def _settled_by(study: Study, user: User) -> QuerySet[Adjudication]:
    return Adjudication.objects.filter(study=study, decided_by=user, state=AdjudicationState.SETTLED)


def last_settled(study: Study, user: User) -> Adjudication | None:
    """What undoing would take back."""
    found = _settled_by(study, user).select_related("record", "code")
    return found.order_by("-decided_at", "-pk").first()


def disputes(study: Study) -> QuerySet[Adjudication]:
    """Everything that was disputed, newest first, for supervisors who look at it as a list."""
    found = Adjudication.objects.filter(study=study).select_related(
        "record", "round_record__round", "first__code", "second__code", "code", "decided_by", "holder"
    )
    return found.order_by("-pk")

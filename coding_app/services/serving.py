"""Which record comes next for a coder: what they hold, then their rounds, then the study's own queue.

A blinded coder gets places of blinded rounds alone. Gold records come in between, so that nobody can tell
them from others. Within a round the order of import holds: any other would say what the machine thinks.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from coding_app.choices import QueueOrder, QueueState, RoundKind
from coding_app.models import Decision, Membership, QueueItem, Round, Study
from coding_app.models.rounds import GOING_STATES, OPEN_STATES
from coding_app.selectors.blinding import blinded_rounds_go_on, is_blinded
from coding_app.services import leasing

_ORDERS: Final = {
    QueueOrder.ARRIVAL: ("record_id",),
    QueueOrder.UNCERTAINTY: ("-uncertainty", "record_id"),
    QueueOrder.FREQUENCY: ("-frequency", "record_id"),
}


class _OpenRound(NamedTuple):
    """A round that has not ended."""

    key: int
    kind: str
    state: str
    blinded: bool
    gold_every: int | None
    seed: int
    named: bool

    @property
    def is_going(self) -> bool:
        return self.state in GOING_STATES

    @property
    def is_gold(self) -> bool:
        return self.kind == RoundKind.GOLD


def blinded(study: Study, user: User) -> bool:
    """Whether the user codes in a blinded round of the study."""
    return is_blinded(Membership(study=study, user=user))


def allowed(places: QuerySet[QueueItem], study: Study, user: User) -> QuerySet[QueueItem]:
    """Those of the study's open places that the user may take, whoever has them now."""
    found = _open_to(places, study, user)
    return found.filter(round_record__round__blinded=True) if blinded(study, user) else found


def free(places: QuerySet[QueueItem], study: Study, user: User) -> list[QueueItem]:
    """Those of the study's open places that the user may take now."""
    free = _open_to(places, study, user).filter(leasing.free_for(user))
    found = list(free.annotate(may_be_blinded=blinded_rounds_go_on("study")))
    is_blind = any(one.may_be_blinded for one in found) and blinded(study, user)
    # Asked for apart: most places are in no round.
    prefetch_related_objects([one for one in found if one.round_record_id], "round_record__round")
    return [one for one in found if _may_be_taken(one, is_blind=is_blind)]


def _may_be_taken(place: QueueItem, *, is_blind: bool) -> bool:
    if place.round_record is None:
        return not is_blind
    within = place.round_record.round
    return within.state in GOING_STATES and (within.blinded or not is_blind)


def _open_to(places: QuerySet[QueueItem], study: Study, user: User) -> QuerySet[QueueItem]:
    return places.filter(Q(assigned=user) | Q(assigned__isnull=True), study=study, state=QueueState.OPEN)


def next_place(study: Study, user: User, *, order: QueueOrder, only: Q | None) -> QueueItem | None:
    """Lease the place that is next for the user; call it within a transaction."""
    rounds = _open_rounds(study)
    places = QueueItem.objects.filter(study=study, state=QueueState.OPEN)
    is_blind = any(one.blinded for one in rounds) and blinded(study, user)
    rounds = [one for one in rounds if one.is_going]
    if is_blind:
        rounds = [one for one in rounds if one.blinded]
        places = places.filter(round_record__round__blinded=True)
    within = Q(round_record__isnull=True) | Q(round_record__round__in=[one.key for one in rounds])
    held = places.filter(leasing.held(user), within).order_by("record_id").first()
    if held is not None:
        held.leased_until = leasing.until()
        held.save(update_fields=["leased_until"])
        return held
    gold = [one for one in rounds if one.is_gold]
    due = [one for one in gold if _is_due(one, study, user)]
    others = [one for one in rounds if not one.is_gold]
    found = _of_rounds(places, due, user) or _of_rounds(places, others, user)
    if found is None and not is_blind:
        own = places.filter(round_record__isnull=True)
        if only is not None:
            own = own.filter(only)
        found = leasing.take_first(own.order_by(*_ORDERS[order]), user)
    # With nothing else to do, gold records are served all the same: the queue must not look empty.
    return found or _of_rounds(places, gold, user)


def _open_rounds(study: Study) -> list[_OpenRound]:
    found = Round.objects.filter(study=study, state__in=OPEN_STATES).order_by("pk")
    rows = found.values_list("pk", "kind", "state", "blinded", "gold_every", "seed", "coders")
    return [_OpenRound(*row[:-1], bool(row[-1])) for row in rows]


def _of_rounds(places: QuerySet[QueueItem], rounds: Sequence[_OpenRound], user: User) -> QueueItem | None:
    """The first free place of these rounds that is the user's, else one that is nobody's."""
    if not rounds:
        return None
    # That there is a round is said twice: the index of places within rounds is found by the first.
    within = places.filter(round_record__isnull=False, round_record__round__in=[one.key for one in rounds])
    within = within.order_by("record_id")
    found = leasing.take_first(within.filter(assigned=user), user)
    if found is None and not all(one.named for one in rounds):
        own = Decision.objects.filter(round_record=OuterRef("round_record"), coder=user, undone_at=None)
        found = leasing.take_first(within.filter(~Exists(own), assigned__isnull=True), user)
    return found


def _is_due(gold: _OpenRound, study: Study, user: User) -> bool:
    """Whether the next record is to be a gold one.

    From one gold record to the next it is between 1 and ``2 * gold_every - 1`` records, ``gold_every`` on
    average; how many, the round's seed says anew each time.
    """
    most = 2 * (gold.gold_every or 1) - 1
    made = Decision.objects.filter(record__study=study, coder=user, undone_at__isnull=True)
    recent = list(made.order_by("-decided_at", "-pk").values_list("pk", "round_record__round")[:most])
    since = next((at for at, (_, within) in enumerate(recent) if within == gold.key), len(recent))
    last = recent[since][0] if since < len(recent) else 0
    digest = hashlib.blake2b(f"{gold.seed}:{user.pk}:{last}".encode(), digest_size=8).digest()
    return since + 1 >= 1 + int.from_bytes(digest) % most

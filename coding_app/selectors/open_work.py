"""What is assigned to a member and not done yet, and who may take it over."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from coding_app import permissions
from coding_app.choices import AdjudicationState, QueueState, Role, RoundKind
from coding_app.models import Adjudication, Decision, Membership, QueueItem, Study


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How many records a member has to code, and how many to adjudicate."""

    places: int
    adjudications: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.places + self.adjudications


def of(study: Study, user: User) -> OpenWork:
    """What is assigned to the user."""
    return OpenWork(places_of(study, user).count(), adjudications_of(study, user).count())


def places_of(study: Study, user: User) -> QuerySet[QueueItem]:
    """Open places in the queue that only this user can take, by key, with their rounds."""
    found = QueueItem.objects.filter(study=study, assigned=user, state=QueueState.OPEN)
    return found.select_related("round_record__round").order_by("pk")


def adjudications_of(study: Study, user: User) -> QuerySet[Adjudication]:
    """Open adjudications that only this user can settle, by key, with their rounds and decisions."""
    found = Adjudication.objects.filter(study=study, assigned=user, state=AdjudicationState.OPEN)
    return found.select_related("round_record__round", "first", "second").order_by("pk")


def members_with_work(study: Study) -> dict[int, int]:
    """How much is assigned to whom, by key of the user; who has nothing is left out."""
    places = QueueItem.objects.filter(study=study, state=QueueState.OPEN, assigned__isnull=False)
    disputes = Adjudication.objects.filter(study=study, state=AdjudicationState.OPEN, assigned__isnull=False)
    found: Counter[int] = Counter()
    for users in (places.values_list("assigned", flat=True), disputes.values_list("assigned", flat=True)):
        found.update(users)
    return dict(found)


@dataclass(slots=True)
class Heirs:
    """Who of the active members may take over what, without breaking the rules of a round.

    Nobody codes a record twice, settles what they decided, or codes in a blinded round unless they are a
    coder; an evaluation's disagreements go to its other coders, all others to supervisors and managers.
    """

    study: Study
    roles: dict[int, Role] = field(init=False)
    load: Counter[int] = field(init=False)
    _coded: dict[int, set[int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        active = Membership.objects.filter(study=self.study, deactivated_at=None, user__is_active=True)
        self.roles = {key: Role(role) for key, role in active.values_list("user_id", "role")}
        self.load = Counter(members_with_work(self.study))

    def look_at(self, round_records: Iterable[int]) -> None:
        """Find out who codes, or coded, these."""
        keys = list(round_records)
        self._coded = {key: set() for key in keys}
        places = QueueItem.objects.filter(Q(assigned__isnull=False), round_record__in=keys)
        decided = Decision.objects.filter(round_record__in=keys)
        for found in (
            places.exclude(state=QueueState.WITHDRAWN).values_list("round_record", "assigned"),
            decided.values_list("round_record", "coder"),
        ):
            for within, user in found:
                self._coded[within].add(user)

    def takes_place(self, user: int, place: QueueItem) -> bool:
        """Whether the user may take over a place in the queue."""
        within = place.round_record
        if user not in self.roles:
            return False
        if within is None:
            return True
        if within.round.blinded and self.roles[user] != Role.CODER:
            return False
        return user not in self._coded[within.pk]

    def takes_adjudication(self, user: int, dispute: Adjudication) -> bool:
        """Whether the user may take over an adjudication."""
        if user not in self.roles or user in self._coded[dispute.round_record_id]:
            return False
        if dispute.round_record.round.kind == RoundKind.EVALUATION:
            return self.roles[user] == Role.CODER
        return permissions.allows(self.roles[user], permissions.SUPERVISE)

    def took_place(self, user: int, place: QueueItem) -> None:
        """Count what a user was given."""
        self.load[user] += 1
        if place.round_record_id is not None:
            self._coded[place.round_record_id].add(user)

    def least_loaded(self, users: Iterable[int]) -> int | None:
        """Who of these has least to do; ``None`` for nobody."""
        return min(users, key=lambda user: (self.load[user], user), default=None)

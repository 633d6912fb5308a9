"""Giving a leaver's open work to others, without breaking the rules of a round."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from coding_app.choices import AdjudicationState, QueueState, RoundKind, Verb
from coding_app.exceptions import InvalidInput
from coding_app.models import Adjudication, Membership, QueueItem, Study
from coding_app.selectors import open_work
from coding_app.selectors.open_work import Heirs
from coding_app.services import events


@dataclass(frozen=True, slots=True)
class Transfer:
    """How much went to whom, by user name (empty: to whoever comes first); ``left`` nobody else may do."""

    places: dict[str, int]
    adjudications: dict[str, int]
    left: int

    @property
    def moved(self) -> int:
        """All that found somebody."""
        return sum(self.places.values()) + sum(self.adjudications.values())


@transaction.atomic
def transfer(*, study: Study, leaver: User, to: User | None, user: User) -> Transfer:
    """Give what is assigned to ``leaver`` to another member, or with ``None`` to all who may do it.

    Given to all, each record goes to the coder of its round who has least to do, and where no coder of the
    round may take it to the member who has; disputes go back to every adjudicator, those of an evaluation to
    its other coders. What nobody may do is left with the leaver.

    Raises:
        InvalidInput: when there is nothing to transfer, ``to`` is no active member or the leaver, or ``to``
            may not take all of it; nothing is moved then.
    """
    # Locked, so that two transfers at once do not give a record to one coder twice.
    Study.objects.select_for_update().get(pk=study.pk)
    places = list(open_work.places_of(study, leaver))
    disputes = list(open_work.adjudications_of(study, leaver))
    if not places and not disputes:
        raise InvalidInput(_("%(name)s has no work to transfer.") % {"name": leaver.get_username()})
    heirs = Heirs(study)
    heirs.look_at(
        {one.round_record_id for one in places if one.round_record_id is not None}
        | {one.round_record_id for one in disputes}
    )
    heirs.roles.pop(leaver.pk, None)
    if to is not None:
        _require(heirs, to, places, disputes)
    names = dict(Membership.objects.filter(study=study).values_list("user_id", "user__username"))
    moved: dict[str, dict[str, int]] = {"places": {}, "adjudications": {}}
    left = 0
    for place in places:
        heir = to.pk if to is not None else _coder_for(heirs, place)
        if heir is None:
            left += 1
            continue
        heirs.took_place(heir, place)
        _give_place(place, heir)
        moved["places"][names[heir]] = moved["places"].get(names[heir], 0) + 1
    for dispute in disputes:
        whoever = to is None and dispute.round_record.round.kind != RoundKind.EVALUATION
        heir = to.pk if to is not None else None if whoever else _judge_for(heirs, dispute)
        if heir is None and not whoever:
            left += 1
            continue
        _give_dispute(dispute, heir)
        heirs.load.update([heir] if heir is not None else [])
        name = names[heir] if heir is not None else ""
        moved["adjudications"][name] = moved["adjudications"].get(name, 0) + 1
    made = Transfer(moved["places"], moved["adjudications"], left)
    if made.moved:
        events.write(
            study=study,
            verb=Verb.WORK_TRANSFERRED,
            actor=user,
            data={
                "from": leaver.get_username(),
                "to": to.get_username() if to is not None else None,
                **moved,
                "left": left,
            },
        )
    return made


def _require(heirs: Heirs, to: User, places: list[QueueItem], disputes: list[Adjudication]) -> None:
    if to.pk not in heirs.roles:
        raise InvalidInput(_("Choose another active member of this study."))
    refused = sum(not heirs.takes_place(to.pk, one) for one in places)
    refused += sum(not heirs.takes_adjudication(to.pk, one) for one in disputes)
    if refused:
        raise InvalidInput(
            _(
                "%(name)s may not do %(n)s of these: nobody codes a record twice or settles what they "
                "decided, only coders code in blinded rounds, and only supervisors and managers "
                "adjudicate. Choose somebody else, or give the work to all."
            )
            % {"name": to.get_username(), "n": refused}
        )


def _coder_for(heirs: Heirs, place: QueueItem) -> int | None:
    named = {coder["user"] for coder in place.round_record.round.coders} if place.round_record else set()
    fit = [user for user in heirs.roles if heirs.takes_place(user, place)]
    return heirs.least_loaded(user for user in fit if user in named) or heirs.least_loaded(fit)


def _judge_for(heirs: Heirs, dispute: Adjudication) -> int | None:
    named = {coder["user"] for coder in dispute.round_record.round.coders}
    fit = [user for user in heirs.roles if heirs.takes_adjudication(user, dispute)]
    return heirs.least_loaded(user for user in fit if user in named) or heirs.least_loaded(fit)


def _give_place(place: QueueItem, heir: int) -> None:
    QueueItem.objects.filter(pk=place.pk, state=QueueState.OPEN).update(
        assigned=heir, holder=None, leased_until=None
    )


def _give_dispute(dispute: Adjudication, heir: int | None) -> None:
    Adjudication.objects.filter(pk=dispute.pk, state=AdjudicationState.OPEN).update(
        assigned=heir, holder=None, leased_until=None
    )

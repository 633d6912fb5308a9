"""Who works in a study, and as what. What a member decided stays, whatever becomes of them."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding_app.choices import AdjudicationState, Role, Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Adjudication, Membership, Study
from coding_app.selectors import open_work
from coding_app.selectors.blinding import is_blinded
from coding_app.services import events, review


@transaction.atomic
def add(*, study: Study, member: User, role: Role, user: User | None) -> Membership:
    """Make ``member`` a member with ``role``.

    Raises:
        Conflict: when they are one already, active or not.
    """
    membership, created = Membership.objects.get_or_create(study=study, user=member, defaults={"role": role})
    if not created:
        if membership.deactivated_at is not None:
            raise Conflict(
                _("The membership of %(name)s is deactivated: a manager can make it active again.")
                % {"name": member.get_username()}
            )
        raise Conflict(
            _("%(name)s is a member already, as %(role)s.")
            % {"name": member.get_username(), "role": membership.get_role_display()}
        )
    _told(membership, Verb.MEMBER_ADDED, user, after=role)
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: Role, user: User) -> None:
    """Give a member another role.

    Raises:
        InvalidInput: when the study would be left without a manager, or a blinded coder would see what they
            may not.
        Conflict: when their role is another by now.
    """
    _keep_a_manager(membership, becomes=role)
    if role != membership.role and is_blinded(membership):
        raise InvalidInput(
            _("%(name)s codes in a blinded round: end the round before giving them another role.")
            % {"name": membership.user.get_username()}
        )
    before = membership.role
    if not Membership.objects.filter(pk=membership.pk, role=before).update(role=role):
        raise _gone(membership)
    membership.role = role
    _told(membership, Verb.MEMBER_CHANGED, user, before=before, after=role)


@transaction.atomic
def remove(*, membership: Membership, user: User) -> None:
    """End a membership.

    Raises:
        InvalidInput: when the study would be left without a manager, or work is assigned to the member.
    """
    _keep_a_manager(membership, becomes=None)
    left = open_work.of(membership.study, membership.user)
    if left.total:
        raise InvalidInput(
            _(
                "%(name)s has %(n)s records to work on: transfer them to others first, or deactivate the "
                "membership."
            )
            % {"name": membership.user.get_username(), "n": left.total}
        )
    _told(membership, Verb.MEMBER_REMOVED, user, before=membership.role)
    _put_down(membership)
    membership.delete()


@transaction.atomic
def deactivate(*, membership: Membership, user: User) -> None:
    """Close the study to a member; what they have open is free for others, what is assigned to them stays so.

    Raises:
        InvalidInput: when the study would be left without a manager.
        Conflict: when it is closed to them already.
    """
    _keep_a_manager(membership, becomes=None)
    active = Membership.objects.filter(pk=membership.pk, deactivated_at=None)
    now = timezone.now()
    if not active.update(deactivated_at=now):
        raise _gone(membership)
    membership.deactivated_at = now
    _put_down(membership)
    _told(membership, Verb.MEMBER_DEACTIVATED, user, before="active", after="deactivated")


@transaction.atomic
def reactivate(*, membership: Membership, user: User) -> None:
    """Open the study to a deactivated member again, in the role they had.

    Raises:
        Conflict: when they are active.
    """
    closed = Membership.objects.filter(pk=membership.pk, deactivated_at__isnull=False)
    if not closed.update(deactivated_at=None):
        raise _gone(membership)
    membership.deactivated_at = None
    _told(membership, Verb.MEMBER_REACTIVATED, user, before="deactivated", after="active")


def _told(
    membership: Membership, verb: Verb, user: User | None, *, before: str = "", after: str = ""
) -> None:
    events.write(
        study=membership.study,
        verb=verb,
        actor=user,
        before=before,
        after=after,
        data={"member": membership.user.get_username()},
    )


def _put_down(membership: Membership) -> None:
    """What they have open is not kept from others until the lease ends."""
    review.release(study=membership.study, user=membership.user)
    Adjudication.objects.filter(
        study=membership.study, holder=membership.user, state=AdjudicationState.OPEN
    ).update(holder=None, leased_until=None)


def _gone(membership: Membership) -> Conflict:
    return Conflict(
        _("The membership of %(name)s was changed meanwhile: look again.")
        % {"name": membership.user.get_username()}
    )


def _keep_a_manager(membership: Membership, *, becomes: Role | None) -> None:
    # Locked on the study, so that two managers cannot each remove the other at once.
    Study.objects.select_for_update().get(pk=membership.study_id)
    managers = Membership.objects.filter(study=membership.study_id, role=Role.MANAGER, deactivated_at=None)
    is_one = membership.role == Role.MANAGER and membership.deactivated_at is None
    if is_one and becomes != Role.MANAGER and not managers.exclude(pk=membership.pk).exists():
        raise InvalidInput(_("A study needs a manager: make somebody else one first."))

"""Inviting by link. The link's secret is told once and kept as its SHA-256 alone."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding_app.choices import Role, Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Invitation, Membership, Study
from coding_app.selectors import invitations as selected
from coding_app.services import events, members

DAYS = 14
MOST_DAYS = 90
MAX_NOTE = 200


@transaction.atomic
def invite(
    *, study: Study, role: Role, user: User, note: str = "", days: int = DAYS
) -> tuple[Invitation, str]:
    """A new invitation and the secret of its link, which can be had only now.

    Args:
        note: whom it is for.
        days: how long it can be accepted.

    Raises:
        InvalidInput: for a note that is too long, or a number of days that is too small or too large.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(_("An invitation is open for 1 to %(most)s days.") % {"most": MOST_DAYS})
    note = note.strip()
    if len(note) > MAX_NOTE or "\0" in note:
        raise InvalidInput(_("Say in at most %(most)s characters whom it is for.") % {"most": MAX_NOTE})
    secret = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        study=study,
        role=role,
        note=note,
        secret_hash=selected.fingerprint(secret),
        created_by=user,
        expires_at=timezone.now() + timedelta(days=days),
    )
    events.write(
        study=study,
        verb=Verb.MEMBER_INVITED,
        actor=user,
        after=role,
        data={"invitation": made.pk, "note": note, "days": days},
    )
    return made, secret


@transaction.atomic
def withdraw(*, invitation: Invitation, user: User) -> None:
    """Make a link useless.

    Raises:
        Conflict: when it was used or withdrawn already.
    """
    still = Invitation.objects.filter(pk=invitation.pk, used_at=None, withdrawn_at=None)
    if not still.update(withdrawn_at=timezone.now()):
        raise Conflict(_("This invitation was used or withdrawn already."))
    events.write(
        study=invitation.study,
        verb=Verb.INVITATION_WITHDRAWN,
        actor=user,
        data={"invitation": invitation.pk, "note": invitation.note},
    )


@transaction.atomic
def accept(*, secret: str, user: User) -> Membership:
    """Make ``user`` a member by a link, which is used up by it.

    Raises:
        Conflict: when the link is not open any more, or the user is a member already; it stays open then.
    """
    found = selected.by_secret(secret)
    now = timezone.now()
    if found is None or not Invitation.objects.filter(pk=found.pk, used_at=None, withdrawn_at=None).update(
        used_at=now, used_by=user
    ):
        raise Conflict(
            _("This invitation is not open any more. Ask whoever sent it to you for another link.")
        )
    made = members.add(study=found.study, member=user, role=Role(found.role), user=found.created_by)
    events.write(
        study=found.study,
        verb=Verb.INVITATION_USED,
        actor=user,
        after=found.role,
        data={"invitation": found.pk, "note": found.note, "member": user.get_username()},
    )
    return made


@transaction.atomic
def join(*, secret: str, username: str, password: str) -> Membership:
    """Make an account and a member of it. The password is to be checked by Django's validators before.

    Raises:
        InvalidInput: when somebody has the name already; no account is made then.
        Conflict: when the link is not open any more; no account is made then.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password=password)
    except IntegrityError as error:
        raise InvalidInput(_("Somebody has this user name already: choose another.")) from error
    return accept(secret=secret, user=user)

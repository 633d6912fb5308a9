"""What each role may do, for pages and API alike."""

from django.utils.translation import gettext as _

from coding_app.choices import Role
from coding_app.exceptions import NotAllowed
from coding_app.models import Membership

CODE_RECORDS = frozenset({Role.CODER, Role.SUPERVISOR, Role.MANAGER})
SUPERVISE = frozenset({Role.SUPERVISOR, Role.MANAGER})
MANAGE = frozenset({Role.MANAGER})


def allows(role: str, roles: frozenset[Role]) -> bool:
    """Whether ``role`` is among ``roles``."""
    return role in roles


def require(role: str, roles: frozenset[Role], what: str) -> None:
    """Refuse ``what`` to a role that may not do it; ``what`` is in English and is translated here.

    Raises:
        NotAllowed: naming what was refused and who may do it.
    """
    if not allows(role, roles):
        names = ", ".join(str(Role(one).label).lower() for one in Role if one in roles)
        raise NotAllowed(
            _("You may not %(what)s in this study: ask a member with the role %(roles)s.")
            % {"what": _(what), "roles": names}
        )


def require_open(membership: Membership, *, open_to_blinded: bool) -> None:
    """Refuse a blinded member what is not marked as open to them.

    Raises:
        NotAllowed: without a word on why: how a study is coded would tell them what they may not know.
    """
    if membership.blinded and not open_to_blinded:
        raise NotAllowed(
            _("This is closed to you for now: go on in the queue. It opens when your coding there has ended.")
        )

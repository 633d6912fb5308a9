"""Who may open a page, and what every page of a study knows."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from coding_app import permissions
from coding_app.choices import Role
from coding_app.exceptions import NotAllowed
from coding_app.models import Membership
from coding_app.selectors import studies
from coding_app.selectors.adjudication import may_adjudicate

P = ParamSpec("P")


class PageRequest(HttpRequest):
    """A request of somebody who has signed in, as the middlewares leave it."""

    user: User
    htmx: HtmxDetails


def signed_in(
    *methods: str,
) -> Callable[[Callable[Concatenate[PageRequest, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A page for everybody who has signed in, answering to these HTTP methods."""

    def decorate(
        view: Callable[Concatenate[PageRequest, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        guarded: Callable[..., HttpResponseBase] = login_required(view)
        return require_http_methods([*methods])(guarded)

    return decorate


def member_view(
    *methods: str,
    roles: frozenset[Role] = permissions.CODE_RECORDS,
    what: str = gettext_noop("open this page"),
    open_to_blinded: bool = False,
) -> Callable[
    [Callable[Concatenate[PageRequest, Membership, P], HttpResponseBase]], Callable[..., HttpResponseBase]
]:
    """A page of a study: the view is given the reader's membership in place of the ``slug`` of the address.

    Without sign-in the answer is a redirect to the login page, without membership 404; with a role outside
    ``roles``, or when the view raises ``NotAllowed``, 403 saying ``what`` was refused.

    Args:
        open_to_blinded: whether a blinded coder may open it. Say so only of a page that leaves out, where
            ``membership.blinded``, all that ``selectors.blinding`` names; the rest is closed to them.
    """

    def decorate(
        view: Callable[Concatenate[PageRequest, Membership, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def opened(request: PageRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            membership = studies.membership_in(request.user, slug)
            try:
                # Before the role is asked: what it is that they may not do would tell them of it.
                permissions.require_open(membership, open_to_blinded=open_to_blinded)
                permissions.require(membership.role, roles, what)
                return view(request, membership, *args, **kwargs)
            except NotAllowed as error:
                raise PermissionDenied(str(error)) from error

        # The address gives ``slug`` by name, which the type of a decorated view cannot say.
        by_address: Callable[..., HttpResponseBase] = opened
        return signed_in(*methods)(by_address)

    return decorate


def study_page(
    request: HttpRequest,
    membership: Membership,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a page (or fragment) of a study.

    Beside ``context`` the template knows ``study``, ``membership``, ``may_supervise``, ``may_manage``,
    ``may_adjudicate`` and ``blinded``.
    """
    return render(
        request,
        template,
        {
            "study": membership.study,
            "membership": membership,
            "may_supervise": permissions.allows(membership.role, permissions.SUPERVISE),
            "may_manage": permissions.allows(membership.role, permissions.MANAGE),
            "may_adjudicate": may_adjudicate(membership),
            "blinded": membership.blinded,
            **(context or {}),
        },
        status=status,
    )

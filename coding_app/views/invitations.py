"""Inviting by link: a manager makes and withdraws links, whoever opens one becomes a member."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coding_app import permissions
from coding_app.choices import Role
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Membership
from coding_app.selectors import invitations as selected
from coding_app.services import invitations
from coding_app.views.access import PageRequest, member_view
from coding_app.views.forms import InvitationForm
from coding_app.views.members import MANAGE, members_page


@member_view("POST", roles=permissions.MANAGE, what=MANAGE)
def invite(request: PageRequest, membership: Membership) -> HttpResponse:
    """Make a link. It is in this answer and nowhere else: only a fingerprint of it is kept."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return members_page(request, membership, invitation_form=form, status=422)
    try:
        _made, secret = invitations.invite(
            study=membership.study,
            role=Role(form.cleaned_data["role"]),
            note=form.cleaned_data["note"],
            days=form.cleaned_data["days"],
            user=request.user,
        )
    except InvalidInput as error:
        form.add_error(None, str(error))
        return members_page(request, membership, invitation_form=form, status=422)
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    answer = members_page(request, membership, link=link)
    add_never_cache_headers(answer)
    return answer


@member_view("POST", roles=permissions.MANAGE, what=MANAGE)
def withdraw(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Make a link useless."""
    found = selected.of_study(membership.study).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such invitation to this study."))
    try:
        invitations.withdraw(invitation=found, user=request.user)
        messages.success(request, _("The invitation is withdrawn: its link leads nowhere now."))
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("members", membership.study.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """What a link leads to: to accept it when signed in, else to sign in or to make an account."""
    invitation = selected.by_secret(secret)
    context: dict[str, object] = {"invitation": invitation}
    status = 200
    if invitation is None:
        status = 404
    elif request.method == "POST":
        try:
            made = _member(request, secret, context)
        except (InvalidInput, Conflict) as error:
            context["error"] = str(error)
            made = None
        if made is not None:
            messages.success(request, _("You are a member of this study now."))
            return redirect("study", made.study.slug)
        status = 422
    if not request.user.is_authenticated:
        context.setdefault("form", UserCreationForm())
        context["sign_in"] = f"{reverse('login')}?{urlencode({'next': request.path})}"
    answer = render(request, "members/invitation.html", context, status=status)
    add_never_cache_headers(answer)
    return answer


def _member(request: HttpRequest, secret: str, context: dict[str, object]) -> Membership | None:
    """Accept as whoever is signed in, else make an account; ``None`` where its form is filled in wrongly."""
    if isinstance(request.user, User):
        return invitations.accept(secret=secret, user=request.user)
    form: UserCreationForm[User] = UserCreationForm(request.POST)
    context["form"] = form
    if not form.is_valid():
        return None
    made = invitations.join(
        secret=secret, username=form.cleaned_data["username"], password=form.cleaned_data["password1"]
    )
    login(request, made.user)
    return made

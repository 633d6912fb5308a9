"""Who works in a study, and as what."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import Role
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Membership
from coding_app.selectors import lists
from coding_app.services import studies
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.forms import MemberForm


@member_view("GET", "HEAD", "POST", roles=permissions.MANAGE, what=gettext_noop("manage members"))
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """The members; ``action`` says what a POST wants: ``add``, ``change`` or ``remove``."""
    action = request.POST.get("action", "")
    if request.method == "POST" and action != "add":
        return _change(request, membership, action)
    study = membership.study
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        user = lists.user_named(form.cleaned_data["username"])
        try:
            if user is None:
                raise InvalidInput(
                    _(
                        "There is no user of this name: an administrator makes accounts at /admin/ "
                        "or with “manage.py createsuperuser”."
                    )
                )
            studies.add_member(
                study=study, member=user, role=Role(form.cleaned_data["role"]), user=request.user
            )
        except (InvalidInput, Conflict) as error:
            form.add_error("username", str(error))
        else:
            messages.success(request, _("%(name)s is a member now.") % {"name": user.get_username()})
            return redirect("members", study.slug)
    context = {"form": form, "members": lists.members(study), "roles": Role.choices}
    return study_page(request, membership, "members/index.html", context, status=422 if form.errors else 200)


def _change(request: PageRequest, membership: Membership, action: str) -> HttpResponse:
    study = membership.study
    key = request.POST.get("member", "")
    other = lists.member_of(study, int(key) if key.isdecimal() and len(key) < 18 else 0)
    name = other.user.get_username()
    try:
        if action == "remove":
            studies.remove_member(membership=other, user=request.user)
            messages.success(request, _("%(name)s is no longer a member.") % {"name": name})
        elif action == "change" and request.POST.get("role") in Role.values:
            studies.change_role(membership=other, role=Role(request.POST["role"]), user=request.user)
            messages.success(request, _("The role of %(name)s is changed.") % {"name": name})
        else:
            messages.error(request, _("Nothing was changed: choose a role."))
    except InvalidInput as error:
        messages.error(request, str(error))
    return _after(membership, other)


def _after(membership: Membership, other: Membership) -> HttpResponse:
    """The list again; elsewhere for those who have just shut themselves out of it."""
    if other.user_id != membership.user_id:
        return redirect("members", membership.study.slug)
    if other.pk is None:
        return redirect("studies")
    return redirect("members" if other.role == Role.MANAGER else "study", membership.study.slug)

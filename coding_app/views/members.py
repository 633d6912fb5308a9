"""Who works in a study, and as what."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from coding_app import permissions
from coding_app.choices import Role
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Membership
from coding_app.selectors import invitations, lists, open_work
from coding_app.services import members, transfers
from coding_app.services.transfers import Transfer
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.forms import InvitationForm, MemberForm

MANAGE = gettext_noop("manage members")
EVERYBODY = "everybody"


@member_view("GET", "HEAD", "POST", roles=permissions.MANAGE, what=MANAGE)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """The members; ``action`` says what a POST wants: ``add``, or what is to become of one of them."""
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
                    _("There is no user of this name. Somebody without an account can be invited by a link.")
                )
            members.add(study=study, member=user, role=Role(form.cleaned_data["role"]), user=request.user)
        except (InvalidInput, Conflict) as error:
            form.add_error("username", str(error))
        else:
            messages.success(request, _("%(name)s is a member now.") % {"name": user.get_username()})
            return redirect("members", study.slug)
    return members_page(request, membership, form=form, status=422 if form.errors else 200)


def members_page(
    request: PageRequest,
    membership: Membership,
    *,
    form: MemberForm | None = None,
    invitation_form: InvitationForm | None = None,
    link: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of the members; ``link`` is an invitation that was just made."""
    work = open_work.members_with_work(membership.study)
    context = {
        "form": form or MemberForm(),
        "invitation_form": invitation_form or InvitationForm(),
        "link": link,
        "rows": [(one, work.get(one.user_id, 0)) for one in lists.members(membership.study)],
        "invitations": invitations.of_study(membership.study)[:50],
        "roles": Role.choices,
    }
    return study_page(request, membership, "members/index.html", context, status=status)


def _change(request: PageRequest, membership: Membership, action: str) -> HttpResponse:
    study = membership.study
    key = request.POST.get("member", "")
    other = lists.member_of(study, int(key) if key.isdecimal() and len(key) < 18 else 0)
    name = other.user.get_username()
    try:
        if action == "remove":
            members.remove(membership=other, user=request.user)
            messages.success(request, _("%(name)s is no longer a member.") % {"name": name})
        elif action == "change" and request.POST.get("role") in Role.values:
            members.change_role(membership=other, role=Role(request.POST["role"]), user=request.user)
            messages.success(request, _("The role of %(name)s is changed.") % {"name": name})
        elif action == "deactivate":
            members.deactivate(membership=other, user=request.user)
            messages.success(request, _("The study is closed to %(name)s now.") % {"name": name})
        elif action == "reactivate":
            members.reactivate(membership=other, user=request.user)
            messages.success(request, _("The study is open to %(name)s again.") % {"name": name})
        else:
            messages.error(request, _("Nothing was changed: choose a role."))
    except (InvalidInput, Conflict) as error:
        messages.error(request, str(error))
    return _after(membership, other)


def _after(membership: Membership, other: Membership) -> HttpResponse:
    """The list again; elsewhere for those who have just shut themselves out of it."""
    if other.user_id != membership.user_id:
        return redirect("members", membership.study.slug)
    if other.pk is None or other.deactivated_at is not None:
        return redirect("studies")
    return redirect("members" if other.role == Role.MANAGER else "study", membership.study.slug)


@member_view("GET", "HEAD", "POST", roles=permissions.MANAGE, what=MANAGE)
def transfer(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """What is assigned to a member, to be given to another (``to``: a user's key) or to ``everybody``."""
    study = membership.study
    leaver = lists.member_of(study, pk)
    others = lists.active_members(study).exclude(pk=leaver.pk)
    error = ""
    if request.method == "POST":
        asked = request.POST.get("to", "")
        heir = next((one.user for one in others if str(one.user_id) == asked), None)
        try:
            if heir is None and asked != EVERYBODY:
                raise InvalidInput(_("Choose who is to have the work."))
            made = transfers.transfer(study=study, leaver=leaver.user, to=heir, user=request.user)
        except InvalidInput as refused:
            error = str(refused)
        else:
            messages.success(request, _told(made))
            return redirect("members", study.slug)
    context = {
        "leaver": leaver,
        "work": open_work.of(study, leaver.user),
        "others": others,
        "everybody": EVERYBODY,
        "error": error,
    }
    return study_page(request, membership, "members/transfer.html", context, status=422 if error else 200)


def _told(made: Transfer) -> str:
    moved = ngettext("%(n)s record was transferred.", "%(n)s records were transferred.", made.moved) % {
        "n": made.moved
    }
    if not made.left:
        return moved
    left = ngettext(
        "%(n)s stays where it is: nobody else may do it.",
        "%(n)s stay where they are: nobody else may do them.",
        made.left,
    )
    return f"{moved} {left % {'n': made.left}}"

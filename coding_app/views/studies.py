"""The list of studies, a new one, and its settings."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.exceptions import InvalidInput
from coding_app.models import Membership
from coding_app.selectors import lists
from coding_app.services import studies
from coding_app.views.access import PageRequest, member_view, signed_in, study_page
from coding_app.views.forms import SettingsForm, StudyForm

ADD_STUDY = "coding_app.add_study"


@signed_in("GET", "HEAD")
def index(request: PageRequest) -> HttpResponse:
    """The studies one is a member of."""
    context = {"rows": lists.study_rows(request.user), "may_create": request.user.has_perm(ADD_STUDY)}
    return render(request, "studies/index.html", context)


@signed_in("GET", "HEAD", "POST")
def create(request: PageRequest) -> HttpResponse:
    """A new study; its maker becomes its manager. Nothing is made while its dictionaries are asked for."""
    if not request.user.has_perm(ADD_STUDY):
        raise PermissionDenied(_("You may not create studies: ask an administrator for the permission."))
    if request.method != "POST" or "ask" in request.POST:
        sent = request.POST if request.method == "POST" else request.GET
        known = {name: sent[name] for name in StudyForm.base_fields if name in sent}
        known.pop("dictionary_version", None)  # it was of the classification chosen before
        return render(request, "studies/create.html", {"form": StudyForm(initial=known)})
    form = StudyForm(request.POST)
    if form.is_valid():
        try:
            study = studies.create(user=request.user, **form.cleaned_data)
        except InvalidInput as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("The study is created. Upload its records next."))
            return redirect("upload", study.slug)
    return render(request, "studies/create.html", {"form": form}, status=422)


@member_view("GET", "HEAD", "POST", roles=permissions.MANAGE, what=gettext_noop("change the settings"))
def settings(request: PageRequest, membership: Membership) -> HttpResponse:
    """Description, dictionary and child age of a study."""
    study = membership.study
    form = SettingsForm(request.POST if request.method == "POST" else None, study=study)
    if request.method == "POST" and form.is_valid():
        try:
            studies.update_settings(study=study, user=request.user, **form.cleaned_data)
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The settings are saved. They hold from the next coding on."))
            return redirect("study-settings", study.slug)
    return study_page(
        request,
        membership,
        "studies/settings.html",
        {"form": form, "newer": lists.newer_version(study)},
        status=422 if form.errors else 200,
    )

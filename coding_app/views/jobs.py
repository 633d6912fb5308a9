"""Long work: starting a coding run, watching, stopping and resuming a job."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import JobKind
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Job, Membership
from coding_app.selectors import jobs as selected
from coding_app.selectors import lists
from coding_app.services import jobs, suggest
from coding_app.views.access import PageRequest, member_view, study_page


@member_view("POST", roles=permissions.SUPERVISE, what=gettext_noop("start a coding run"))
def start_coding(request: PageRequest, membership: Membership) -> HttpResponse:
    """Queue a run of the study's dictionary."""
    study = membership.study
    try:
        suggest.start(study=study, user=request.user)
    except InvalidInput as error:
        messages.error(request, str(error))
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("study", study.slug)


@member_view("GET", "HEAD")
def show(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """A job's progress: a page of its own, or for HTMX the part that is polled.

    When the polled job has ended, the whole page around it is asked for again: its counts have changed.
    """
    job = lists.job_of(membership.study, pk)
    context = {"job": job, "worker_is_there": selected.worker_is_there()}
    template = "jobs/progress.html" if request.htmx else "jobs/show.html"
    response = study_page(request, membership, template, context)
    if request.htmx and not job.is_open:
        response.headers["HX-Refresh"] = "true"
    return response


@member_view("POST", roles=permissions.SUPERVISE, what=gettext_noop("stop jobs"))
def stop(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Stop a job; what it has done so far stays."""
    job = lists.job_of(membership.study, pk)
    try:
        jobs.cancel(job=job, user=request.user)
    except Conflict as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The job stops. What it has done so far stays."))
    return _back(membership, job)


@member_view("POST", roles=permissions.SUPERVISE, what=gettext_noop("resume jobs"))
def resume(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Go on with a failed or stopped job where it ended."""
    job = lists.job_of(membership.study, pk)
    try:
        jobs.resume(job=job, user=request.user)
    except (Conflict, InvalidInput) as error:
        messages.warning(request, str(error))
    return _back(membership, job)


def _back(membership: Membership, job: Job) -> HttpResponse:
    """The page that shows the job among what it belongs to."""
    slug = membership.study.slug
    if job.kind == JobKind.IMPORT:
        return redirect("import", slug, job.import_file.pk)
    return redirect("exports" if job.kind == JobKind.EXPORT else "study", slug)

"""Long work: starting a coding run, watching, stopping and resuming a job."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import JobKind, Outcome, SuggestionSource
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Job, Membership, Run, Study
from coding_app.selectors import jobs as selected
from coding_app.selectors import lists
from coding_app.selectors.progress import progress
from coding_app.services import jobs, suggest
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.dashboard import Count, records_address, route_counts, waiting_counts


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
    """A job's progress and results: a page of its own, or for HTMX one of the parts that are polled.

    When the polled job has ended, the whole page around it is asked for again: its counts have changed.
    Trainings, evaluations and rounds have pages of their own.
    """
    job = lists.job_of(membership.study, pk)
    own = _own_page(membership, job)
    if own is not None and not request.htmx:
        return own
    context: dict[str, object] = {
        "job": job,
        "worker_is_there": selected.worker_is_there(job.queue),
        "linked": "linked" in request.GET,
    }
    if request.htmx and "results" in request.GET:
        template = "jobs/results.html"
    else:
        template = "jobs/progress.html" if request.htmx else "jobs/show.html"
    if template != "jobs/progress.html":
        context |= _results(membership.study, job, membership.role)
    response = study_page(request, membership, template, context)
    if template == "jobs/progress.html" and not job.is_open:
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


def _results(study: Study, job: Job, role: str) -> dict[str, object]:
    """What a job has brought about so far."""
    if job.kind == JobKind.CODE:
        run = lists.runs(study).get(job=job)
        counts = lists.run_outcomes(run)
        share = sum(counts.values()) or 1
        outcomes = [
            Count(
                str(outcome.label),
                counts[outcome],
                counts[outcome] / share,
                href=records_address(study, run=str(run.pk), outcome=outcome),
            )
            for outcome in Outcome
        ]
        return {
            "run": run,
            "outcomes": outcomes,
            "run_records": records_address(study, run=str(run.pk)),
            "sources": _sources(study, run) if run.model_version_id else [],
        }
    if job.kind == JobKind.ROUTE:
        found = progress(study)
        return {
            "rerouting": lists.rerouting_of(job),
            "routes": route_counts(study, found),
            "waiting_by": waiting_counts(study, found, role),
        }
    if job.kind == JobKind.IMPORT:
        return {"upload": lists.import_of(study, job.import_file.pk)}
    if job.kind == JobKind.EXPORT:
        return {"export": lists.exports(study).get(job=job)}
    return {}


def _sources(study: Study, run: Run) -> list[Count]:
    """What made the first suggestions of a run."""
    counts = lists.run_sources(run)
    whole = sum(counts.values()) or 1
    return [
        Count(
            str(source.label),
            counts[source],
            counts[source] / whole,
            href=records_address(study, run=str(run.pk), by=source),
        )
        for source in SuggestionSource
        if source in counts
    ]


def _back(membership: Membership, job: Job) -> HttpResponse:
    """The page that shows the job among what it belongs to."""
    slug = membership.study.slug
    if job.kind == JobKind.IMPORT:
        return redirect("import", slug, job.import_file.pk)
    if own := _own_page(membership, job):
        return own
    return redirect("exports" if job.kind == JobKind.EXPORT else "study", slug)


def _own_page(membership: Membership, job: Job) -> HttpResponse | None:
    """The page that a training, an evaluation, a round or a reopening has, for those who may open it."""
    if not permissions.allows(membership.role, permissions.SUPERVISE):
        return None
    if job.kind == JobKind.TRAIN:
        return redirect("training", membership.study.slug, job.training.pk)
    if job.kind == JobKind.EVALUATE:
        return redirect("evaluation", membership.study.slug, job.evaluation.pk)
    if job.kind == JobKind.DRAW:
        return redirect("round", membership.study.slug, job.round.number)
    if job.kind == JobKind.REOPEN:
        return redirect("reopen", membership.study.slug)
    if job.kind == JobKind.END_ROUND:
        return redirect("round", membership.study.slug, job.ended_round.number)
    return None

"""Evaluations: versions judged on the same coded records, one alone or several against each other."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import LabelSource
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Evaluation, Membership
from coding_app.selectors import jobs
from coding_app.selectors import models as selected
from coding_app.selectors import reports as figures
from coding_app.services import evaluations as service
from coding_app.views import model_card, reports
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.coded_sources import sources, upload
from coding_app.views.evaluation_rows import EvaluationRow, compared_levels, compared_pairs, confusions, named
from coding_app.views.training_forms import EvaluationForm

A_PAGE = 50
SEE = gettext_noop("see evaluations")


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """Every evaluation of the study."""
    page = Paginator(selected.evaluations(membership.study), A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "evaluations": [EvaluationRow.of(one) for one in page]}
    return study_page(request, membership, "evaluations/index.html", context)


@member_view("GET", "HEAD", "POST", roles=permissions.SUPERVISE, what=gettext_noop("evaluate models"))
def new(request: PageRequest, membership: Membership) -> HttpResponse:
    """Choose versions and coded records; the versions ticked on the page of models are ticked here."""
    study = membership.study
    versions = selected.versions(study)
    asked = request.method == "POST"
    form = EvaluationForm(
        request.POST if asked else None,
        request.FILES if asked else None,
        initial={"versions": request.GET.getlist("version")},
        versions=versions,
    )
    form.read_by_htmx(reverse("training-columns", args=[study.slug]))
    if form.is_bound and form.is_valid():
        try:
            made = _start(request, membership, form)
        except (InvalidInput, Conflict) as error:
            form.add_error(None, str(error))
        else:
            return redirect("evaluation", study.slug, made.pk)
    if form.errors:
        form.ask_for_files_again()
    offered = sources(study, str(form["labels"].value() or ""))
    context = {
        "form": form,
        "sources": offered,
        "versions": [(one, str(one.number) in map(str, form["versions"].value() or [])) for one in versions],
        "current_key": study.model_version_id,
    }
    return study_page(
        request, membership, "evaluations/new.html", context, status=422 if form.errors else 200
    )


def _start(request: PageRequest, membership: Membership, form: EvaluationForm) -> Evaluation:
    data = form.cleaned_data
    of_file = data["labels"] == LabelSource.FILE
    return service.start(
        study=membership.study,
        user=request.user,
        versions=sorted(data["versions"], key=lambda version: version.number),
        labels=LabelSource(data["labels"]),
        file=upload(data["records_file"]) if of_file else None,
        code_column=data["code_column"] if of_file else "",
    )


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """How far an evaluation is; then its rates by level, and who is better than whom by how much."""
    study = membership.study
    found = selected.evaluation_of(study, pk)
    context: dict[str, Any] = {
        "evaluation": found,
        "row": EvaluationRow.of(found),
        "left_out": model_card.reasons(found.summary.get("left_out", {})),
        "job": found.job,
        "worker_is_there": jobs.worker_is_there(found.job.queue),
    }
    metrics = figures.figures_if_any(found.report) if found.report else None
    if metrics is not None:
        if metrics["kind"] == "comparison":
            metrics = named(metrics)
            context |= {"levels": compared_levels(metrics), "pairs": compared_pairs(metrics)}
        else:
            context |= {"alone": model_card.levels(metrics), "confusions": confusions(study, metrics)}
        context["metrics"] = metrics
    return study_page(request, membership, "evaluations/show.html", context)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def report(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """The report as the classifier wrote it; with ``?download`` as a file."""
    found = selected.evaluation_of(membership.study, pk)
    name = f"{membership.study.slug}-evaluation-{pk}"
    return reports.page(found.report, name=name, as_file="download" in request.GET)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def metrics(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """The figures behind the report, as a file."""
    found = selected.evaluation_of(membership.study, pk)
    return reports.figures_file(found.report, name=f"{membership.study.slug}-evaluation-{pk}")

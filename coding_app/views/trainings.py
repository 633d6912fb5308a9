"""Trainings: asking for one, watching it, and what came of it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.bases import BASELINE
from coding_app.choices import Describe, JobKind, LabelSource, Split
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.keys import is_key
from coding_app.models import Membership, Study, Training
from coding_app.selectors import jobs
from coding_app.selectors import models as selected
from coding_app.services import training as service
from coding_app.views import reports
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.coded_sources import sources, upload
from coding_app.views.loss_curve import loss_curve
from coding_app.views.model_rows import TrainingRow, version_row
from coding_app.views.training_forms import TRAIN, TrainingForm
from coding_app.views.training_preview import preview
from coding_app.views.verdicts import shown_verdict

A_PAGE = 50
SEE = gettext_noop("see trainings")


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """Every training of the study."""
    page = Paginator(selected.trainings(membership.study), A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "trainings": [TrainingRow.of(one) for one in page]}
    return study_page(request, membership, "trainings/index.html", context)


@member_view("GET", "HEAD", "POST", roles=permissions.SUPERVISE, what=TRAIN)
def new(request: PageRequest, membership: Membership) -> HttpResponse:
    """The form of a training; what is wrong stands beside its field."""
    study = membership.study
    asked = request.method == "POST" and "preview" not in request.POST
    form = TrainingForm(
        request.POST if asked else None,
        request.FILES if asked else None,
        initial=_initial(request, study),
        study=study,
        may_promote=permissions.allows(membership.role, permissions.MANAGE),
    )
    if form.is_bound and form.is_valid():
        try:
            made = _start(request, study, form)
        except (InvalidInput, Conflict) as error:
            form.add_error(None, str(error))
        else:
            return redirect("training", study.slug, made.pk)
    if form.errors:
        form.ask_for_files_again()
    given = {name: form[name].value() for name in ("labels", "template", "min_class_size", "describe")}
    offered = sources(study, str(given["labels"] or ""))
    given["labels"] = next(one.value for one in offered if one.is_chosen)
    context = {
        "form": form,
        "sources": offered,
        "columns": selected.columns(study),
        "open_training": _open(study),
        **preview(study, given),
    }
    return study_page(request, membership, "trainings/new.html", context, status=422 if form.errors else 200)


def _initial(request: PageRequest, study: Study) -> dict[str, Any]:
    if request.method == "POST":
        return dict(request.POST.items())
    key = request.GET.get("like", "")
    if is_key(key):
        return TrainingForm.like(selected.training_of(study, int(key)), study)
    return {"template": "{occupation} {industry}"}


def _start(request: PageRequest, study: Study, form: TrainingForm) -> Training:
    data = form.cleaned_data
    of_file = data["labels"] == LabelSource.FILE
    return service.start(
        study=study,
        user=request.user,
        labels=LabelSource(data["labels"]),
        template=data["template"],
        base=form.chosen_base,
        file=upload(data["records_file"]) if of_file else None,
        code_column=data["code_column"] if of_file else "",
        phrases=upload(data["phrases_file"]),
        dictionary_phrases=data["dictionary_phrases"],
        describe=Describe(data["describe"]),
        min_class_size=data["min_class_size"],
        test_size=data["test_size"],
        split=Split(data["split"]),
        epochs=data["epochs"],
        batch_size=data["batch_size"],
        learning_rate=data["learning_rate"],
        seed=data["seed"],
        with_variants=data["with_variants"],
        promote=data["promote"],
    )


def _open(study: Study) -> Training | None:
    job = next((job for job in jobs.open_jobs(study) if job.kind == JobKind.TRAIN), None)
    return job.training if job else None


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """How far a training is, and what came of it: a page, or for HTMX the part that is polled.

    When the polled training has ended, the whole page around it is asked for again.
    """
    study = membership.study
    training = selected.training_of(study, pk)
    job = training.job
    context: dict[str, Any] = {
        "training": training,
        "job": job,
        "worker_is_there": jobs.worker_is_there(job.queue),
        "curve": loss_curve(training.losses),
        "epoch": _epoch(training),
        "linked": "linked" in request.GET,
    }
    if request.htmx:
        response = study_page(request, membership, "trainings/progress.html", context)
        if not job.is_open:
            response.headers["HX-Refresh"] = "true"
        return response
    if training.version is not None:
        context |= {"version": training.version, "key": version_row(study, training.version, training)}
    context["verdict"] = shown_verdict(study, training.verdict, training.version)
    return study_page(request, membership, "trainings/show.html", context)


def _epoch(training: Training) -> int | None:
    """Which epoch an encoder is in, from 1; ``None`` before and after, and for the baseline."""
    if training.base == BASELINE or not training.losses:
        return None
    share: float = training.losses[-1][0]
    return min(int(share * training.epochs) + 1, training.epochs) if share < 1 else None


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def report(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """The report as the classifier wrote it; with ``?download`` as a file."""
    training = selected.training_of(membership.study, pk)
    name = f"{membership.study.slug}-training-{pk}"
    return reports.page(training.report, name=name, as_file="download" in request.GET)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def metrics(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """The figures behind the report, as a file."""
    training = selected.training_of(membership.study, pk)
    return reports.figures_file(training.report, name=f"{membership.study.slug}-training-{pk}")

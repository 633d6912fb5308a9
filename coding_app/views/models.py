"""The registry of a study's models: what there is, which is current, and what may become of each."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import JobKind, LabelSource
from coding_app.exceptions import Conflict, InvalidInput, ModelUnavailable
from coding_app.models import Membership, ModelVersion, Study, Training
from coding_app.selectors import jobs, labels
from coding_app.selectors import models as selected
from coding_app.services import model_archives, promotion, registry
from coding_app.views import model_card
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.evaluation_rows import EvaluationRow
from coding_app.views.model_rows import TrainingRow, VersionRow, version_row
from coding_app.views.training_forms import ModelUploadForm, NoteForm
from coding_app.views.verdicts import shown_verdict

A_PAGE = 50
LATEST = 8
SEE = gettext_noop("see models")


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """The versions, the current one first and marked; open work; the latest trainings and evaluations."""
    study = membership.study
    page = Paginator(selected.versions(study), A_PAGE).get_page(request.GET.get("page"))
    current = selected.current(study)
    rows = _rows(study, [*page, *([current] if current else [])])
    trainings = list(selected.trainings(study)[: LATEST + 1])
    evaluations = list(selected.evaluations(study)[: LATEST + 1])
    open_jobs = [job for job in jobs.open_jobs(study) if job.kind == JobKind.TRAIN]
    context = {
        "page": page,
        "rows": rows[: len(page)],
        "current": rows[-1] if current else None,
        "before": selected.previous(study),
        "open_jobs": open_jobs,
        "worker_is_there": all(jobs.worker_is_there(job.queue) for job in open_jobs),
        "labelled": None if rows else labels.counts(study, LabelSource.BOTH).records,
        "trainings": [TrainingRow.of(one) for one in trainings[:LATEST]],
        "more_trainings": len(trainings) > LATEST,
        "evaluations": [EvaluationRow.of(one) for one in evaluations[:LATEST]],
        "more_evaluations": len(evaluations) > LATEST,
    }
    return study_page(request, membership, "models/index.html", context)


def _rows(study: Study, versions: list[ModelVersion]) -> list[VersionRow]:
    """Rows of the versions, each with the training that made it."""
    made: dict[int | None, Training] = {}
    for training in selected.trainings(study).filter(version__in=versions):
        made[training.version_id] = training  # newest first: the one that made it comes last
    return [version_row(study, version, made.get(version.pk)) for version in versions]


@member_view("GET", "HEAD", "POST", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """One version: card, figures, lineage, evaluations; a manager can change its note here."""
    study = membership.study
    version = selected.version_of(study, number)
    if request.method == "POST":
        return _note(request, membership, version)
    row = _rows(study, [version])[0]
    standing = {} if row.is_current else promotion.standing(version)
    context = {
        "row": row,
        "version": version,
        "training": row.training,
        "standing": shown_verdict(study, standing, version),
        "why": standing.get("why", ""),
        "children": selected.versions(study).filter(parent=version),
        "evaluations": [
            EvaluationRow.of(one) for one in selected.evaluations(study).filter(versions=version)[:LATEST]
        ],
        "is_used": selected.is_used(version),
        "note": NoteForm(initial={"note": version.note}),
        **model_card.shown(study, version, row.training),
    }
    return study_page(request, membership, "models/show.html", context)


def _note(request: PageRequest, membership: Membership, version: ModelVersion) -> HttpResponse:
    permissions.require(membership.role, permissions.MANAGE, gettext_noop("change models"))
    form = NoteForm(request.POST)
    if form.is_valid():
        registry.set_note(version=version, user=request.user, note=form.cleaned_data["note"])
        messages.success(request, _("The note is saved."))
    else:
        messages.error(request, " ".join(map(str, form.errors["note"])))
    return redirect("model", membership.study.slug, version.number)


@member_view("GET", "HEAD", "POST", roles=permissions.MANAGE, what=gettext_noop("upload models"))
def upload(request: PageRequest, membership: Membership) -> HttpResponse:
    """Take a model folder in, as a ZIP file; why it is refused stands next to the field."""
    study = membership.study
    form = ModelUploadForm(request.POST, request.FILES) if request.method == "POST" else ModelUploadForm()
    if form.is_bound and form.is_valid():
        sent: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            version = model_archives.upload(
                study=study,
                user=request.user,
                name=sent.name or "model.zip",
                chunks=sent.chunks(),
                note=form.cleaned_data["note"],
            )
        except InvalidInput as error:
            form.add_error("file", str(error))
        else:
            messages.success(request, _("It is model %(n)s now.") % {"n": version.number})
            return redirect("model", study.slug, version.number)
    return study_page(
        request, membership, "models/upload.html", {"form": form}, status=422 if form.errors else 200
    )


@member_view("POST", roles=permissions.MANAGE, what=gettext_noop("promote models"))
def promote(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """Make a version current, if it won; otherwise say why not."""
    study = membership.study
    version = selected.version_of(study, number)
    try:
        promotion.promote(version=version, user=request.user)
    except (Conflict, InvalidInput) as error:
        messages.warning(request, str(error))
        return redirect("model", study.slug, number)
    messages.success(request, _("Model %(n)s is current now.") % {"n": number})
    return redirect("models", study.slug)


@member_view("POST", roles=permissions.MANAGE, what=gettext_noop("roll back models"))
def roll_back(request: PageRequest, membership: Membership) -> HttpResponse:
    """Go back to the version before, unless another became current since the page was shown."""
    study = membership.study
    current = selected.current(study)
    if current is None or request.POST.get("current") != str(current.number):
        messages.warning(request, _("Another model is current by now: look again."))
        return redirect("models", study.slug)
    try:
        now = promotion.roll_back(study=study, user=request.user)
    except (Conflict, InvalidInput) as error:
        messages.warning(request, str(error))
    else:
        told = _("Model %(n)s is current again.") % {"n": now.number} if now else _("No model is current.")
        messages.success(request, told)
    return redirect("models", study.slug)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=gettext_noop("download models"))
def download(request: PageRequest, membership: Membership, number: int) -> StreamingHttpResponse:
    """The version as a ZIP file, as it is read."""
    version = selected.version_of(membership.study, number)
    try:
        pieces = model_archives.archive(version)
    except ModelUnavailable as error:
        raise Http404(str(error)) from error
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    disposition = content_disposition_header(
        as_attachment=True, filename=model_archives.archive_name(version)
    )
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response


@member_view("GET", "HEAD", "POST", roles=permissions.MANAGE, what=gettext_noop("remove models"))
def remove(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """Ask whether a version is to go for good; then remove it."""
    study = membership.study
    version = selected.version_of(study, number)
    if request.method == "POST":
        try:
            registry.remove(version=version, user=request.user)
        except (Conflict, InvalidInput) as error:
            messages.warning(request, str(error))
            return redirect("model", study.slug, number)
        messages.success(request, _("Model %(n)s is removed.") % {"n": number})
        return redirect("models", study.slug)
    context = {"row": _rows(study, [version])[0], "version": version, "is_used": selected.is_used(version)}
    return study_page(request, membership, "models/remove.html", context)

"""Coded data sets out: ask for one, watch it being written, download it."""

from dataclasses import dataclass
from pathlib import Path

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import FileKind, JobKind, WorkQueue
from coding_app.models import Export, Membership
from coding_app.selectors import jobs, lists
from coding_app.services import companions, exports, storage
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.forms import ExportForm

EXPORT = gettext_noop("export the coded records")
TYPES = {
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.PARQUET: "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """An export; the size of its file in bytes, ``None`` while there is none; whether others go with it."""

    export: Export
    size: int | None
    evidence: bool


@member_view("GET", "HEAD", "POST", roles=permissions.SUPERVISE, what=EXPORT)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """The exports of the study, and a form that asks for one more."""
    study = membership.study
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        exports.request(study=study, kind=FileKind(form.cleaned_data["kind"]), user=request.user)
        messages.success(request, _("The export is being written."))
        return redirect("exports", study.slug)
    page = Paginator(lists.exports(study), 30).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [_Row(export, _size(export), companions.path_of(export).is_file()) for export in page],
        "jobs": [job for job in jobs.open_jobs(study) if job.kind == JobKind.EXPORT],
        "worker_is_there": jobs.worker_is_there(WorkQueue.DEFAULT),
    }
    return study_page(request, membership, "exports/index.html", context, status=422 if form.errors else 200)


def _size(export: Export) -> int | None:
    path = storage.path_of(export.stored_as)
    return path.stat().st_size if export.stored_as and path.is_file() else None


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=EXPORT)
def download(request: PageRequest, membership: Membership, pk: int) -> FileResponse:
    """The file, named after the study and the day it was asked for."""
    export = lists.export_of(membership.study, pk)
    return _file(storage.path_of(export.stored_as), exports.file_name(export), TYPES[FileKind(export.kind)])


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=EXPORT)
def evidence(request: PageRequest, membership: Membership, pk: int) -> FileResponse:
    """What goes with the file: data dictionary, hashes, sampling, flow, coverage, agreement, decisions."""
    export = lists.export_of(membership.study, pk)
    return _file(companions.path_of(export), exports.evidence_name(export), "application/zip")


def _file(path: Path, name: str, content_type: str) -> FileResponse:
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise Http404(_("The file of this export is gone: ask for a new one.")) from error
    return FileResponse(stream, as_attachment=True, filename=name, content_type=content_type)

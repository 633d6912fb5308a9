"""Files in: upload, mapping of columns, progress, and what became of the rows."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import datafiles, permissions
from coding_app.choices import ImportState, IssueKind, RecordStatus, WorkQueue
from coding_app.exceptions import Conflict, InvalidInput, TiebreakError
from coding_app.models import Import, ImportIssue, Membership
from coding_app.selectors import jobs, lists
from coding_app.services import ingest
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.dashboard import records_address
from coding_app.views.forms import ColumnsForm, ReadingForm, UploadForm

ISSUES_A_PAGE = 100
UPLOAD = gettext_noop("upload or import files")


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=UPLOAD)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """Every upload of the study."""
    page = Paginator(lists.imports(membership.study), 50).get_page(request.GET.get("page"))
    return study_page(request, membership, "imports/index.html", {"page": page})


@member_view("GET", "HEAD", "POST", roles=permissions.SUPERVISE, what=UPLOAD)
def upload(request: PageRequest, membership: Membership) -> HttpResponse:
    """Take a file in; what is wrong with it stands next to the field."""
    study = membership.study
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        sent: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            made = ingest.receive(
                study=study, user=request.user, name=sent.name or "file", chunks=sent.chunks()
            )
        except InvalidInput as error:
            form.add_error("file", str(error))
        else:
            return redirect("import", study.slug, made.pk)
    return study_page(
        request, membership, "imports/upload.html", {"form": form}, status=422 if form.errors else 200
    )


@member_view("GET", "HEAD", "POST", roles=permissions.SUPERVISE, what=UPLOAD)
def show(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Preview and mapping of a file that was not started; progress and counts of one that was."""
    found = lists.import_of(membership.study, pk)
    if found.state == ImportState.UPLOADED:
        return _map(request, membership, found)
    if request.method == "POST":
        messages.warning(request, _("This import was started already."))
        return redirect("import", membership.study.slug, pk)
    return _report(request, membership, found)


def _map(request: PageRequest, membership: Membership, found: Import) -> HttpResponse:
    study = membership.study
    form = ColumnsForm(request.POST if request.method == "POST" else None, header=found.header)
    if form.is_bound and form.is_valid():
        try:
            ingest.start(
                upload=found,
                columns=form.columns,
                user=request.user,
                then_code=form.cleaned_data["then_code"],
            )
        except InvalidInput as error:
            form.add_error(None, str(error))
        except Conflict as error:
            messages.warning(request, str(error))
            return redirect("import", study.slug, found.pk)
        else:
            return redirect("import", study.slug, found.pk)
    try:
        preview, fault = ingest.preview(found), ""
    except InvalidInput as error:
        preview, fault = None, str(error)
    return study_page(
        request,
        membership,
        "imports/map.html",
        {
            "upload": found,
            "form": form,
            "preview": preview,
            "fault": fault,
            "reading": ReadingForm(upload=found, sheets=preview.sheets if preview else ()),
        },
        status=422 if form.errors else 200,
    )


@member_view("POST", roles=permissions.SUPERVISE, what=UPLOAD)
def read_as(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Read an upload with another encoding, delimiter or sheet than was detected."""
    found = lists.import_of(membership.study, pk)
    chosen = {name: request.POST.get(name, "") for name in ("encoding", "delimiter", "sheet")}
    try:
        ingest.read_as(upload=found, **chosen)
    except TiebreakError as error:
        messages.error(request, str(error))
    return redirect("import", membership.study.slug, pk)


def _report(request: PageRequest, membership: Membership, found: Import) -> HttpResponse:
    study = membership.study
    counts = lists.issue_counts(found)
    kind = request.GET.get("kind", "")
    wanted = kind if kind in IssueKind.values else ""
    page = Paginator(lists.issues(found, wanted), ISSUES_A_PAGE).get_page(request.GET.get("page"))
    coding = [job for job in jobs.open_jobs(study) if job.pk != found.job_id]
    columns = [
        (label, found.header[position])
        for label, position in (
            (_("Record id"), found.id_column),
            (_("Occupation"), found.occupation_column),
            (_("Industry"), found.industry_column),
            (_("Age in years"), found.age_column),
            (_("Known code"), found.reference_column),
        )
        if position is not None
    ]
    return study_page(
        request,
        membership,
        "imports/report.html",
        {
            "upload": found,
            "columns": columns,
            "records": records_address(study, source=str(found.pk)),
            "waiting": records_address(study, source=str(found.pk), status=RecordStatus.WAITING),
            "counts": counts,
            "issue_total": sum(number for _kind, number in counts),
            "kind": wanted,
            "page": page,
            "others": coding,
            "worker_is_there": jobs.worker_is_there(WorkQueue.DEFAULT),
        },
    )


@member_view("POST", roles=permissions.SUPERVISE, what=UPLOAD)
def discard(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Remove an upload that was never started."""
    study = membership.study
    found = lists.import_of(study, pk)
    try:
        ingest.discard(upload=found)
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("import", study.slug, pk)
    messages.success(request, _("%(file)s is removed.") % {"file": found.file_name})
    return redirect("imports", study.slug)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=UPLOAD)
def issues(request: PageRequest, membership: Membership, pk: int) -> StreamingHttpResponse:
    """The issues of an import as CSV, row by row as they are read."""
    found = lists.import_of(membership.study, pk)
    response = StreamingHttpResponse(
        _csv_lines(lists.issues(found).iterator(chunk_size=2000)), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="issues-{found.pk}.csv"'
    return response


class _Echo:
    """A file that hands back what is written into it."""

    def write(self, text: str) -> str:
        return text


def _csv_lines(found: Iterable[ImportIssue]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield writer.writerow(["line", "kind", "id", "reason", "raw"])
    for issue in found:
        cells = (str(issue.line), issue.kind, issue.external_id, issue.reason, issue.raw)
        yield writer.writerow([datafiles.guard(cell) for cell in cells])

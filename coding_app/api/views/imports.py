"""Files that come in."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext_noop
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import datafiles, permissions
from coding_app.api.filters import IssueParameters
from coding_app.api.pagination import ByLine, NewestFirst
from coding_app.api.serializers.imports import (
    ImportDetailSerializer,
    ImportIssueSerializer,
    ImportSerializer,
    StartInput,
    UploadInput,
)
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import ImportState
from coding_app.models import Import, ImportIssue
from coding_app.selectors import lists
from coding_app.services import ingest

SEE = Need(permissions.SUPERVISE, gettext_noop("see imports"))
START = Need(permissions.SUPERVISE, gettext_noop("start an import"))
ISSUE_COLUMNS = ("line", "kind", "external_id", "reason", "raw")


class ImportViews(StudyViews[Import]):
    """Uploads; for supervisors and managers, because files may hold codes that coders must not see."""

    queryset = Import.objects.none()
    pagination_class = NewestFirst
    needs = {"list": SEE, "retrieve": SEE, "create": START, "start": START, "destroy": START}

    @extend_schema(responses=ImportSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """The uploads, newest first."""
        return self.page(lists.imports(self.study).select_related("job__started_by"), ImportSerializer)

    @extend_schema(request={"multipart/form-data": UploadInput}, responses={201: ImportDetailSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Upload a file; the answer says how it is read and shows its first rows. Nothing is imported yet."""
        file = self.read(UploadInput).validated_data["file"]
        made = ingest.receive(study=self.study, user=self.user, name=file.name, chunks=file.chunks())
        return self._detail(made.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=ImportDetailSerializer)
    def retrieve(self, request: Request, pk: int, **where: Any) -> Response:
        """An upload, its counts, and its preview while its columns are not mapped."""
        return self._detail(pk)

    @extend_schema(request=StartInput, responses={202: ImportDetailSerializer})
    def start(self, request: Request, pk: int, **where: Any) -> Response:
        """Map the columns, by name or position, and start the import."""
        upload = lists.import_of(self.study, pk)
        given = self.read(StartInput)
        columns = given.columns_in(upload.header)
        ingest.start(
            upload=upload, columns=columns, user=self.user, then_code=given.validated_data["then_code"]
        )
        return self._detail(pk, status.HTTP_202_ACCEPTED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int, **where: Any) -> Response:
        """Discard an upload that was never started."""
        ingest.discard(upload=lists.import_of(self.study, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _detail(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        upload = lists.import_of(self.study, pk)
        counts = {kind.value: count for kind, count in lists.issue_counts(upload)}
        shown = ImportDetailSerializer(
            upload,
            context={
                **self.get_serializer_context(),
                "issues": counts,
                "format": ingest.preview(upload) if upload.state == ImportState.UPLOADED else None,
            },
        )
        return Response(shown.data, status=code)


class ImportIssueViews(StudyViews[ImportIssue]):
    """Rows of an upload that need a person's eye."""

    queryset = ImportIssue.objects.none()
    pagination_class = ByLine
    needs = {"list": SEE, "download": SEE}

    @extend_schema(parameters=[IssueParameters], responses=ImportIssueSerializer(many=True))
    def list(self, request: Request, pk: int, **where: Any) -> Response:
        """In the order of the file."""
        wanted = IssueParameters.read(request)
        upload = lists.import_of(self.study, pk)
        return self.page(lists.issues(upload, wanted.get("kind", "")), ImportIssueSerializer)

    @extend_schema(
        operation_id="studies_imports_issues_download", responses={(200, "text/csv"): OpenApiTypes.BINARY}
    )
    def download(self, request: Request, pk: int, **where: Any) -> StreamingHttpResponse:
        """All of them as CSV; cells that a spreadsheet would run begin with an apostrophe."""
        upload = lists.import_of(self.study, pk)
        return StreamingHttpResponse(
            _lines(lists.issues(upload).iterator(chunk_size=2000)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="issues-{upload.pk}.csv"'},
        )


class _Line:
    """A file of one line: what is written comes back."""

    def write(self, text: str) -> str:
        return text


def _lines(issues: Iterable[ImportIssue]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(ISSUE_COLUMNS)
    for issue in issues:
        yield writer.writerow([datafiles.guard(str(getattr(issue, name))) for name in ISSUE_COLUMNS])

"""Coded data sets on their way out."""

from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.pagination import NewestFirst
from coding_app.api.serializers.jobs import ExportInput, ExportSerializer
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import FileKind
from coding_app.exceptions import Conflict
from coding_app.models import Export
from coding_app.selectors import lists
from coding_app.services import companions, exports, storage

EXPORT = Need(permissions.SUPERVISE, gettext_noop("export the data set"))


class ExportViews(StudyViews[Export]):
    """For supervisors and managers: an export holds every original column."""

    queryset = Export.objects.none()
    pagination_class = NewestFirst
    needs = dict.fromkeys(("list", "create", "retrieve", "download", "evidence"), EXPORT)

    @extend_schema(responses=ExportSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first."""
        return self.page(lists.exports(self.study).select_related("job__started_by"), ExportSerializer)

    @extend_schema(request=ExportInput, responses={202: ExportSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Ask for an export; a worker writes it."""
        kind = FileKind(self.read(ExportInput).validated_data["kind"])
        made = exports.request(study=self.study, kind=kind, user=self.user)
        return self.shown(made, ExportSerializer, status.HTTP_202_ACCEPTED)

    @extend_schema(responses=ExportSerializer)
    def retrieve(self, request: Request, pk: int, **where: Any) -> Response:
        """One export; it can be downloaded when its job is done."""
        return self.shown(self._one(pk), ExportSerializer)

    @extend_schema(
        operation_id="studies_exports_download",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def download(self, request: Request, pk: int, **where: Any) -> FileResponse:
        """The file. 409 while it is not written."""
        export = self._written(pk)
        return _file(storage.path_of(export.stored_as), exports.file_name(export))

    @extend_schema(
        operation_id="studies_exports_evidence",
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def evidence(self, request: Request, pk: int, **where: Any) -> FileResponse:
        """What goes with the file, as a ZIP file. 409 while it is not written."""
        export = self._written(pk)
        return _file(companions.path_of(export), exports.evidence_name(export))

    def _written(self, pk: int) -> Export:
        export = self._one(pk)
        if not export.stored_as:
            raise Conflict(_("This export is not written yet: look at its job."))
        return export

    def _one(self, pk: int) -> Export:
        found = lists.exports(self.study).filter(pk=pk).first()
        if found is None:
            raise Http404(_("There is no such export in this study."))
        return found


def _file(path: Path, name: str) -> FileResponse:
    try:
        return FileResponse(path.open("rb"), as_attachment=True, filename=name)
    except FileNotFoundError as error:
        raise Http404(_("The file of this export is no longer kept: ask for a new one.")) from error

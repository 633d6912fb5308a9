"""Reopening, removing and restoring records; for supervisors and managers."""

import uuid
from typing import Any

from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.serializers.reopening import (
    ChosenCountSerializer,
    ChosenInput,
    DoneSerializer,
    GesturesSerializer,
)
from coding_app.api.views.base import Need, StudyViews
from coding_app.models import Record
from coding_app.selectors import reopening as selected
from coding_app.selectors.records import record_of
from coding_app.selectors.reopening import By, Chosen
from coding_app.services import reopening
from coding_app.services.reopening import Done

DONE = {200: DoneSerializer, 202: DoneSerializer}
REOPEN = Need(permissions.SUPERVISE, gettext_noop("reopen, remove or restore records"))


class ReopeningViews(StudyViews[Record]):
    """One record is done at once, many in a job; each gesture can be taken back as a whole."""

    queryset = Record.objects.none()
    pagination_class = None
    needs = dict.fromkeys(("count", "reopen", "remove", "restore", "gestures", "take_back"), REOPEN)

    @extend_schema(operation_id="studies_records_count", request=ChosenInput, responses=ChosenCountSerializer)
    def count(self, request: Request, **where: Any) -> Response:
        """How many records would be reopened or removed."""
        wanted, _why = self._chosen()
        counts = {
            "reopenable": selected.reopenable(self.study, wanted).count(),
            "removable": selected.removable(self.study, wanted).count(),
        }
        return self.shown(counts, ChosenCountSerializer)

    @extend_schema(operation_id="studies_records_reopen", request=ChosenInput, responses=DONE)
    def reopen(self, request: Request, **where: Any) -> Response:
        """Send settled records to a person again."""
        wanted, why = self._chosen()
        done = reopening.reopen(study=self.study, wanted=wanted, user=self.user, why=why)
        return self._done(done)

    @extend_schema(operation_id="studies_records_remove", request=ChosenInput, responses=DONE)
    def remove(self, request: Request, **where: Any) -> Response:
        """Take records out of the study until they are restored."""
        wanted, why = self._chosen()
        done = reopening.remove(study=self.study, wanted=wanted, user=self.user, why=why)
        return self._done(done)

    @extend_schema(operation_id="studies_records_restore", request=None, responses=DoneSerializer)
    def restore(self, request: Request, pk: int, **where: Any) -> Response:
        """Bring a removed record back to where it stood."""
        record = record_of(self.study, pk)
        return self.shown(reopening.restore(study=self.study, record=record, user=self.user), DoneSerializer)

    @extend_schema(operation_id="studies_gestures", responses=GesturesSerializer)
    def gestures(self, request: Request, **where: Any) -> Response:
        """The latest reopenings and removals."""
        return self.shown({"results": selected.gestures(self.study)}, GesturesSerializer)

    @extend_schema(operation_id="studies_gestures_take_back", request=None, responses={202: DoneSerializer})
    def take_back(self, request: Request, gesture: uuid.UUID, **where: Any) -> Response:
        """Undo a whole gesture; records that went another way meanwhile are left as they are."""
        done = reopening.take_back(study=self.study, gesture=gesture, user=self.user)
        return self._done(done)

    def _done(self, done: Done) -> Response:
        code = status.HTTP_200_OK if done.job is None else status.HTTP_202_ACCEPTED
        return self.shown(done, DoneSerializer, code)

    def _chosen(self) -> tuple[Chosen, str]:
        given = self.read(ChosenInput).validated_data
        return Chosen(By(given["by"]), given["value"]), given.get("why", "")

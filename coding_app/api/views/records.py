"""Records."""

from typing import Any

from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.filters import RecordParameters
from coding_app.api.serializers.records import RecordDetailSerializer, RecordSerializer
from coding_app.api.views.base import ANY_MEMBER, StudyViews
from coding_app.choices import Rule
from coding_app.models import Record
from coding_app.selectors import api_lists


class RecordViews(StudyViews[Record]):
    """Records; coders are not shown the code known beforehand, nor what follows from it.

    Records say how they are coded, so they are closed to blinded coders, who have their ``decisions``.
    """

    queryset = Record.objects.none()
    needs = {"list": ANY_MEMBER, "retrieve": ANY_MEMBER}

    @extend_schema(parameters=[RecordParameters], responses=RecordSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """In the order of import, narrowed by the parameters."""
        wanted = RecordParameters.wanted(request)
        if wanted.compared or wanted.first or wanted.labelled:
            permissions.require(
                self.membership.role,
                permissions.SUPERVISE,
                gettext_noop("compare with the codes known beforehand"),
            )
        if wanted.rule == Rule.AUDIT:
            permissions.require(
                self.membership.role, permissions.SUPERVISE, gettext_noop("list the records of the audit")
            )
        return self.page(api_lists.listed_records(self.study, wanted), RecordSerializer)

    @extend_schema(responses=RecordDetailSerializer)
    def retrieve(self, request: Request, pk: int, **where: Any) -> Response:
        """A record with its original row, suggestions, trace, decisions and history."""
        return self.shown(api_lists.whole_record(self.study, pk, self.user), RecordDetailSerializer)

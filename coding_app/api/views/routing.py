"""The routing of a study, and the threshold explorer."""

from typing import Any

from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.pagination import NewestFirst
from coding_app.api.serializers.routing import (
    ExplorerParameters,
    ExplorerSerializer,
    PreviewSerializer,
    RoutingInput,
    RoutingSerializer,
    SettingsInput,
)
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import LabelSource
from coding_app.models import Routing
from coding_app.selectors import explorer, routing, routing_preview
from coding_app.services import route

SEE = Need(permissions.SUPERVISE, gettext_noop("see the routing"))
CHANGE = Need(permissions.MANAGE, gettext_noop("change the routing"))


class RoutingViews(StudyViews[Routing]):
    """What the machine may accept, and what goes to a person."""

    queryset = Routing.objects.none()
    pagination_class = NewestFirst
    needs = {"retrieve": SEE, "update": CHANGE, "preview": SEE, "list": SEE}

    @extend_schema(responses={200: RoutingSerializer, 204: None})
    def retrieve(self, request: Request, **where: Any) -> Response:
        """The version that holds; 204 where none was saved: what the dictionary codes is accepted then."""
        if self.study.routing is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self.shown(self.study.routing, RoutingSerializer)

    @extend_schema(request=RoutingInput, responses=RoutingSerializer)
    def update(self, request: Request, **where: Any) -> Response:
        """Save a version and route the records by it, in a job. 409 when another than ``seen`` holds."""
        given = self.read(RoutingInput)
        made = route.save(
            study=self.study, user=self.user, settings=given.settings(), seen=given.validated_data["seen"]
        )
        return self.shown(made, RoutingSerializer)

    @extend_schema(responses=RoutingSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Every version, newest first."""
        return self.page(routing.versions(self.study), RoutingSerializer)

    @extend_schema(request=SettingsInput, responses=PreviewSerializer)
    def preview(self, request: Request, **where: Any) -> Response:
        """What settings would do, without saving them."""
        settings = self.read(SettingsInput).settings()
        found = routing_preview.preview(self.study, settings)
        measured = explorer.measured(self.study, LabelSource.REFERENCE, settings)
        return self.shown({"preview": found, "measured": measured}, PreviewSerializer)


class ExplorerViews(StudyViews[Routing]):
    """Coverage against accuracy on the study's own labelled records."""

    queryset = Routing.objects.none()
    needs = {"retrieve": SEE}

    @extend_schema(parameters=[ExplorerParameters], responses=ExplorerSerializer)
    def retrieve(self, request: Request, **where: Any) -> Response:
        """The points of the curve, the lowest threshold that can be vouched for, and strata."""
        asked = ExplorerParameters.read(request)
        settings = routing.current(self.study)
        found = explorer.sample(
            self.study,
            LabelSource(asked["labels"]),
            settings,
            other_rules=asked["rules"],
            column=asked["column"],
        )
        offered = explorer.offer(found, max_error=asked["max_error"], confidence=asked["confidence"])
        chosen = offered.threshold if offered else None
        at = settings.threshold if chosen is None else chosen
        counts = ("labelled", "unscored", "elsewhere", "learnt", "unknown", "not_admitted")
        return self.shown(
            {
                **{name: getattr(found, name) for name in counts},
                "records": found.size,
                "points": explorer.points(found, explorer.TABLE),
                "offered": offered,
                "strata": [{"value": value, "point": point} for value, point in explorer.strata(found, at)]
                if asked["column"]
                else [],
            },
            ExplorerSerializer,
        )

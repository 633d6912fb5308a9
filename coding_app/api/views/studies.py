"""Studies."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.serializers.studies import (
    StudyChange,
    StudyDetailSerializer,
    StudyInput,
    StudySerializer,
)
from coding_app.api.views.base import ANY_MEMBER, ApiViews, Need, StudyViews
from coding_app.models import Study
from coding_app.selectors import api_lists
from coding_app.services import studies


class StudyListViews(ApiViews[Study]):
    """The studies one is a member of."""

    queryset = Study.objects.none()

    @extend_schema(responses=StudySerializer(many=True))
    def list(self, request: Request) -> Response:
        """The studies, each with one's role in it."""
        return self.page(api_lists.studies_with_role(self.user), StudySerializer)

    @extend_schema(request=StudyInput, responses={201: StudySerializer})
    def create(self, request: Request) -> Response:
        """Create a study and become its manager; for users with the permission to add studies."""
        if not self.user.has_perm(api_lists.CREATE_STUDIES):
            raise PermissionDenied(
                _("You may not create studies: ask an administrator for the permission to.")
            )
        given = self.read(StudyInput)
        made = studies.create(user=self.user, **given.validated_data)
        found = api_lists.studies_with_role(self.user).get(pk=made.pk)
        return self.shown(found, StudySerializer, status.HTTP_201_CREATED)


class StudyDetailViews(StudyViews[Study]):
    """One study."""

    queryset = Study.objects.none()
    needs = {
        "retrieve": ANY_MEMBER,
        "partial_update": Need(permissions.MANAGE, gettext_noop("change the settings")),
    }

    @extend_schema(responses=StudyDetailSerializer)
    def retrieve(self, request: Request, **where: Any) -> Response:
        """The study with its progress; accuracy is left out for coders."""
        found = api_lists.studies_with_role(self.user).get(pk=self.study.pk)
        return self.shown(found, StudyDetailSerializer)

    @extend_schema(request=StudyChange, responses=StudyDetailSerializer)
    def partial_update(self, request: Request, **where: Any) -> Response:
        """Change description, child age or dictionary version; for managers. Nothing is coded again by it."""
        given = self.read(StudyChange, partial=True).validated_data
        studies.update_settings(
            study=self.study,
            description=given.get("description", self.study.description),
            child_age=given.get("child_age", self.study.child_age),
            dictionary_version=given.get("dictionary_version"),
            user=self.user,
        )
        return self.retrieve(request, **where)

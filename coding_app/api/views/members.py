"""Members of a study."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.serializers.studies import MemberInput, MembershipSerializer, RoleInput
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import Role
from coding_app.models import Membership
from coding_app.selectors import lists
from coding_app.services import studies

MANAGE = Need(permissions.MANAGE, gettext_noop("manage members"))


class MemberViews(StudyViews[Membership]):
    """For managers only."""

    queryset = Membership.objects.none()
    needs = dict.fromkeys(("list", "create", "partial_update", "destroy"), MANAGE)

    @extend_schema(responses=MembershipSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """The members."""
        return self.page(lists.members(self.study), MembershipSerializer)

    @extend_schema(request=MemberInput, responses={201: MembershipSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Make an existing user a member."""
        given = self.read(MemberInput).validated_data
        member = lists.user_named(given["user"])
        if member is None:
            told = _("There is no active user %(name)r.") % {"name": given["user"]}
            raise serializers.ValidationError({"user": [told]})
        made = studies.add_member(study=self.study, member=member, role=Role(given["role"]), user=self.user)
        return self.shown(made, MembershipSerializer, status.HTTP_201_CREATED)

    @extend_schema(request=RoleInput, responses=MembershipSerializer)
    def partial_update(self, request: Request, pk: int, **where: Any) -> Response:
        """Give a member another role; the last manager stays one."""
        membership = lists.member_of(self.study, pk)
        role = Role(self.read(RoleInput).validated_data["role"])
        studies.change_role(membership=membership, role=role, user=self.user)
        return self.shown(membership, MembershipSerializer)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int, **where: Any) -> Response:
        """End a membership; what the member decided stays."""
        studies.remove_member(membership=lists.member_of(self.study, pk), user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

"""Members of a study."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.pagination import NewestFirst
from coding_app.api.serializers.members import (
    InvitationInput,
    InvitationSerializer,
    NewInvitationSerializer,
    TransferInput,
    TransferSerializer,
)
from coding_app.api.serializers.studies import MemberChange, MemberInput, MembershipSerializer
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import Role
from coding_app.models import Invitation, Membership
from coding_app.selectors import invitations as selected
from coding_app.selectors import lists
from coding_app.services import invitations, members, transfers

MANAGE = Need(permissions.MANAGE, gettext_noop("manage members"))


class MemberViews(StudyViews[Membership]):
    """For managers only."""

    queryset = Membership.objects.none()
    needs = dict.fromkeys(("list", "create", "partial_update", "destroy", "transfer"), MANAGE)

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
        made = members.add(study=self.study, member=member, role=Role(given["role"]), user=self.user)
        return self.shown(made, MembershipSerializer, status.HTTP_201_CREATED)

    @extend_schema(request=MemberChange, responses=MembershipSerializer)
    def partial_update(self, request: Request, pk: int, **where: Any) -> Response:
        """Give a member another role, or close the study to them and open it again.

        The last manager stays one.
        """
        membership = lists.member_of(self.study, pk)
        given = self.read(MemberChange).validated_data
        if "role" in given:
            members.change_role(membership=membership, role=Role(given["role"]), user=self.user)
        else:
            change = members.reactivate if given["active"] else members.deactivate
            change(membership=membership, user=self.user)
        return self.shown(membership, MembershipSerializer)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int, **where: Any) -> Response:
        """End a membership; what the member decided stays."""
        members.remove(membership=lists.member_of(self.study, pk), user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="studies_members_transfer", request=TransferInput, responses=TransferSerializer
    )
    def transfer(self, request: Request, pk: int, **where: Any) -> Response:
        """Give what is assigned to a member to another, or to all who may do it."""
        leaver = lists.member_of(self.study, pk)
        name = self.read(TransferInput).validated_data["to"]
        heir = lists.user_named(name) if name is not None else None
        if name is not None and heir is None:
            raise serializers.ValidationError(
                {"to": [_("There is no active user %(name)r.") % {"name": name}]}
            )
        made = transfers.transfer(study=self.study, leaver=leaver.user, to=heir, user=self.user)
        return self.shown(made, TransferSerializer)


class InvitationViews(StudyViews[Invitation]):
    """Links that make whoever opens them a member; for managers only."""

    queryset = Invitation.objects.none()
    pagination_class = NewestFirst
    needs = dict.fromkeys(("list", "create", "destroy"), MANAGE)

    @extend_schema(responses=InvitationSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first, with what became of them."""
        return self.page(selected.of_study(self.study), InvitationSerializer)

    @extend_schema(request=InvitationInput, responses={201: NewInvitationSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Make a link. It is in this answer and nowhere else."""
        given = self.read(InvitationInput).validated_data
        made, secret = invitations.invite(
            study=self.study, user=self.user, **{**given, "role": Role(given["role"])}
        )
        link = request.build_absolute_uri(reverse("invitation", args=[secret]))
        context = {**self.get_serializer_context(), "link": link}
        shown = NewInvitationSerializer(made, context=context)
        return Response(shown.data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int, **where: Any) -> Response:
        """Withdraw an invitation: its link leads nowhere from then on."""
        found = get_object_or_404(selected.of_study(self.study), pk=pk)
        invitations.withdraw(invitation=found, user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

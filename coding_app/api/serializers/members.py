"""Invitations to a study, and work that goes from one member to another."""

from typing import Any

from rest_framework import serializers

from coding_app.api.serializers.inputs import Input
from coding_app.choices import Role
from coding_app.models import Invitation
from coding_app.services import invitations
from coding_app.services.transfers import Transfer


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An invitation, without its link."""

    created_by = serializers.CharField(source="created_by.username", read_only=True)
    used_by = serializers.CharField(source="used_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Invitation
        fields = [
            "id", "role", "note", "created_at", "created_by", "expires_at", "used_at", "used_by",
            "withdrawn_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewInvitationSerializer(InvitationSerializer):
    """An invitation with its link, which is told this once."""

    link = serializers.SerializerMethodField()

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link"]
        read_only_fields = fields

    def get_link(self, invitation: Invitation) -> str:
        """The address to send to whom it is for."""
        return str(self.context["link"])


class InvitationInput(Input):
    """A new invitation."""

    role = serializers.ChoiceField(Role.choices)
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=invitations.MAX_NOTE, help_text="whom it is for"
    )
    days = serializers.IntegerField(
        required=False, min_value=1, max_value=invitations.MOST_DAYS, help_text="how long it is open"
    )


class TransferInput(Input):
    """Who is to have a member's open work."""

    to = serializers.CharField(
        max_length=150, allow_null=True, help_text="user name; null: all who may do it, evenly"
    )


class TransferSerializer(serializers.Serializer[Transfer]):
    """How much went to whom, by user name; under the empty name what whoever comes first may take."""

    places = serializers.DictField(child=serializers.IntegerField(), help_text="records to code")
    adjudications = serializers.DictField(child=serializers.IntegerField(), help_text="disputes to settle")
    left = serializers.IntegerField(help_text="records that nobody else may do")

    def to_representation(self, instance: Transfer) -> dict[str, Any]:
        """As it came out."""
        return dict(super().to_representation(instance))

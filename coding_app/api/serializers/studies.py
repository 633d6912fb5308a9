"""Studies, their progress and their members."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from coding_app import permissions
from coding_app.api.serializers.catalogue import ClassificationSerializer, DictionaryVersionSerializer
from coding_app.api.serializers.inputs import Input, VisibleKeyField
from coding_app.choices import Role
from coding_app.models import Classification, DictionaryVersion, Membership, Study
from coding_app.selectors import api_lists
from coding_app.selectors.jobs import worker_is_there
from coding_app.selectors.progress import Progress, Rate, progress


class StudySerializer(serializers.ModelSerializer[Study]):
    """A study, with the reader's role in it."""

    classification = ClassificationSerializer(read_only=True)
    dictionary_version = serializers.CharField(read_only=True, allow_null=True, help_text="its name")
    role = serializers.ChoiceField(Role.choices, read_only=True)

    class Meta:
        model = Study
        fields = [
            "id", "slug", "name", "description", "classification", "dictionary_version", "child_age",
            "is_demo", "created_at", "role",
        ]  # fmt: skip
        read_only_fields = fields


class RateSerializer(serializers.Serializer[Rate]):
    """A share of records with its Wilson 95 % interval."""

    k = serializers.IntegerField()
    n = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True, help_text="k / n; null when n is 0")
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True, help_text="low and high"
    )


class ProgressSerializer(serializers.Serializer[Progress]):
    """Counts of records. ``accuracy``, against codes known beforehand, is left out for coders."""

    total = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="to be decided by a person")
    set_aside = serializers.IntegerField(help_text="children and unknowns")
    final = serializers.IntegerField(help_text="need nothing more")
    statuses = serializers.DictField(child=serializers.IntegerField())
    outcomes = serializers.DictField(child=serializers.IntegerField())
    tables = serializers.DictField(child=serializers.IntegerField(), help_text="coded by each table")
    production = RateSerializer(help_text="machine-coded among records that name an occupation")
    production_with_set_aside = RateSerializer(help_text="the same, set-aside records counted as coded")
    accuracy = RateSerializer(required=False)

    def to_representation(self, instance: Progress) -> dict[str, Any]:
        """The counts, less what the reader's role may not know."""
        shown = super().to_representation(instance)
        if not permissions.allows(self.context["role"], permissions.SUPERVISE):
            del shown["accuracy"]
        return shown


class StudyDetailSerializer(StudySerializer):
    """A study with its progress."""

    dictionary_version = DictionaryVersionSerializer(read_only=True, allow_null=True)  # type: ignore[assignment]
    progress = serializers.SerializerMethodField()
    worker_present = serializers.SerializerMethodField()

    class Meta(StudySerializer.Meta):
        fields = [*StudySerializer.Meta.fields, "progress", "worker_present"]
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, study: Study) -> dict[str, Any]:
        """Counts and rates as they are now."""
        return dict(ProgressSerializer(progress(study), context=self.context).data)

    def get_worker_present(self, study: Study) -> bool:
        """Whether anybody is there to do the jobs."""
        return worker_is_there()


class ClassificationKeyField(VisibleKeyField[Classification]):
    """The key of a classification."""

    def visible_to(self, user: User) -> QuerySet[Classification]:
        """Those the user may see."""
        return api_lists.classifications_for(user)


class DictionaryVersionKeyField(VisibleKeyField[DictionaryVersion]):
    """The key of a dictionary version."""

    def visible_to(self, user: User) -> QuerySet[DictionaryVersion]:
        """Those the user may see."""
        return api_lists.versions_for(user)


class StudyInput(Input):
    """A new study."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    classification = ClassificationKeyField()
    dictionary_version = DictionaryVersionKeyField(allow_null=True, default=None)
    child_age = serializers.IntegerField(default=14, min_value=0, max_value=120)


class StudyChange(Input):
    """What can be changed in a study; age and dictionary count from the next run on."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    child_age = serializers.IntegerField(required=False, min_value=0, max_value=120)
    dictionary_version = DictionaryVersionKeyField(required=False)


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """A user's role in the study."""

    user = serializers.CharField(source="user.username", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "user", "role", "created_at", "deactivated_at"]
        read_only_fields = fields


class MemberInput(Input):
    """A new member."""

    user = serializers.CharField(max_length=150, help_text="user name")
    role = serializers.ChoiceField(Role.choices)


class MemberChange(Input):
    """Another role for a member, or whether the study is there for them."""

    role = serializers.ChoiceField(Role.choices, required=False)
    active = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of them, so that nothing is changed by halves."""
        if len(attrs) != 1:
            raise serializers.ValidationError(_("Give either a role, or whether the member is active."))
        return attrs

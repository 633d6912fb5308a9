"""Rounds: what is asked of one, and how far it is."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from coding_app.api.serializers.inputs import Input
from coding_app.api.serializers.jobs import JobSerializer
from coding_app.choices import RoundKind, Selection
from coding_app.models import Round
from coding_app.round_plans import RoundPlan
from coding_app.selectors import rounds
from coding_app.selectors.populations import Stratum
from coding_app.selectors.round_faults import MAX_NAME, MAX_SEED, MAX_SIZE
from coding_app.selectors.rounds import CoderProgress, RoundProgress


class CoderInput(Input):
    """A coder with their share of the work; equal shares balance it."""

    user = serializers.CharField(max_length=150, help_text="user name")
    share = serializers.FloatField(default=1.0, min_value=0.001, max_value=1_000_000)


class PlanInput(Input):
    """A round as it is to be. A field that is not sent has its default."""

    name = serializers.CharField(max_length=MAX_NAME)
    kind = serializers.ChoiceField(RoundKind.choices)
    coders = CoderInput(many=True, default=list, help_text="none only for a review: whoever works the queue")
    blinded = serializers.BooleanField(default=False, help_text="an evaluation is always blinded")
    coders_per_record = serializers.IntegerField(
        default=1, min_value=0, max_value=100, help_text="of double coding; 0: all of them"
    )
    selection = serializers.ChoiceField(Selection.choices, default=Selection.ALL)
    population = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True),
        default=dict,
        help_text="parameters of records/: what is drawn from",
    )
    size = serializers.IntegerField(allow_null=True, default=None, min_value=1, max_value=MAX_SIZE)
    seed = serializers.IntegerField(
        allow_null=True, default=None, min_value=0, max_value=MAX_SEED, help_text="null: one is drawn"
    )
    stratum_column = serializers.CharField(default="", allow_blank=True, max_length=200)
    equal_strata = serializers.BooleanField(default=False)
    machine_unlabelled = serializers.BooleanField(default=False)
    settles = serializers.BooleanField(default=True)
    feedback = serializers.BooleanField(default=False)
    gold_every = serializers.IntegerField(allow_null=True, default=None, min_value=2, max_value=1000)

    def validate_population(self, value: dict[str, str]) -> dict[str, str]:
        """Only what a list of records can be narrowed to."""
        return {name: text for name, text in value.items() if text}

    def plan(self, keys: dict[str, int]) -> RoundPlan:
        """The checked plan; ``keys`` are those of the members, by user name."""
        data = dict(self.validated_data)
        return RoundPlan(
            **{
                **data,
                "kind": RoundKind(data["kind"]),
                "selection": Selection(data["selection"]),
                "coders": tuple((keys[one["user"]], one["share"]) for one in data["coders"]),
            }
        )


class DrawnStratumSerializer(serializers.Serializer[Stratum]):
    """A stratum with its records, and how many of them are drawn."""

    name = serializers.CharField()
    population = serializers.IntegerField()
    drawn = serializers.IntegerField()


class DrawSerializer(serializers.Serializer[dict[str, Any]]):
    """What a plan would take; nothing is written by it."""

    population = serializers.IntegerField(help_text="records that may be drawn")
    drawn = serializers.IntegerField()
    strata = DrawnStratumSerializer(many=True, help_text="of a simple sample one, without a name")


class CoderProgressSerializer(serializers.Serializer[CoderProgress]):
    """One coder's part; without a user it is for whoever works the queue."""

    user = serializers.CharField(source="user.username", allow_null=True, default=None)
    given = serializers.IntegerField()
    decided = serializers.IntegerField()
    left = serializers.IntegerField()


class RoundProgressSerializer(serializers.Serializer[RoundProgress]):
    """How far a round is."""

    records = serializers.DictField(child=serializers.IntegerField(), help_text="by where they stand in it")
    open_adjudications = serializers.IntegerField()
    coders = CoderProgressSerializer(many=True)


class RoundSerializer(serializers.ModelSerializer[Round]):
    """A round with its sampling design. ``coders`` have their shares; they are keys of users."""

    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)
    population = serializers.DictField(child=serializers.CharField(), read_only=True)
    strata = serializers.ListField(child=serializers.DictField(), read_only=True)
    job = JobSerializer(read_only=True, allow_null=True, help_text="draws its records")
    ending = JobSerializer(
        read_only=True, allow_null=True, help_text="gives its records back, once it has ended"
    )

    class Meta:
        model = Round
        fields = [
            "number", "name", "kind", "state", "blinded", "coders_per_record", "selection", "population",
            "population_size", "size", "drawn", "seed", "stratum_column", "equal_strata", "strata",
            "machine_unlabelled", "settles", "feedback", "gold_every", "created_at", "created_by",
            "closed_at", "job", "ending",
        ]  # fmt: skip
        read_only_fields = fields


class RoundDetailSerializer(RoundSerializer):
    """A round with how far it is."""

    progress = serializers.SerializerMethodField()

    class Meta(RoundSerializer.Meta):
        fields = [*RoundSerializer.Meta.fields, "progress"]
        read_only_fields = fields

    @extend_schema_field(RoundProgressSerializer)
    def get_progress(self, one: Round) -> Any:
        """How far it is."""
        return RoundProgressSerializer(rounds.progress(one)).data


class MovedSerializer(serializers.Serializer[dict[str, int]]):
    """What going on brought about."""

    disputed = serializers.IntegerField(help_text="records whose code differs from the machine's")

"""The routing of a study, what it would do, and the threshold explorer."""

from typing import Any

from rest_framework import serializers

from coding_app.api.filters import Parameters
from coding_app.api.serializers.inputs import Input
from coding_app.api.serializers.models import OF_STUDY
from coding_app.choices import AcceptBy, LabelSource, Rule
from coding_app.models import Routing
from coding_app.routing import Guard, Settings, Stratum
from coding_app.selectors.explorer import Point
from coding_app.selectors.progress import Rate
from coding_app.selectors.routing_preview import Line, Preview
from coding_app.thresholds import Offered

MOST = 500
"""Entries of a list in a routing."""


class GuardField(Input):
    """A guarded group: its codes are accepted only where one of the words stands in the text."""

    group = serializers.CharField(max_length=30)
    words = serializers.ListField(child=serializers.CharField(max_length=200), max_length=MOST)


class StratumField(Input):
    """Values of an original column whose records always go to a person."""

    column = serializers.CharField(max_length=1000, trim_whitespace=False)
    values = serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=200), max_length=MOST
    )


class SettingsInput(Input):
    """What can be set of a routing. A field that is not sent has its default, not what holds now."""

    accept_by = serializers.ChoiceField(AcceptBy.choices, default=AcceptBy.DICTIONARY)
    threshold = serializers.FloatField(default=0.8, min_value=0, max_value=1)
    min_margin = serializers.FloatField(default=0.0, min_value=0, max_value=1)
    require_agreement = serializers.BooleanField(default=False)
    guarded = GuardField(many=True, default=list)
    person_codes = serializers.ListField(
        child=serializers.CharField(max_length=30), max_length=MOST, default=list
    )
    person_strata = StratumField(many=True, default=list)
    audit_share = serializers.FloatField(default=0.0, min_value=0, max_value=1)
    audit_seed = serializers.IntegerField(default=0, min_value=0, max_value=2**31 - 1)

    def settings(self) -> Settings:
        """The checked settings."""
        data = dict(self.validated_data)
        data.pop("seen", None)
        return Settings(
            **{
                **data,
                "accept_by": AcceptBy(data["accept_by"]),
                "guarded": tuple(Guard(one["group"], tuple(one["words"])) for one in data["guarded"]),
                "person_codes": tuple(data["person_codes"]),
                "person_strata": tuple(
                    Stratum(one["column"], tuple(one["values"])) for one in data["person_strata"]
                ),
            }
        )


class RoutingInput(SettingsInput):
    """A routing to be saved."""

    seen = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="number of the version that holds now; 0 for none"
    )


class RoutingSerializer(serializers.ModelSerializer[Routing]):
    """A version of the routing; never changed."""

    guarded = GuardField(many=True, read_only=True)
    person_codes = serializers.ListField(child=serializers.CharField(), read_only=True)
    person_strata = StratumField(many=True, read_only=True)
    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Routing
        fields = [
            "number", "accept_by", "threshold", "min_margin", "require_agreement", "guarded", "person_codes",
            "person_strata", "audit_share", "audit_seed", "created_at", "created_by",
        ]  # fmt: skip
        read_only_fields = fields


class IntervalSerializer(serializers.Serializer[Rate]):
    """A share of records with its Wilson 95 % interval; null without records."""

    value = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, min_length=2, max_length=2
    )
    k = serializers.IntegerField()
    n = serializers.IntegerField()


class LineSerializer(serializers.Serializer[Line]):
    """The records that a rule takes, now and then."""

    rule = serializers.ChoiceField(Rule.choices)
    accepts = serializers.BooleanField()
    now = serializers.IntegerField()
    then = serializers.IntegerField()


class MeasuredSerializer(serializers.Serializer[dict[str, Any]]):
    """What the settings would accept of the records whose code is known, and how much of it wrongly."""

    of = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="the model learnt from them, or did not score them")
    error = IntervalSerializer()


class EffectSerializer(serializers.Serializer[Preview]):
    """What settings would do with the records that no person decided, by rule."""

    records = serializers.IntegerField()
    accepted_now = serializers.IntegerField()
    accepted_then = serializers.IntegerField()
    waiting_now = serializers.IntegerField()
    waiting_then = serializers.IntegerField()
    to_accepted = serializers.IntegerField(help_text="waiting now, accepted then")
    to_waiting = serializers.IntegerField(help_text="accepted now, waiting then")
    other_code = serializers.IntegerField(help_text="accepted both times, with another code")
    without_probability = serializers.IntegerField()
    expected_error = serializers.FloatField(allow_null=True, help_text="from the probabilities")
    expected_of = serializers.IntegerField()
    lines = LineSerializer(many=True)


class PreviewSerializer(serializers.Serializer[dict[str, Any]]):
    """What settings would do, and how often they would err. Nothing is written by it."""

    preview = EffectSerializer()
    measured = MeasuredSerializer()


class ExplorerParameters(Parameters):
    """What to explore."""

    labels = serializers.ChoiceField(
        OF_STUDY, default=LabelSource.REFERENCE, help_text="codes taken as right"
    )
    max_error = serializers.FloatField(default=0.05, min_value=0.0001, max_value=0.9999)
    confidence = serializers.FloatField(default=0.95, min_value=0.0001, max_value=0.9999)
    rules = serializers.BooleanField(default=True, help_text="whether the other rules of the routing count")
    column = serializers.CharField(
        default="", allow_blank=True, max_length=1000, help_text="an original column to split by"
    )


class PointSerializer(serializers.Serializer[Point]):
    """What a threshold accepts."""

    threshold = serializers.FloatField()
    accepted = serializers.IntegerField()
    wrong = serializers.IntegerField()
    accuracy = IntervalSerializer()
    coverage = IntervalSerializer()


class OfferedSerializer(serializers.Serializer[Offered]):
    """The lowest threshold that can be vouched for, or how many more labelled records it takes."""

    threshold = serializers.FloatField(allow_null=True)
    accepted = serializers.IntegerField()
    wrong = serializers.IntegerField()
    bound = serializers.FloatField(help_text="exact one-sided upper bound of the error")
    more = serializers.IntegerField(
        allow_null=True, help_text="more labelled records; null: it would not help"
    )
    best = serializers.FloatField(allow_null=True, help_text="the threshold at which so many more would do")


class StratumSerializer(serializers.Serializer[dict[str, Any]]):
    """A stratum at one threshold."""

    value = serializers.CharField()
    point = PointSerializer()


class ExplorerSerializer(serializers.Serializer[dict[str, Any]]):
    """The study's labelled records, and what thresholds make of them."""

    labelled = serializers.IntegerField()
    records = serializers.IntegerField(help_text="of the labelled ones, those that can judge the model")
    unscored = serializers.IntegerField()
    elsewhere = serializers.IntegerField(help_text="scored by another model")
    learnt = serializers.IntegerField(help_text="left out: the model learnt from their texts")
    unknown = serializers.IntegerField(help_text="not known whether the model learnt from them")
    not_admitted = serializers.IntegerField(help_text="with a person by another rule, whatever the threshold")
    points = PointSerializer(many=True)
    offered = OfferedSerializer(allow_null=True)
    strata = StratumSerializer(many=True, help_text="at the offered threshold, else at the one that holds")

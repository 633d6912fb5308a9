"""Agreement, coders and tables of evaluations."""

from typing import Any

from rest_framework import serializers

from coding_app.agreement import Problem
from coding_app.api.filters import Parameters
from coding_app.api.pagination import LARGEST_KEY
from coding_app.selectors.agreement import Between
from coding_app.selectors.coder_stats import By
from coding_app.selectors.evaluation_table import Stage
from coding_app.selectors.independent import DEFAULT_THRESHOLD

Shape = serializers.Serializer[dict[str, Any]]


class EstimateSerializer(Shape):
    """A coefficient or share with its 95 % interval; ``problem`` says why something is missing or unusual."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    problem = serializers.ChoiceField([(one.value, one.value) for one in Problem], allow_null=True)


class CoefficientsSerializer(Shape):
    """How far codes agree at a level; ``cohen`` for two fixed raters, ``fleiss`` for more than two people."""

    level = serializers.IntegerField()
    records = serializers.IntegerField()
    differing = serializers.IntegerField()
    percent = EstimateSerializer()
    cohen = EstimateSerializer(allow_null=True)
    gwet = EstimateSerializer()
    fleiss = EstimateSerializer(allow_null=True)


class ConfusedSerializer(Shape):
    """Two codes that the same records got; an empty one: cannot be coded."""

    first = serializers.CharField()
    second = serializers.CharField()
    records = serializers.IntegerField()


class OfTwoSerializer(Shape):
    """Two coders, by the keys of their users."""

    first = serializers.IntegerField()
    second = serializers.IntegerField()
    figures = CoefficientsSerializer()


class AgreementSerializer(Shape):
    """Agreement at every level; pairs of coders and codes confused at the level asked for."""

    levels = CoefficientsSerializer(many=True)
    pairs = OfTwoSerializer(many=True)
    confused = ConfusedSerializer(many=True)


class AgreementParameters(Parameters):
    """Whose codes are compared, at which level the details are, on which records."""

    between = serializers.ChoiceField(
        [(one.value, one.value) for one in Between], required=False, default=Between.CODERS.value
    )
    level = serializers.IntegerField(required=False, min_value=1, max_value=100, help_text="the deepest")
    round = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_KEY, help_text="number of a round; all of them"
    )
    coder = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_KEY, help_text="key of a user"
    )
    other_coder = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY)
    column = serializers.CharField(required=False, max_length=200, help_text="an original column")
    value = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="what it says")
    sure = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="whether the machine was"
    )
    threshold = serializers.FloatField(
        required=False, min_value=0, max_value=1, default=DEFAULT_THRESHOLD, help_text="for ``sure``"
    )
    since = serializers.DateField(required=False, help_text="first day of coding")
    until = serializers.DateField(required=False, help_text="last day of coding")


class WorkSerializer(Shape):
    """What a coder decided, and how often that was the machine's first suggestion."""

    median_seconds = serializers.FloatField(allow_null=True)
    per_hour = serializers.FloatField(allow_null=True)
    accepted_assisted = EstimateSerializer()
    accepted_blinded = EstimateSerializer()
    bias = EstimateSerializer()


class PartSerializer(Shape):
    """A part of a coder's work; ``monday`` where it is a week."""

    number = serializers.IntegerField()
    monday = serializers.DateField(allow_null=True)
    agreed = EstimateSerializer()


class CoderSerializer(Shape):
    """A coder's figures."""

    user = serializers.IntegerField()
    name = serializers.CharField()
    pseudonym = serializers.CharField()
    decisions = serializers.IntegerField()
    cannot_code = serializers.IntegerField()
    work = WorkSerializer()
    final = EstimateSerializer()
    gold = EstimateSerializer()
    drift = EstimateSerializer()
    parts = PartSerializer(many=True)


class CoderParameters(Parameters):
    """How the work is cut into parts."""

    by = serializers.ChoiceField(
        [(one.value, one.value) for one in By], required=False, default=By.PARTS.value
    )


class TableLineSerializer(Shape):
    """A type of record; ``null``: all of them."""

    stratum = serializers.CharField(allow_null=True)
    n = serializers.IntegerField()
    correct = serializers.IntegerField()
    share = EstimateSerializer()


class TableBlockSerializer(Shape):
    """The table of ``machine``, ``people`` or the key of a coder's user; the total comes last."""

    rater = serializers.CharField()
    stage = serializers.ChoiceField([(one.value, one.value) for one in Stage])
    lines = TableLineSerializer(many=True)


class TableSerializer(Shape):
    """The table of an evaluation."""

    drawn = serializers.IntegerField()
    coded = serializers.IntegerField()
    open = serializers.IntegerField()
    cannot_code = serializers.IntegerField()
    by = serializers.CharField()
    blocks = TableBlockSerializer(many=True)


class TableParameters(Parameters):
    """At which level a code is correct, and which column tells the types of record."""

    level = serializers.IntegerField(required=False, min_value=1, max_value=100, help_text="the deepest")
    column = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")

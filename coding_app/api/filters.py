"""Parameters of lists. A parameter that does not exist, or a value that cannot be, is refused by name."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from coding_app.api.pagination import LARGEST_KEY
from coding_app.api.serializers.inputs import Input
from coding_app.choices import (
    CannotCodeReason,
    IssueKind,
    JobKind,
    JobState,
    LabelSource,
    Outcome,
    RecordStatus,
    Route,
    Rule,
    StatusGroup,
    SuggestionSource,
)
from coding_app.selectors.records import RecordFilter


class Parameters(Input):
    """Parameters of an address; those of paging are read elsewhere."""

    elsewhere = frozenset({"cursor", "page_size"})

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The checked values of what was given.

        Raises:
            ValidationError: by parameter.
        """
        given = cls(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)


class RecordParameters(Parameters):
    """What a list of records is narrowed to."""

    status = serializers.ChoiceField(
        [*RecordStatus.choices, *StatusGroup.choices], required=False, allow_blank=True
    )
    outcome = serializers.ChoiceField(
        Outcome.choices, required=False, allow_blank=True, help_text="what the dictionary coder said"
    )
    table = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="coded by this table, such as general"
    )
    code = serializers.CharField(
        required=False, allow_blank=True, max_length=30, help_text="final code, or any code above it"
    )
    source = serializers.IntegerField(  # type: ignore[assignment]  # a declared field, not the attribute
        required=False, min_value=1, max_value=LARGEST_KEY, help_text="key of the import it came with"
    )
    reason = serializers.ChoiceField(
        CannotCodeReason.choices, required=False, allow_blank=True, help_text="why it cannot be coded"
    )
    compared = serializers.ChoiceField(
        [("right", "right"), ("wrong", "wrong")],
        required=False,
        allow_blank=True,
        help_text="the machine's code against the code known beforehand; not for coders",
    )
    text = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="looked for in id, occupation and industry",
    )
    rule = serializers.ChoiceField(
        Rule.choices,
        required=False,
        allow_blank=True,
        help_text="which rule of the routing took it; audit not for coders",
    )
    route = serializers.ChoiceField(
        Route.choices, required=False, allow_blank=True, help_text="how it got its final code"
    )
    by = serializers.ChoiceField(
        SuggestionSource.choices, required=False, allow_blank=True, help_text="what made its first suggestion"
    )
    p_from = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="least probability of its first suggestion"
    )
    p_to = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="greatest probability of its first suggestion"
    )
    model = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="number of the version that scored it"
    )
    first = serializers.ChoiceField(
        [("right", "right"), ("wrong", "wrong")],
        required=False,
        allow_blank=True,
        help_text="its first suggestion against the code known beforehand; not for coders",
    )
    labelled = serializers.ChoiceField(
        [one for one in LabelSource.choices if one[0] != LabelSource.FILE],
        required=False,
        allow_blank=True,
        help_text="whose code is taken as right, by this source; not for coders",
    )

    @classmethod
    def wanted(cls, request: Request) -> RecordFilter:
        """The filter that the parameters make."""
        return RecordFilter(**{name: str(value) for name, value in cls.read(request).items()})


class JobParameters(Parameters):
    """What a list of jobs is narrowed to."""

    kind = serializers.ChoiceField(JobKind.choices, required=False)
    state = serializers.ChoiceField(JobState.choices, required=False)


class IssueParameters(Parameters):
    """What a list of issues is narrowed to."""

    kind = serializers.ChoiceField(IssueKind.choices, required=False)


class DecisionParameters(Parameters):
    """What a list of decisions is narrowed to."""

    coder = serializers.CharField(
        required=False, max_length=150, help_text="user name; coders are shown their own decisions only"
    )


class CodeParameters(Parameters):
    """Searching the codes of a classification."""

    q = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="beginnings of words of code or title"
    )


class SearchParameters(Parameters):
    """Searching the codes of a study."""

    q = serializers.CharField(
        max_length=200, help_text="beginnings of words of the code, a title or a dictionary phrase"
    )
    limit = serializers.IntegerField(default=20, min_value=1, max_value=50, required=False)

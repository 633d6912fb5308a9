"""Flags: what coders ask about records, and the answers."""

from rest_framework import serializers

from coding_app.api.filters import Parameters
from coding_app.api.serializers.inputs import Input, Key
from coding_app.models import Flag
from coding_app.services.flags import MAX_TEXT


class FlagSerializer(serializers.ModelSerializer[Flag]):
    """A question about a record; ``answered_at`` is null while it waits.

    ``raised_by`` is null where its record is being coded in a round: its coders are not named then.
    """

    external_id = serializers.CharField(source="record.external_id", read_only=True)
    occupation = serializers.CharField(source="record.occupation", read_only=True)
    industry = serializers.CharField(source="record.industry", read_only=True)
    raised_by = serializers.SerializerMethodField()

    class Meta:
        model = Flag
        fields = [
            "id", "record", "external_id", "occupation", "industry", "raised_by", "note", "raised_at",
            "answer", "answered_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_raised_by(self, flag: Flag) -> str | None:
        """The user name."""
        return None if getattr(flag, "nameless", False) else flag.raised_by.get_username()


class FlagParameters(Parameters):
    """What a list of flags is narrowed to."""

    waiting = serializers.BooleanField(required=False, allow_null=True, default=None)


class FlagInput(Input):
    """A question about a record."""

    record = Key(help_text="key of the record")
    note = serializers.CharField(max_length=MAX_TEXT, help_text="what a supervisor should look at")


class AnswerInput(Input):
    """The answer to a flag."""

    answer = serializers.CharField(max_length=MAX_TEXT)

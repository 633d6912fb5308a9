"""Reopening, removing and restoring records."""

from typing import Any

from rest_framework import serializers

from coding_app.api.serializers.inputs import Input
from coding_app.api.serializers.jobs import JobSerializer
from coding_app.selectors.reopening import By, Gesture
from coding_app.services.reopening import MAX_WHY, Done


class ChosenInput(Input):
    """Which records are meant: a record's key, a code, or the key of a version that decided them."""

    by = serializers.ChoiceField([(one.value, one.value) for one in By])
    value = serializers.CharField(max_length=100)
    why = serializers.CharField(required=False, allow_blank=True, max_length=MAX_WHY)


class ChosenCountSerializer(serializers.Serializer[dict[str, int]]):
    """How many records are meant."""

    reopenable = serializers.IntegerField()
    removable = serializers.IntegerField()


class DoneSerializer(serializers.Serializer[Done]):
    """What a gesture did: one record at once; many are left to a job."""

    gesture = serializers.UUIDField()
    records = serializers.IntegerField()
    left = serializers.IntegerField(help_text="records that the job is about to do")
    job = JobSerializer(allow_null=True)


class GestureSerializer(serializers.Serializer[Gesture]):
    """What somebody did to many records at once."""

    gesture = serializers.UUIDField(source="key")
    verb = serializers.CharField()
    actor = serializers.CharField()
    at = serializers.DateTimeField()
    records = serializers.IntegerField()


class GesturesSerializer(serializers.Serializer[Any]):
    """The latest of them, newest first."""

    results = GestureSerializer(many=True)

"""Trained models, trainings and evaluations."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from coding_app.api.serializers.inputs import Input
from coding_app.api.serializers.jobs import JobSerializer
from coding_app.choices import Describe, LabelSource, Split
from coding_app.models import Evaluation, ModelVersion, Training
from coding_app.selectors import model_cards

OF_STUDY = [choice for choice in LabelSource.choices if choice[0] != LabelSource.FILE]


class RateSerializer(serializers.Serializer[dict[str, Any]]):
    """A share of records with its Wilson 95 % interval; null without records."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    successes = serializers.IntegerField()
    trials = serializers.IntegerField()


class HeldOutSerializer(serializers.Serializer[model_cards.Card]):
    """How a version did on the records that its training kept back."""

    top = RateSerializer(many=True, help_text="the right code is first, among the first two, ... five")
    ece_before = serializers.FloatField(allow_null=True)
    ece_after = serializers.FloatField(allow_null=True, help_text="expected calibration error")


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A version in the registry. ``number`` is what addresses and other answers call it by."""

    is_current = serializers.SerializerMethodField()
    learnt_from = serializers.SerializerMethodField()
    held_out = serializers.SerializerMethodField()
    parent = serializers.SlugRelatedField[Any](  # type: ignore[assignment]  # a declared field
        slug_field="number", read_only=True, allow_null=True, help_text="current when this one was made"
    )
    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = ModelVersion
        fields = [
            "number", "is_current", "origin", "engine", "base", "template", "classes", "size", "fingerprint",
            "learnt_from", "held_out", "parent", "note", "created_at", "created_by",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_current(self, version: ModelVersion) -> bool:
        """Whether runs code with it."""
        return bool(version.pk == self.context["current"])

    def get_learnt_from(self, version: ModelVersion) -> int | None:
        """Records it learnt from; null where its card does not say."""
        return model_cards.read(version).train

    def get_held_out(self, version: ModelVersion) -> dict[str, Any] | None:
        """Null where nothing was held out."""
        card = model_cards.read(version)
        return dict(HeldOutSerializer(card).data) if card.top else None


class StandingSerializer(serializers.Serializer[dict[str, Any]]):
    """Whether a version may be promoted, or was, and why."""

    promoted = serializers.BooleanField()
    why = serializers.CharField(help_text="won, no_current, not_better_than_current, not_compared, ...")
    words = serializers.CharField(help_text="the same as a sentence, with the figures")
    records = serializers.IntegerField(help_text="held-out records that all were judged by")
    left_out = serializers.IntegerField(help_text="of them, those the current version learnt from")
    candidate = serializers.DictField(allow_null=True, help_text="k right of n")
    current = serializers.DictField(allow_null=True, help_text="number; k right of n")
    baseline = serializers.DictField(allow_null=True, help_text="k right of n")


class ModelVersionDetailSerializer(ModelVersionSerializer):
    """A version with its card and whether it may be promoted; the context holds ``standing``."""

    standing = serializers.SerializerMethodField()
    card = serializers.JSONField(read_only=True, help_text="data, settings, figures, package versions")

    class Meta(ModelVersionSerializer.Meta):
        fields = [*ModelVersionSerializer.Meta.fields, "standing", "card"]
        read_only_fields = fields

    def get_standing(self, version: ModelVersion) -> dict[str, Any] | None:
        """Null for the current version."""
        found = self.context["standing"]
        return dict(StandingSerializer(found).data) if found else None


class TrainingSerializer(serializers.ModelSerializer[Training]):
    """A training: what was asked for, how far it is, and what came of it."""

    version = serializers.SlugRelatedField[Any](slug_field="number", read_only=True, allow_null=True)
    verdict = serializers.SerializerMethodField()
    job = JobSerializer(read_only=True)
    losses = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        read_only=True,
        help_text="pairs: share of the training done, loss",
    )

    class Meta:
        model = Training
        fields = [
            "id", "labels", "file_name", "code_column", "phrases_name", "dictionary_phrases", "describe",
            "template", "base", "min_class_size", "test_size", "split", "epochs", "batch_size",
            "learning_rate", "seed", "with_variants", "promote", "stage", "losses", "version", "verdict",
            "created_at", "job",
        ]  # fmt: skip
        read_only_fields = fields

    def get_verdict(self, training: Training) -> dict[str, Any] | None:
        """Null until the version is judged."""
        found = self.context["verdicts"](training)
        return dict(StandingSerializer(found).data) if found else None


class TrainingInput(Input):
    """A training on the study's own coded records; files are trained from on the pages."""

    labels = serializers.ChoiceField(OF_STUDY, default=LabelSource.BOTH)
    template = serializers.CharField(
        max_length=1000, default="{occupation} {industry}", help_text="a column's name in braces"
    )
    base = serializers.CharField(max_length=300, default="baseline")
    dictionary_phrases = serializers.BooleanField(default=False)
    describe = serializers.ChoiceField(Describe.choices, default=Describe.SMALL)
    min_class_size = serializers.IntegerField(default=11, min_value=1, max_value=1_000_000)
    test_size = serializers.FloatField(default=0.3, min_value=0, max_value=0.9)
    split = serializers.ChoiceField(Split.choices, default=Split.GROUPED)
    epochs = serializers.IntegerField(default=8, min_value=1, max_value=1000)
    batch_size = serializers.IntegerField(default=64, min_value=1, max_value=4096)
    learning_rate = serializers.FloatField(
        default=None, allow_null=True, min_value=1e-9, max_value=0.999, help_text="null: what suits the base"
    )
    seed = serializers.IntegerField(default=0, min_value=0, max_value=2**31 - 1)
    with_variants = serializers.BooleanField(default=False)
    promote = serializers.BooleanField(
        required=False, help_text="make it current if it wins; managers only, for whom it is the default"
    )


class EvaluationSerializer(serializers.ModelSerializer[Evaluation]):
    """Versions judged on the same records; ``summary`` is empty until the job is done."""

    versions = serializers.SlugRelatedField[Any](slug_field="number", read_only=True, many=True)
    summary = serializers.JSONField(read_only=True, help_text="records, left_out, and rates of each version")
    job = JobSerializer(read_only=True)

    class Meta:
        model = Evaluation
        fields = ["id", "versions", "labels", "file_name", "code_column", "summary", "created_at", "job"]
        read_only_fields = fields


class EvaluationInput(Input):
    """Which versions to judge, and on which of the study's coded records."""

    versions = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31 - 1),
        min_length=1,
        max_length=50,
        help_text="their numbers",
    )
    labels = serializers.ChoiceField(OF_STUDY, default=LabelSource.BOTH)

    def validate_versions(self, numbers: list[int]) -> list[int]:
        """Each once.

        Raises:
            ValidationError: when one stands twice.
        """
        if len(set(numbers)) < len(numbers):
            raise serializers.ValidationError(_("A version stands twice."))
        return numbers


class RollBackInput(Input):
    """Which version is current, as the client knows it."""

    current = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="refused when another one is current by now"
    )

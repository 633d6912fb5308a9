"""Trained models: the registry, how each version was trained, and how models were judged."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from coding_app.choices import Describe, LabelSource, LabelVerdict, ModelOrigin, Split
from coding_app.models.classifications import Code
from coding_app.models.dictionaries import DictionaryVersion
from coding_app.models.jobs import Job
from coding_app.models.records import Record
from coding_app.models.studies import Study


class ModelVersion(models.Model):
    """One trained model of a study; never changed. The study says which version is current.

    ``stored_as`` is a folder below MEDIA_ROOT: ``model/`` as the classifier library writes it and, beside a
    model of another kind, ``baseline/``, the instant one trained on the same records: what codes when the
    model cannot be loaded.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="model_versions")
    number = models.PositiveIntegerField()
    origin = models.CharField(max_length=20, choices=ModelOrigin.choices)
    engine = models.CharField(max_length=30, help_text="the kind of engine")
    base = models.CharField(max_length=300, help_text="baseline, or the encoder it was made from")
    template = models.TextField(help_text="how a record becomes a text")
    stored_as = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="bytes on disk")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over what predictions depend on")
    classes = models.PositiveIntegerField(help_text="codes it can give")
    card = models.JSONField(help_text="data, split, settings, figures, versions")
    parent = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="children",
        help_text="current at that time",
    )
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)

    class Meta:
        ordering = ["study", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="model_version_number_unique"),
            models.UniqueConstraint(fields=["study", "fingerprint"], name="model_version_content_unique"),
            models.CheckConstraint(
                condition=Q(origin__in=ModelOrigin.values), name="model_version_origin_known"
            ),
        ]

    def __str__(self) -> str:
        return f"model {self.number}"


class Training(models.Model):
    """A training that was asked for, how far it is, and what came of it.

    ``losses`` is a list of ``[share done, loss]``, a few hundred at most. ``verdict`` says whether the
    version was promoted, and the figures of candidate, current version and instant baseline on the same
    held-out records (see ``services.promotion``).
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="trainings")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="training")
    labels = models.CharField(max_length=20, choices=LabelSource.choices)
    file_name = models.CharField(
        max_length=255, blank=True, help_text="of the coded records, where these are a file"
    )
    stored_as = models.CharField(max_length=255, blank=True, help_text="that file, below MEDIA_ROOT")
    code_column = models.CharField(max_length=200, blank=True, help_text="of that file")
    phrases_name = models.CharField(max_length=255, blank=True, help_text="of a file of further phrases")
    phrases_stored_as = models.CharField(max_length=255, blank=True)
    dictionary_phrases = models.BooleanField(default=False, help_text="learn the dictionary's phrases, too")
    describe = models.CharField(max_length=10, choices=Describe.choices, default=Describe.SMALL)
    template = models.TextField()
    base = models.CharField(max_length=300, default="baseline")
    min_class_size = models.PositiveIntegerField(default=11)
    test_size = models.FloatField(default=0.3)
    split = models.CharField(max_length=10, choices=Split.choices, default=Split.GROUPED)
    epochs = models.PositiveIntegerField(default=8)
    batch_size = models.PositiveIntegerField(default=64)
    learning_rate = models.FloatField(null=True, help_text="null: what suits the base")
    seed = models.PositiveIntegerField(default=0)
    with_variants = models.BooleanField(default=False, help_text="the half model and models 2 to 4, too")
    promote = models.BooleanField(default=True, help_text="make it current if it wins")
    stage = models.CharField(max_length=100, blank=True)
    losses = models.JSONField(default=list)
    version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="trainings")
    verdict = models.JSONField(default=dict)
    report = models.CharField(max_length=255, blank=True, help_text="folder of the report, below MEDIA_ROOT")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(labels__in=LabelSource.values), name="training_labels_known"),
            models.CheckConstraint(
                condition=Q(test_size__gte=0, test_size__lt=1), name="training_test_size_within_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"training {self.pk} of {self.base}"


class Evaluation(models.Model):
    """Models judged on the same labelled records, of the study or of a file: one alone, or several."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="evaluations")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="evaluation")
    versions = models.ManyToManyField(ModelVersion, related_name="evaluations")
    labels = models.CharField(max_length=20, choices=LabelSource.choices)
    file_name = models.CharField(max_length=255, blank=True)
    stored_as = models.CharField(max_length=255, blank=True, help_text="that file, below MEDIA_ROOT")
    code_column = models.CharField(max_length=200, blank=True)
    summary = models.JSONField(default=dict, help_text="records judged and left out; rates of each version")
    report = models.CharField(max_length=255, blank=True, help_text="folder of the report, below MEDIA_ROOT")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(labels__in=LabelSource.values), name="evaluation_labels_known")
        ]

    def __str__(self) -> str:
        return f"evaluation {self.pk}"


class LabelSuspect(models.Model):
    """A record whose code is in doubt: models that did not learn from it say so, or the machine said
    another code before a person decided (``training`` is null then).

    A supervisor says whether the data err or the model does. A code found to be a data error is not learnt
    from any more; ``corrected``, where there is one, is learnt in its place.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="label_suspects")
    training = models.ForeignKey(
        Training, on_delete=models.CASCADE, related_name="suspects", null=True, help_text="that found it"
    )
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="label_suspects")
    code = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="+", help_text="the label")
    suggested = models.ForeignKey(Code, on_delete=models.PROTECT, related_name="+")
    quality = models.FloatField(
        help_text="of the label, from 0 (worst) to 1: by cleanlab, or 1 less the machine's probability"
    )
    corrected = models.ForeignKey(
        Code, on_delete=models.PROTECT, related_name="+", null=True, help_text="learnt instead of the label"
    )
    verdict = models.CharField(max_length=20, choices=LabelVerdict.choices, blank=True)
    note = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["quality", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["record"], name="label_suspect_once_a_record"),
            models.CheckConstraint(
                condition=Q(verdict__in=[*LabelVerdict.values, ""]), name="label_suspect_verdict_known"
            ),
            models.CheckConstraint(
                condition=Q(verdict="", reviewed_at__isnull=True)
                | (~Q(verdict="") & Q(reviewed_at__isnull=False)),
                name="label_suspect_reviewed_iff_verdict",
            ),
            models.CheckConstraint(
                condition=Q(corrected__isnull=True) | Q(verdict=LabelVerdict.DATA_ERROR),
                name="label_suspect_corrected_is_data_error",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.code_id}"


class Blend(models.Model):
    """How a model's probabilities and a dictionary's words weigh together in a study (``classifier.blend``).

    Fitted once on labelled records that the model did not learn from, and kept, so that coding again gives
    the same. ``weights`` are for every record; ``fold_weights`` those for the records it was fitted on, each
    fitted without the records of that fold.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="blends")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="blends")
    dictionary_version = models.ForeignKey(DictionaryVersion, on_delete=models.PROTECT, null=True)
    weights = models.JSONField()
    fold_weights = models.JSONField(default=list)
    records = models.PositiveIntegerField(help_text="labelled records it was fitted on")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model_version", "dictionary_version"], name="blend_once_a_pair"),
            models.UniqueConstraint(
                fields=["model_version"],
                condition=Q(dictionary_version__isnull=True),
                name="blend_once_without_dictionary",
            ),
        ]

    def __str__(self) -> str:
        return f"blend of {self.records} records"

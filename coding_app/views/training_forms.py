"""Forms of trainings, evaluations and uploads of models. The services they feed check what is meant."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from coding_app import bases
from coding_app.choices import Describe, LabelSource, Split
from coding_app.exceptions import InvalidInput
from coding_app.models import ModelVersion, Study, Training
from coding_app.services import label_files, training

TRAIN = gettext_noop("train models")
OTHER = "other"
FILES = ".csv,.tsv,.txt,.xlsx,.parquet"


def _whole(least: int, most: int) -> list[Any]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class CodedRecordsForm(forms.Form):
    """Which coded records: those of the study, or a file with the column that holds the codes."""

    labels = forms.ChoiceField(label=_("Coded records"), choices=LabelSource.choices)
    records_file = forms.FileField(
        label=_("File of coded records"),
        required=False,
        max_length=255,
        help_text=_("CSV, Excel (XLSX) or Parquet, with column names in the first row."),
        widget=forms.ClearableFileInput(attrs={"accept": FILES}),
    )
    code_column = forms.CharField(
        label=_("Column with the codes"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """A file comes with the name of its code column; the codes of the study need neither."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("labels") == LabelSource.FILE:
            if "records_file" not in self.errors and not data.get("records_file"):
                self.add_error("records_file", _("Choose the file."))
            if not data.get("code_column"):
                self.add_error("code_column", _("Say which column of the file holds the codes."))
        return data

    def ask_for_files_again(self) -> None:
        """Say beside each file that was sent that it has to be chosen anew: browsers forget which it was."""
        for name in self.files:
            if name in self.fields and name not in self.errors:
                self.add_error(name, _("Choose the file again: it was not kept."))

    def read_by_htmx(self, address: str) -> None:
        """Let the file, and then its code column, be looked at as soon as they are chosen."""
        asked = {
            "hx-post": address,
            "hx-encoding": "multipart/form-data",
            "hx-params": "records_file,code_column",
            "hx-target": "#columns-of-file",
            "hx-trigger": "change",
        }
        self.fields["records_file"].widget.attrs.update(asked)
        self.fields["code_column"].widget.attrs.update(asked)

    def offer_columns(self, header: Sequence[str], chosen: str) -> None:
        """Offer the columns of a file that was looked at, in place of a name to be typed."""
        attrs = self.fields["code_column"].widget.attrs
        choices = [("", _("Choose a column")), *((name, name[:80]) for name in header if name.strip())]
        attrs.pop("autocomplete", None)
        self.fields["code_column"].widget = forms.Select(attrs=attrs, choices=choices)
        self.initial["code_column"] = chosen


class TrainingForm(CodedRecordsForm):
    """Everything a training can be told."""

    template = forms.CharField(
        label=_("Text template"),
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "A column’s name in braces stands for what was written there. What is written right after it, "
            "up to the next space, comes and goes with it, as a Korean particle does: "
            "{workplace}(에서) {task}."
        ),
    )
    min_class_size = forms.IntegerField(
        label=_("Class filter: records a code needs"),
        initial=11,
        validators=_whole(1, 1_000_000),
    )
    describe = forms.ChoiceField(
        label=_("Taught by title and description as well"), choices=Describe.choices, initial=Describe.SMALL
    )
    base_kind = forms.ChoiceField(label=_("Base"), widget=forms.RadioSelect)
    base = forms.CharField(
        label=_("Name or folder"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    dictionary_phrases = forms.BooleanField(label=_("Phrases of this study’s dictionary"), required=False)
    phrases_file = forms.FileField(
        label=_("File of phrases"),
        required=False,
        max_length=255,
        help_text=_("CSV, Excel (XLSX) or Parquet with the columns “phrase” and “code”."),
        widget=forms.ClearableFileInput(attrs={"accept": FILES}),
    )
    test_size = forms.FloatField(
        label=_("Share kept back for the test"),
        initial=0.3,
        min_value=0,
        max_value=0.9,
        help_text=_("0 learns from every record; then nothing says how good the model is."),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    split = forms.ChoiceField(label=_("How it is kept back"), choices=Split.choices, initial=Split.GROUPED)
    epochs = forms.IntegerField(
        label=_("Epochs"),
        initial=8,
        validators=_whole(1, 1000),
        help_text=_("How often every record is read. Encoders only."),
    )
    batch_size = forms.IntegerField(
        label=_("Batch size"),
        initial=64,
        validators=_whole(1, 4096),
        help_text=_("Records learnt from at once. Encoders only."),
    )
    learning_rate = forms.FloatField(
        label=_("Learning rate"),
        required=False,
        help_text=_("Such as 2e-5. Empty: what suits the base."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        initial=0,
        validators=_whole(0, 2**31 - 1),
        help_text=_("The same seed, records and settings give the same model."),
    )
    with_variants = forms.BooleanField(
        label=_("Train the half model and models 2, 3 and 4 for the report, too"),
        required=False,
        help_text=_("Five more models are trained: it takes about six times as long."),
    )
    promote = forms.BooleanField(
        label=_("Make it the current model if it wins"),
        required=False,
        initial=True,
        help_text=_(
            "It wins when it gets more of the same held-out records right than the current model and than "
            "the instant baseline."
        ),
    )

    FOLDED = {
        "phrases": ("dictionary_phrases", "phrases_file"),
        "advanced": (
            "test_size", "split", "epochs", "batch_size", "learning_rate", "seed", "with_variants",
        ),
    }  # fmt: skip

    def __init__(self, *args: Any, study: Study, may_promote: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._study = study
        self.bases = bases.usable(study)
        self.fields["base_kind"] = forms.ChoiceField(
            label=_("Base"),
            widget=forms.RadioSelect,
            choices=[*((base.name, base.title) for base in self.bases), (OTHER, _("Another one"))],
        )
        self.initial.setdefault("base_kind", bases.default(study))
        if not may_promote:
            self.fields["promote"].disabled = True
            self.initial["promote"] = False
        self.read_by_htmx(reverse("training-columns", args=[study.slug]))

    def clean_learning_rate(self) -> float | None:
        """A rate between 0 and 1, if any.

        Raises:
            ValidationError: when it is neither.
        """
        rate: float | None = self.cleaned_data["learning_rate"]
        if rate is not None and not 0 < rate < 1:
            raise forms.ValidationError(_("It must be between 0 and 1, such as 0.00002."))
        return rate

    def clean(self) -> dict[str, Any]:
        """Another base has to be named and be there; the template names columns of the records."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("base_kind") == OTHER and not data.get("base"):
            self.add_error("base", _("Say which: a name or a folder."))
        elif data.get("base_kind") == OTHER:
            with self._beside("base"):
                bases.check(data["base"])
        if data.get("labels", LabelSource.FILE) != LabelSource.FILE:
            with self._beside("labels"):
                training.require_labels(self._study, LabelSource(data["labels"]))
        if "template" in data:
            with self._beside("template"):
                named = training.template_columns(data["template"])
                training.require_columns(named, study=self._study)
                if (header := self._header(data)) is not None:
                    label_files.require_columns(named, header=header)
        return data

    def _header(self, data: dict[str, Any]) -> Sequence[str] | None:
        """The columns of the file to learn from, if it is one and can be read."""
        sent = data.get("records_file")
        if data.get("labels") != LabelSource.FILE or not sent:
            return None
        with self._beside("records_file"):
            header = label_files.look(name=sent.name or "file", chunks=sent.chunks()).header
            if column := data.get("code_column"):
                with self._beside("code_column"):
                    label_files.require_columns([column], header=header)
            return header
        return None

    @contextmanager
    def _beside(self, field: str) -> Iterator[None]:
        """What is refused inside is said beside the field."""
        try:
            yield
        except InvalidInput as error:
            self.add_error(field, str(error))

    @property
    def chosen_base(self) -> str:
        """The base that was chosen or named; the form must be valid."""
        chosen: str = self.cleaned_data["base_kind"]
        return self.cleaned_data["base"] if chosen == OTHER else chosen

    @property
    def has_errors_in(self) -> dict[str, bool]:
        """Whether a folded part of the form has to be opened, for one of its fields is at fault."""
        return {part: any(name in self.errors for name in names) for part, names in self.FOLDED.items()}

    @staticmethod
    def like(training: Training, study: Study) -> dict[str, Any]:
        """The initial values that ask for the same again. Files have to be chosen anew."""
        names = [
            "labels", "code_column", "template", "min_class_size", "describe", "dictionary_phrases",
            "test_size", "split", "epochs", "batch_size", "learning_rate", "seed", "with_variants", "promote",
        ]  # fmt: skip
        found = {name: getattr(training, name) for name in names}
        offered = {base.name for base in bases.usable(study)}
        if training.base in offered:
            return {**found, "base_kind": training.base}
        return {**found, "base_kind": OTHER, "base": training.base}


class EvaluationForm(CodedRecordsForm):
    """Which versions to judge, on which coded records."""

    versions = forms.ModelMultipleChoiceField(
        label=_("Versions"),
        queryset=ModelVersion.objects.none(),
        to_field_name="number",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Tick one version or more."),
            "invalid_choice": _("Model %(value)s is not there any more: tick another."),
            "invalid_pk_value": _("“%(pk)s” is no model: tick one of these."),
        },
    )

    def __init__(self, *args: Any, versions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["versions"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = versions


class ModelUploadForm(forms.Form):
    """A model from elsewhere."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        allow_empty_file=True,  # the registry says what is wrong with an empty file
        help_text=_(
            "A ZIP file of a model’s folder, as the command line wrote it or as it was downloaded here. Its "
            "codes must be codes of this study’s classification. Files that could run a program are refused."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class NoteForm(forms.Form):
    """What people should know of a version."""

    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

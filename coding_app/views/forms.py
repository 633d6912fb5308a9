"""Forms of the pages. A form checks what was typed; the service it feeds checks what it means."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from coding_app import datafiles
from coding_app.choices import Delimiter, FileKind, Role
from coding_app.models import Classification, DictionaryVersion, Import, Study
from coding_app.selectors import lists
from coding_app.services import ingest, invitations
from coding_app.views.column_guess import guess

CHILD_AGE = (MinValueValidator(0), MaxValueValidator(120))


def _dictionary_field(empty_label: Any) -> "forms.ModelChoiceField[DictionaryVersion]":
    return forms.ModelChoiceField(
        label=_("Dictionary"),
        queryset=DictionaryVersion.objects.none(),
        required=False,
        empty_label=empty_label,
    )


if TYPE_CHECKING:
    _ClassificationChoice = forms.ModelChoiceField[Classification]
else:
    _ClassificationChoice = forms.ModelChoiceField  # takes no type while the program runs


class _ClassificationField(_ClassificationChoice):
    """Classifications, each with how many dictionaries are for it."""

    def label_from_instance(self, obj: Classification) -> str:
        count = getattr(obj, "dictionary_count", 0)
        if not count:
            return _("%(classification)s (no dictionary)") % {"classification": obj}
        many = ngettext(
            "%(classification)s (%(n)d dictionary)", "%(classification)s (%(n)d dictionaries)", count
        )
        return many % {"classification": obj, "n": count}


class StudyForm(forms.Form):
    """A new study. The dictionaries offered are those of the classification that is chosen."""

    name = forms.CharField(label=_("Name"), max_length=100)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    classification = _ClassificationField(
        label=_("Classification"), queryset=Classification.objects.none(), empty_label=_("Choose one")
    )
    dictionary_version = _dictionary_field(_("None: every record is coded by a person"))
    child_age = forms.IntegerField(
        label=_("Child age"),
        initial=14,
        validators=CHILD_AGE,
        help_text=_("Records of people younger than this are set aside. 0 sets nobody aside."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = lists.classifications()
        _set_queryset(self, "classification", choices)
        self.fields["classification"].widget.attrs.update(_chosen_by_htmx())
        every = list(choices[:2])
        if len(every) == 1:
            self.initial.setdefault("classification", every[0].pk)
        versions = lists.dictionary_versions(self._classification())
        _set_queryset(self, "dictionary_version", versions)
        first = versions.first()
        if first is not None:
            self.initial.setdefault("dictionary_version", first.pk)

    def _classification(self) -> Classification | None:
        """The classification chosen so far, whether the form was sent or is being filled in."""
        value = self["classification"].value()
        if isinstance(value, Classification):
            return value
        text = str(value or "")
        if not text.isdecimal() or len(text) > 18:
            return None
        return lists.classifications().filter(pk=int(text)).first()

    @property
    def classification_chosen(self) -> bool:
        """Whether there is a classification to offer dictionaries for."""
        return self._classification() is not None


def _chosen_by_htmx() -> dict[str, str]:
    return {
        "hx-get": "",
        "hx-include": "closest form",
        "hx-params": "not csrfmiddlewaretoken",
        "hx-target": "#dictionary",
        "hx-select": "#dictionary",
        "hx-swap": "outerHTML",
    }


def _set_queryset(form: forms.Form, name: str, queryset: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = queryset


class SettingsForm(forms.Form):
    """What a manager may change of a study."""

    description = forms.CharField(
        label=_("Description"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4})
    )
    dictionary_version = _dictionary_field(_("None: every record is coded by a person"))
    child_age = forms.IntegerField(
        label=_("Child age"),
        validators=CHILD_AGE,
        help_text=_("Records of people younger than this are set aside, from the next coding on."),
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "description": study.description,
                "dictionary_version": study.dictionary_version_id,
                "child_age": study.child_age,
            },
        )
        super().__init__(*args, **kwargs)
        _set_queryset(self, "dictionary_version", lists.dictionary_versions(study.classification))
        field = self.fields["dictionary_version"]
        field.required = study.dictionary_version_id is not None
        if field.required:
            assert isinstance(field, forms.ModelChoiceField)
            field.empty_label = None


class UploadForm(forms.Form):
    """One data file."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        allow_empty_file=True,  # the reader says what is wrong with an empty file
        help_text=_("CSV, Excel (XLSX) or Parquet, with column names in the first row. Any size."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.parquet"}),
    )


class ColumnsForm(forms.Form):
    """Which column of an upload holds what; columns are told apart by position, for names may repeat."""

    id = forms.TypedChoiceField(label=_("Record id"), coerce=int)
    occupation = forms.TypedChoiceField(label=_("Occupation"), coerce=int)
    industry = forms.TypedChoiceField(label=_("Industry"), coerce=int, required=False, empty_value=None)
    age = forms.TypedChoiceField(label=_("Age in years"), coerce=int, required=False, empty_value=None)
    reference = forms.TypedChoiceField(
        label=_("Known code"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("Codes given earlier, to measure accuracy by. Coders never see them."),
    )
    then_code = forms.BooleanField(
        label=_("Code the records by dictionary when they are in"), required=False, initial=True
    )

    ROLES = ("id", "occupation", "industry", "age", "reference")

    def __init__(self, *args: Any, header: list[str], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {**guess(header), "then_code": True})
        super().__init__(*args, **kwargs)
        columns = [(at, f"{at + 1}. {name.strip()[:80]}" if name.strip() else f"{at + 1}.")
                   for at, name in enumerate(header)]  # fmt: skip
        for name in self.ROLES:
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = [("", _("Choose a column") if field.required else _("None")), *columns]

    def clean(self) -> dict[str, Any]:
        """One column holds one thing: the second field that takes it is at fault."""
        data: dict[str, Any] = super().clean() or {}
        taken: dict[int, str] = {}
        for name in self.ROLES:
            position = data.get(name)
            if position is None:
                continue
            if position in taken:
                label = self.fields[taken[position]].label
                self.add_error(
                    name,
                    _("This column is taken for “%(other)s” already: choose another.") % {"other": label},
                )
            else:
                taken[position] = name
        return data

    @property
    def columns(self) -> ingest.Columns:
        """The mapping that was chosen; the form must be valid."""
        return ingest.Columns(**{name: self.cleaned_data[name] for name in self.ROLES})


class ExportForm(forms.Form):
    """In which format to export."""

    kind = forms.ChoiceField(label=_("Format"), choices=FileKind.choices)


class MemberForm(forms.Form):
    """Somebody who joins a study."""

    username = forms.CharField(
        label=_("User name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class InvitationForm(forms.Form):
    """Somebody who is to join a study by a link."""

    note = forms.CharField(
        label=_("Whom it is for"),
        required=False,
        max_length=invitations.MAX_NOTE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    days = forms.IntegerField(
        label=_("Open for days"),
        initial=invitations.DAYS,
        min_value=1,
        max_value=invitations.MOST_DAYS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The form beside it has a role as well.
        super().__init__(*args, **{"auto_id": "invite_%s", **kwargs})


class ReadingForm(forms.Form):
    """How a file is to be read, where detection was wrong; with the choices that its format has."""

    encoding = forms.ChoiceField(label=_("Encoding"), required=False)
    delimiter = forms.ChoiceField(label=_("Delimiter"), required=False)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)

    def __init__(self, *args: Any, upload: Import, sheets: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: dict[str, list[tuple[str, Any]]] = {"encoding": [], "delimiter": [], "sheet": []}
        if upload.kind == FileKind.CSV:
            offered["encoding"] = [
                ("", _("Detect")),
                *((key, _(name)) for key, name in datafiles.ENCODINGS.items()),
            ]
            offered["delimiter"] = [("", _("Detect")), *Delimiter.choices]
        elif len(sheets) > 1:
            offered["sheet"] = [(name, name) for name in sheets]
        for name, choices in offered.items():
            field = self.fields[name]
            if not choices:
                del self.fields[name]
            elif isinstance(field, forms.ChoiceField):
                field.choices = choices
                self.initial.setdefault(name, getattr(upload, name))

"""The form of a study's routing: numbers and choices as fields, and lists of rows that grow."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coding_app.choices import AcceptBy
from coding_app.models import Code, Study
from coding_app.routing import Guard, Settings, Stratum
from coding_app.selectors import routing_settings as selected
from coding_app.views.guard_words import usual_guard

MOST_VALUES = 30
"""A column with more different values than this tells no strata apart."""
LISTS = {"guarded": "guarded", "person_codes": "person_codes", "person_strata": "person_strata"}


@dataclass(frozen=True, slots=True)
class GuardRow:
    """A guarded group as it stands in the form: its code with the title, and its words."""

    group: str
    words: str


@dataclass(frozen=True, slots=True)
class StratumBox:
    """A value of a column, to be ticked; ``sent`` is what the form says when it is."""

    value: str
    records: int | None
    sent: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class StratumColumn:
    """A column with its values."""

    name: str
    boxes: tuple[StratumBox, ...]

    @property
    def ticked(self) -> int:
        """How many values are."""
        return sum(box.ticked for box in self.boxes)


class _ShareField(forms.FloatField):
    """A share from 0 to 1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            **options,
        )


class RoutingForm(forms.Form):
    """What a manager may set. Bound by what was sent; else it shows the ``settings`` it is given."""

    accept_by = forms.ChoiceField(
        label=gettext_lazy("The machine accepts"), choices=AcceptBy.choices, widget=forms.RadioSelect
    )
    threshold = _ShareField(
        label=gettext_lazy("Threshold"),
        help_text=gettext_lazy("The least probability of the first code, from 0 to 1. The paper’s is 0.80."),
    )
    min_margin = _ShareField(
        label=gettext_lazy("Margin"),
        help_text=gettext_lazy("How far the first code has to be ahead of the second, from 0 to 1."),
    )
    require_agreement = forms.BooleanField(
        label=gettext_lazy("Only where dictionary and model agree"), required=False
    )
    audit_percent = forms.FloatField(
        label=gettext_lazy("Audit share, in percent"),
        validators=[MinValueValidator(0.0), MaxValueValidator(100.0)],
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "So many of the records that would be accepted go to a person all the same, drawn at random."
        ),
    )
    audit_seed = forms.IntegerField(
        label=gettext_lazy("Seed of the draw"),
        min_value=0,
        max_value=2**31 - 1,
        help_text=gettext_lazy("The same seed draws the same records."),
    )

    def __init__(self, study: Study, settings: Settings, data: QueryDict | None = None) -> None:
        self.study = study
        self._codes = _titled(study)
        super().__init__(data, initial=_scalars(settings))
        if data is None:
            self._guards = list(settings.guarded)
            self._people = list(settings.person_codes)
            self._strata = list(settings.person_strata)
        else:
            self._guards = _guards(data)
            self._people = [code for text in data.getlist("person_code") if (code := self._code(text))]
            self._strata = _strata(data.getlist("stratum"))
            self._guards = [replace(one, group=self._code(one.group)) for one in self._guards]
        self.list_errors: dict[str, list[str]] = {}
        self.settings: Settings | None = None

    def offer_guard(self) -> None:
        """Add the usual guard of the managers, where the classification has such a group."""
        offered = usual_guard(self.study)
        if offered is not None and offered.group not in {guard.group for guard in self._guards}:
            self._guards.append(offered)

    @property
    def can_offer_guard(self) -> bool:
        """Whether there is a usual guard that is not set yet."""
        offered = usual_guard(self.study)
        return offered is not None and offered.group not in {guard.group for guard in self._guards}

    def clean(self) -> dict[str, Any]:
        """Put the settings together and say what is wrong with each part of them."""
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        wanted = Settings(
            accept_by=AcceptBy(data["accept_by"]),
            threshold=data["threshold"],
            min_margin=data["min_margin"],
            require_agreement=data["require_agreement"],
            guarded=tuple(self._guards),
            person_codes=tuple(dict.fromkeys(self._people)),
            person_strata=tuple(self._strata),
            audit_share=data["audit_percent"] / 100,
            audit_seed=data["audit_seed"],
        )
        for fault in selected.faults(self.study, wanted):
            if fault.field in LISTS:
                self.list_errors.setdefault(fault.field, []).append(fault.message)
            else:
                name = "audit_percent" if fault.field == "audit_share" else fault.field
                self.add_error(name if name in self.fields else None, fault.message)
        if self.list_errors:
            self.add_error(None, _("Something is wrong with a list below: it says what."))
        if not self.errors:
            self.settings = wanted
        return data

    @property
    def guard_rows(self) -> list[GuardRow]:
        """The guarded groups and an empty row."""
        rows = [GuardRow(self._shown(one.group), ", ".join(one.words)) for one in self._guards]
        return [*rows, GuardRow("", "")]

    @property
    def code_rows(self) -> list[str]:
        """The codes that go to a person, with their titles, and an empty row."""
        return [*(self._shown(code) for code in self._people), ""]

    @property
    def code_choices(self) -> list[str]:
        """Every code of the classification with its title, to pick from."""
        return [self._shown(code) for code in self._codes]

    @property
    def stratum_columns(self) -> list[StratumColumn]:
        """The columns that tell strata apart, with their values; those that are set are always among them."""
        ticked = {one.column: one.values for one in self._strata}
        names = list(dict.fromkeys([*selected.columns(self.study), *ticked]))
        found = (self._column(name, ticked.get(name, ())) for name in names)
        return [column for column in found if column.boxes]

    def _column(self, name: str, ticked: Sequence[str]) -> StratumColumn:
        values = selected.column_values(self.study, name, limit=MOST_VALUES + 1)
        counts: dict[str, int | None] = dict(values) if 1 < len(values) <= MOST_VALUES else {}
        for value in ticked:
            counts.setdefault(value, None)
        boxes = (
            StratumBox(value, number, json.dumps([name, value], ensure_ascii=False), value in ticked)
            for value, number in counts.items()
        )
        return StratumColumn(name, tuple(boxes))

    def _shown(self, code: str) -> str:
        return f"{code} {self._codes[code]}" if code in self._codes else code

    def _code(self, text: str) -> str:
        """The code of a text such as ``1 Managers``; the text itself where it begins with none."""
        text = text.strip()
        first = text.split(maxsplit=1)[0] if text else ""
        return first if text not in self._codes and first in self._codes else text


def _titled(study: Study) -> dict[str, str]:
    codes = Code.objects.filter(classification=study.classification_id).prefetch_related("labels")
    return {code.code: code.local_title for code in codes.order_by("position")}


def _scalars(settings: Settings) -> dict[str, Any]:
    return {
        "accept_by": settings.accept_by,
        "threshold": _plain(settings.threshold),
        "min_margin": _plain(settings.min_margin),
        "require_agreement": settings.require_agreement,
        "audit_percent": _plain(100 * settings.audit_share),
        "audit_seed": settings.audit_seed,
    }


def _plain(number: float) -> str:
    """A number as people type it."""
    return f"{number:.6g}"


def _guards(data: QueryDict) -> list[Guard]:
    """Rows of the form in which anything stands; words are parted by commas or lines."""
    rows = zip(data.getlist("guard_group"), data.getlist("guard_words"), strict=False)
    found = (Guard(group.strip(), tuple(dict.fromkeys(_words(words)))) for group, words in rows)
    return [one for one in found if one.group or one.words]


def _words(text: str) -> Iterable[str]:
    for part in text.replace("\n", ",").replace("、", ",").replace("，", ",").split(","):
        if word := " ".join(part.split()):
            yield word


def _strata(sent: Iterable[str]) -> list[Stratum]:
    """What was ticked, by column; what no form of ours sends is passed over."""
    found: dict[str, list[str]] = {}
    for text in sent:
        try:
            pair = json.loads(text)
        except ValueError:
            continue
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
            found.setdefault(pair[0], []).append(pair[1])
    return [Stratum(name, tuple(dict.fromkeys(values))) for name, values in found.items()]


def address_of(settings: Settings) -> str:
    """The settings as the parameters that the form would send, to be read as the form is."""
    data = QueryDict(mutable=True)
    scalars: Mapping[str, Any] = _scalars(settings)
    for name, value in scalars.items():
        if name != "require_agreement":
            data[name] = str(value)
        elif value:
            data[name] = "on"
    data.setlist("guard_group", [one.group for one in settings.guarded])
    data.setlist("guard_words", [", ".join(one.words) for one in settings.guarded])
    data.setlist("person_code", list(settings.person_codes))
    data.setlist(
        "stratum",
        [
            json.dumps([one.column, value], ensure_ascii=False)
            for one in settings.person_strata
            for value in one.values
        ],
    )
    return data.urlencode()

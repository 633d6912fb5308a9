"""The form of the agreement page: whose codes, at which level, on which part of the records."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coding_app.choices import AcceptBy
from coding_app.models import Study
from coding_app.selectors import independent, routing_settings
from coding_app.selectors import routing as routings
from coding_app.selectors.agreement import Between, Levels
from coding_app.selectors.independent import DEFAULT_THRESHOLD, Subset

WHOSE = [
    (Between.CODERS.value, gettext_lazy("Coders with each other")),
    (Between.MACHINE.value, gettext_lazy("Coders with the machine")),
    (Between.GOLD.value, gettext_lazy("Coders with gold codes")),
    (Between.FINAL.value, gettext_lazy("Coders with the final codes")),
]


class _Day(forms.DateField):
    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.DateInput(attrs={"type": "date"}), **options)


class AgreementForm(forms.Form):
    """What to look at; a field that is not sent is as at first."""

    between = forms.ChoiceField(label=gettext_lazy("Compare"), choices=WHOSE)
    level = forms.TypedChoiceField(label=gettext_lazy("Details at"), coerce=int)
    round = forms.TypedChoiceField(label=gettext_lazy("Round"), coerce=int, required=False, empty_value=None)
    first = forms.TypedChoiceField(label=gettext_lazy("Coder"), coerce=int, required=False, empty_value=None)
    second = forms.TypedChoiceField(
        label=gettext_lazy("Other coder"), coerce=int, required=False, empty_value=None
    )
    column = forms.ChoiceField(label=gettext_lazy("Records whose column"), required=False)
    value = forms.CharField(label=gettext_lazy("says"), required=False, max_length=200)
    sure = forms.ChoiceField(label=gettext_lazy("The machine was"), required=False)
    since = _Day(label=gettext_lazy("Coded from"))
    until = _Day(label=gettext_lazy("Coded until"))

    def __init__(self, study: Study, levels: Levels, sent: dict[str, str]) -> None:
        first = {"between": Between.CODERS.value, "level": str(levels.deepest)}
        super().__init__({**first, **{name: sent[name] for name in self.base_fields if name in sent}})
        self.threshold = _threshold(study)
        everybody = ("", _("anybody"))
        people = [everybody, *_coders(study)]
        shown = f"{100 * self.threshold:g} %"
        choices: dict[str, list[tuple[object, str]]] = {
            "level": [(level, _("level %(n)s") % {"n": level}) for level in levels.all or (1,)],
            "round": [
                ("", _("all rounds")),
                *(
                    (one.pk, f"{one.number}. {one.name}")
                    for one in independent.rounds(study).order_by("number")
                ),
            ],
            "first": [*people],
            "second": [*people],
            "column": [("", _("any")), *((name, name) for name in routing_settings.columns(study))],
            "sure": [
                ("", _("sure or not")),
                ("yes", _("sure: %(p)s or more") % {"p": shown}),
                ("no", _("unsure: below %(p)s, or without an answer") % {"p": shown}),
            ],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = offered

    def clean(self) -> dict[str, Any]:
        """Two coders are two."""
        data = super().clean() or {}
        first, second = data.get("first"), data.get("second")
        if first and first == second:
            self.add_error("second", _("Choose another coder than the first."))
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This is before the first day."))
        return data


def _threshold(study: Study) -> float:
    settings = routings.current(study)
    return settings.threshold if settings.accept_by == AcceptBy.PROBABILITY else DEFAULT_THRESHOLD


def _coders(study: Study) -> list[tuple[object, str]]:
    of_rounds = User.objects.filter(decisions__round_record__round__study=study).distinct()
    return [*of_rounds.order_by("username").values_list("pk", "username")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says, checked; ``query`` says the same in an address."""

    between: Between
    level: int
    coders: frozenset[int]
    subset: Subset
    query: str

    @classmethod
    def of(cls, form: AgreementForm) -> "Asked":
        """From a form that is valid."""
        data = form.cleaned_data
        since: date | None = data["since"]
        until: date | None = data["until"]
        return cls(
            between=Between(data["between"]),
            level=data["level"],
            coders=frozenset(who for who in (data["first"], data["second"]) if who),
            subset=Subset(
                round=data["round"],
                column=data["column"],
                value=data["value"].strip(),
                sure={"yes": True, "no": False}.get(data["sure"]),
                threshold=form.threshold,
                since=since,
                until=until,
            ),
            query=urlencode([(name, value) for name, value in sorted(form.data.items()) if value]),
        )

"""The form of a new round: only the fields that its kind has. The service checks what they mean."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from coding_app.choices import Outcome, RecordStatus, Role, RoundKind, Selection
from coding_app.models import Membership, Study
from coding_app.round_plans import RoundPlan
from coding_app.routing import Fault
from coding_app.selectors import lists, routing_settings
from coding_app.selectors.records import RecordFilter
from coding_app.views.rounds_words import kind_label

MOST_RECORDS: Final = 10_000_000
MOST_CODERS: Final = 100
LARGEST_SEED: Final = 2**31 - 1

KINDS: Final = {
    RoundKind.REVIEW: _(
        "Each record goes to one coder: to have another look at what the machine accepted, or to give "
        "certain records to certain people."
    ),
    RoundKind.DOUBLE: _(
        "Each record goes to two coders or more. Where they agree it is settled; where they do not, a "
        "supervisor decides between the codes without knowing whose they are."
    ),
    RoundKind.CALIBRATION: _(
        "Everybody codes every record: to see how alike people code before the work is shared out."
    ),
    RoundKind.GOLD: _(
        "Records whose right code is known come in among a coder’s other records, now and then: to see how "
        "often each coder is right, all the time."
    ),
    RoundKind.EVALUATION: _(
        "A guided study of how often the machine is right: coders who do not see its codes code a sample, "
        "exchange what differs, and settle it; the result is a table with intervals."
    ),
}
"""What each kind of round is for, in a sentence."""

_SIZES: Final = {
    RoundKind.DOUBLE: 200,
    RoundKind.CALIBRATION: 50,
    RoundKind.GOLD: 50,
    RoundKind.EVALUATION: 200,
}
_ONLY_OF: Final = {
    "coders_per_record": {RoundKind.DOUBLE},
    "machine_unlabelled": {RoundKind.DOUBLE, RoundKind.CALIBRATION},
    "settles": {RoundKind.REVIEW, RoundKind.DOUBLE, RoundKind.CALIBRATION, RoundKind.EVALUATION},
    "feedback": {RoundKind.GOLD},
    "gold_every": {RoundKind.GOLD},
    "blinded": {RoundKind.REVIEW, RoundKind.DOUBLE, RoundKind.CALIBRATION, RoundKind.GOLD},
}
_POPULATION: Final = ("status", "outcome", "source", "code", "text")
BLINDED, ASSISTED = "blinded", "assisted"


def _whole(least: int, most: int) -> list[Any]:
    return [MinValueValidator(least), MaxValueValidator(most)]


@dataclass(frozen=True, slots=True)
class CoderRow:
    """A member who may be ticked as a coder; ``share`` is what was entered beside the name."""

    user: int
    name: str
    role: str
    is_coder: bool
    chosen: bool
    share: str


class RoundForm(forms.Form):
    """Everything a round of one kind can be told.

    Attributes:
        kind: of the round; it decides which fields there are.
        carried: conditions of the population that came with the address and have no field here.
    """

    name = forms.CharField(label=_("Name"), max_length=100)
    status = forms.ChoiceField(label=_("Status"), required=False)
    outcome = forms.ChoiceField(label=_("Dictionary coder"), required=False)
    source = forms.ChoiceField(label=_("Imported from"), required=False)
    code = forms.CharField(
        label=_("Final code, or one above it"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("In the id, the occupation or the industry."),
    )
    selection = forms.ChoiceField(
        label=_("Which of them"), choices=Selection.choices, widget=forms.RadioSelect
    )
    size = forms.IntegerField(
        label=_("Records to draw"),
        required=False,
        validators=_whole(1, MOST_RECORDS),
        help_text=_("As many as there are, where there are fewer."),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        validators=_whole(0, LARGEST_SEED),
        help_text=_("Kept with the round: the same seed draws the same records again."),
    )
    stratum_column = forms.ChoiceField(label=_("Column whose values are the strata"), required=False)
    equal_strata = forms.BooleanField(
        label=_("As many records of each stratum"),
        required=False,
        help_text=_("Otherwise in proportion to how many records each has."),
    )
    blinded = forms.ChoiceField(
        label=_("What coders see"),
        choices=[
            (BLINDED, _("Blinded: what the person wrote, and nothing else")),
            (ASSISTED, _("Assisted: the machine’s suggestions, as in the queue")),
        ],
        initial=BLINDED,
        widget=forms.RadioSelect,
    )
    coders_per_record = forms.IntegerField(
        label=_("Coders a record"),
        validators=_whole(0, MOST_CODERS),
        initial=2,
        help_text=_("0: all of them."),
    )
    coders = forms.MultipleChoiceField(label=_("Coders"), required=False)
    machine_unlabelled = forms.BooleanField(
        label=_("Show the machine’s code, too, when a disputed record is settled"),
        required=False,
        help_text=_("As one of the letters, with nothing that tells whose it is."),
    )
    settles = forms.BooleanField(
        label=_("Results become the records’ final codes"),
        required=False,
        initial=True,
        help_text=_("Otherwise they are kept with the round, and the records stay as they are."),
    )
    gold_every = forms.IntegerField(
        label=_("One gold record among so many"),
        validators=_whole(2, 1000),
        initial=20,
        help_text=_("On average, at places that cannot be foreseen."),
    )
    feedback = forms.BooleanField(
        label=_("Tell the coder at once when the known code is another"),
        required=False,
        help_text=_("Only the coder is told."),
    )

    def __init__(self, study: Study, kind: RoundKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self._study = study
        self._members = _members(study)
        for name, kinds in _ONLY_OF.items():
            if kind not in kinds:
                del self.fields[name]
        self._offer("status", _any(one for one in RecordStatus.choices if one[0] not in _NEVER_DRAWN))
        self._offer("outcome", _any(Outcome.choices))
        self._offer("source", _any((str(one.pk), one.file_name) for one in lists.imports(study)))
        self._offer(
            "stratum_column",
            [("", _("Choose a column")), *((name, name[:80]) for name in routing_settings.columns(study))],
        )
        self._offer("coders", [(str(one.user_id), one.user.get_username()) for one in self._members])
        for one in self._members:
            self.fields[f"share-{one.user_id}"] = forms.FloatField(
                required=False, min_value=0.001, max_value=1_000_000
            )
        self.initial.setdefault("name", f"{kind_label(kind)} {study.rounds.count() + 1}")
        self.initial.setdefault("seed", secrets.randbelow(LARGEST_SEED))
        self.initial.setdefault("size", _SIZES.get(kind))
        self.initial.setdefault("selection", Selection.RANDOM if kind in _SIZES else Selection.ALL)
        ticked = [] if kind == RoundKind.REVIEW else [one for one in self._members if _codes(one)]
        self.initial.setdefault("coders", [str(one.user_id) for one in ticked])
        sent = self.data if self.is_bound else self.initial
        self.carried = {
            name: str(sent[name])[:200]
            for name in asdict(RecordFilter())
            if name not in _POPULATION and sent.get(name)
        }

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def title(self) -> str:
        """What this kind of round is called."""
        return kind_label(self.kind)

    @property
    def about(self) -> str:
        """What this kind of round is for."""
        return str(KINDS[self.kind])

    @property
    def rows(self) -> list[CoderRow]:
        """The members as they may be ticked."""
        chosen = set(self["coders"].value() or [])
        return [
            CoderRow(
                user=one.user_id,
                name=one.user.get_username(),
                role=str(one.get_role_display()),
                is_coder=_codes(one),
                chosen=str(one.user_id) in chosen,
                share=self[f"share-{one.user_id}"].value() or "",
            )
            for one in self._members
        ]

    def plan(self) -> RoundPlan:
        """What was asked for; the form must be valid."""
        data = self.cleaned_data
        asked = {name: data[name] for name in _POPULATION if data[name]}
        selection = Selection(data["selection"])
        stratified = selection == Selection.STRATIFIED
        return RoundPlan(
            name=data["name"],
            kind=self.kind,
            coders=tuple((int(key), data[f"share-{key}"] or 1.0) for key in data["coders"]),
            blinded=self.kind == RoundKind.EVALUATION or data["blinded"] == BLINDED,
            coders_per_record=data.get("coders_per_record", 1),
            selection=selection,
            population={**self.carried, **asked},
            size=None if selection == Selection.ALL else data["size"],
            seed=data["seed"],
            stratum_column=data["stratum_column"] if stratified else "",
            equal_strata=stratified and data["equal_strata"],
            machine_unlabelled=data.get("machine_unlabelled", False),
            settles=data.get("settles", False),
            feedback=data.get("feedback", False),
            gold_every=data.get("gold_every"),
        )

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Put what the service would refuse beside the fields it is about."""
        for fault in faults:
            self.add_error(fault.field if fault.field in self.fields else None, fault.message)


_NEVER_DRAWN = {RecordStatus.REMOVED, RecordStatus.DISPUTED}


def _codes(member: Membership) -> bool:
    return member.role == Role.CODER


def _members(study: Study) -> list[Membership]:
    """Those who are still there, coders first."""
    found = lists.members(study).filter(deactivated_at=None)
    return sorted(found, key=lambda one: (not _codes(one), one.user.get_username()))


def _any(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [("", _("any")), *choices]

"""Rounds in words: how far they are, what can be done with them now, and what that will do."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app.choices import RoundKind, RoundRecordState, RoundState
from coding_app.models import Round, Study
from coding_app.models.rounds import OPEN_RECORD_STATES
from coding_app.selectors.rounds import RoundProgress
from coding_app.views.dashboard import Count

_PARTS = {
    RoundRecordState.CODING: "waiting",
    RoundRecordState.AGREED: "accepted",
    RoundRecordState.DISPUTED: "disputed",
    RoundRecordState.ADJUDICATED: "decided",
    RoundRecordState.WITHDRAWN: "set_aside",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the guided evaluation; ``at`` is ``done``, ``now`` or ``later``."""

    title: str
    about: str
    at: str


@dataclass(frozen=True, slots=True)
class Action:
    """A button with what it will do; ``name`` is that of its address."""

    name: str
    label: str
    words: str
    kind: str = ""


_KINDS = {
    RoundKind.REVIEW: gettext_noop("Review"),
    RoundKind.DOUBLE: gettext_noop("Double coding"),
    RoundKind.CALIBRATION: gettext_noop("Calibration"),
    RoundKind.GOLD: gettext_noop("Gold records"),
    RoundKind.EVALUATION: gettext_noop("Evaluation"),
}


def kind_label(kind: RoundKind) -> str:
    """A kind of round in a word or two."""
    return _(_KINDS[kind])


def listing(study: Study, round_: Round, **wanted: str) -> str:
    """The address of the list of a round's records, narrowed."""
    address = reverse("round-records", args=[study.slug, round_.number])
    return f"{address}?{urlencode(wanted)}" if wanted else address


def state_counts(study: Study, round_: Round, found: RoundProgress) -> list[Count]:
    """The round's records by where they stand; their shares add up to 1."""
    total = sum(found.records.values())
    counts, start = [], 0.0
    for state in RoundRecordState:
        number = found.records.get(state, 0)
        if not number and state in {RoundRecordState.WITHDRAWN, RoundRecordState.DISPUTED}:
            continue
        share = number / total if total else 0.0
        href = listing(study, round_, state=state)
        counts.append(Count(state_label(round_, state), number, share, start, href, _PARTS[state]))
        start += share
    return counts


def state_label(round_: Round, state: RoundRecordState) -> str:
    """In a round with one coder a record there is nobody to agree with but the machine."""
    if state == RoundRecordState.AGREED and round_.kind in {RoundKind.REVIEW, RoundKind.GOLD}:
        return _("Coded")
    if state == RoundRecordState.AGREED and round_.kind == RoundKind.EVALUATION:
        return _("Same as the machine")
    return str(state.label)


def actions(round_: Round, found: RoundProgress) -> list[Action]:
    """What a supervisor can do with the round now."""
    if not round_.is_open:
        return []
    unsettled = sum(found.records.get(state, 0) for state in OPEN_RECORD_STATES)
    made = []
    if round_.kind == RoundKind.EVALUATION and round_.state == RoundState.CODING and not found.left:
        words = _(
            "The codes are compared with the machine’s. What differs goes to the other coder, who is shown "
            "both codes and not told which is the machine’s."
        )
        made.append(Action("round-go-on", _("Exchange what differs"), words, "primary"))
    if round_.state != RoundState.DRAWING:
        words = _("The round ends with a result for every record. Blinded coders see the study again.")
        if unsettled:
            words = _(
                "The round ends before everything is settled. Records without a result go back to where they "
                "were before; results that there are stay."
            )
        made.append(Action("round-close", _("Close the round"), words, "" if unsettled else "primary"))
    if unsettled or round_.state == RoundState.DRAWING:
        words = _(
            "The round is given up. Records without a result go back to where they were before; results "
            "that there are stay."
        )
        made.append(Action("round-cancel", _("Cancel the round"), words, "danger"))
    return made


def steps_of_evaluation(round_: Round | None, found: RoundProgress | None = None) -> list[Step]:
    """The way through the paper's evaluation (Ossiander & Milham, pages 5-6), and where the round is on it.

    ``None``: it is not set up yet.
    """
    steps = (
        (
            _("Draw"),
            _("A random sample of records that the machine coded; children and unknowns are left out."),
        ),
        (
            _("Code in halves"),
            _("Each coder codes a part of the sample and sees nothing but what the person wrote."),
        ),
        (
            _("Exchange"),
            _("Records whose code differs from the machine’s are listed, and go to another coder."),
        ),
        (_("Adjudicate"), _("That coder sees both codes, not whose they are, and settles which is right.")),
        (
            _("Table"),
            # xgettext:no-python-format
            _("How often the machine and each coder were right, with 95 % intervals."),
        ),
    )
    here = _step(round_, found)
    return [
        Step(title, about, "done" if at < here else "now" if at == here else "later")
        for at, (title, about) in enumerate(steps)
    ]


def _step(round_: Round | None, found: RoundProgress | None) -> int:
    if round_ is None or found is None or round_.state in {RoundState.DRAWING, RoundState.CANCELLED}:
        return 0
    if round_.state == RoundState.CODING:
        return 1 if found.left else 2
    return 3 if round_.state == RoundState.ADJUDICATION and found.open_adjudications else 4

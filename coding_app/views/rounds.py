"""Rounds: what there is, how far each one is, and going on with it, closing it or calling it off."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from coding_app import permissions
from coding_app.choices import RoundKind, RoundRecordState, RoundState
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, Membership, Round, RoundRecord, Study
from coding_app.selectors import jobs, round_lists
from coding_app.selectors import rounds as selected
from coding_app.selectors.rounds import RoundProgress
from coding_app.services import rounds as service
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.dashboard import records_address
from coding_app.views.records import condition_words
from coding_app.views.rounds_words import (
    actions,
    kind_label,
    listing,
    state_counts,
    state_label,
    steps_of_evaluation,
)

SEE = gettext_noop("see rounds")
CHANGE = gettext_noop("change rounds")
A_PAGE = 20
RECORDS_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round in the list, with how far it is."""

    round: Round
    progress: RoundProgress
    href: str
    disputed_href: str

    @property
    def kind(self) -> str:
        """What it is for, in a word or two."""
        return kind_label(RoundKind(self.round.kind))

    @property
    def total(self) -> int:
        """Records drawn."""
        return sum(self.progress.records.values())

    @property
    def disputed(self) -> int:
        """Records that wait for an adjudicator."""
        return self.progress.records.get(RoundRecordState.DISPUTED, 0)

    @property
    def given(self) -> int:
        """Places of all coders together."""
        return sum(coder.given for coder in self.progress.coders)

    @property
    def decided(self) -> int:
        """Those that are decided."""
        return sum(coder.decided for coder in self.progress.coders)

    @property
    def share(self) -> float:
        """The share of the places that are decided."""
        return self.decided / self.given if self.given else 0.0


@dataclass(frozen=True, slots=True)
class CoderLine:
    """A coder of a round, with the lists behind the numbers."""

    name: str
    given: int
    decided: int
    left: int
    href: str
    decided_href: str
    left_href: str

    @property
    def share(self) -> float:
        """The share that is decided."""
        return self.decided / self.given if self.given else 0.0


@dataclass(frozen=True, slots=True)
class Given:
    """A code that somebody gave; without one ``reason`` says why not."""

    name: str
    code: Code | None
    reason: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record of a round; who gave it which code is left out until it is settled.

    ``adjudication`` is the key of the open one, where any supervisor may take it.
    """

    drawn: RoundRecord
    state: str
    is_settled: bool
    given: list[Given]
    machine: Code | None
    adjudication: int | None


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """Every round of the study, newest first."""
    study = membership.study
    page = Paginator(selected.rounds(study), A_PAGE).get_page(request.GET.get("page"))
    rows = [
        RoundRow(
            one,
            selected.progress(one),
            listing(study, one),
            listing(study, one, state=RoundRecordState.DISPUTED),
        )
        for one in page
    ]
    context = {"page": page, "rows": rows, "disputed": round_lists.disputed(study)}
    return study_page(request, membership, "rounds/index.html", context)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """How far a round is, how it was drawn, and what can be done with it."""
    study = membership.study
    round_ = selected.round_of(study, number)
    found = selected.progress(round_)
    job = round_.ending or round_.job
    context: dict[str, Any] = {
        "round": round_,
        "progress": found,
        "total": sum(found.records.values()),
        "states": state_counts(study, round_, found),
        "coders": _coders(study, round_, found),
        "all_records": listing(study, round_),
        "conditions": [condition_words(study, name, value) for name, value in round_.population.items()],
        "population_href": records_address(study, **round_.population),
        "strata": _strata(study, round_),
        "guide": steps_of_evaluation(round_, found) if round_.kind == RoundKind.EVALUATION else [],
        "actions": [
            (one, reverse(one.name, args=[study.slug, round_.number])) for one in actions(round_, found)
        ],
        "results_at": _results_at(study, round_),
        "job": job,
        "worker_is_there": job is not None and jobs.worker_is_there(job.queue),
    }
    return study_page(request, membership, "rounds/show.html", context)


def _results_at(study: Study, round_: Round) -> str:
    """Where the figures of a round are, once there are codes to compare."""
    if round_.state == RoundState.DRAWING or round_.kind == RoundKind.REVIEW:
        return ""
    if round_.kind == RoundKind.EVALUATION:
        return reverse("evaluation-table", args=[study.slug, round_.number])
    between = "gold" if round_.kind == RoundKind.GOLD else "coders"
    address = reverse("agreement", args=[study.slug])
    return f"{address}?{urlencode({'between': between, 'round': str(round_.pk)})}"


def _coders(study: Study, round_: Round, found: RoundProgress) -> list[CoderLine]:
    lines = []
    for coder in found.coders:
        name = coder.user.get_username() if coder.user else ""
        who = {"coder": name or round_lists.ANYBODY}
        lines.append(
            CoderLine(
                name or _("whoever works the queue"),
                coder.given,
                coder.decided,
                coder.left,
                listing(study, round_, **who),
                listing(study, round_, **who, decided="yes"),
                listing(study, round_, **who, decided="no"),
            )
        )
    return lines


def _strata(study: Study, round_: Round) -> list[dict[str, Any]]:
    if not round_.stratum_column:
        return []
    return [
        {**one, "href": listing(study, round_, stratum=one["stratum"] or round_lists.NO_STRATUM)}
        for one in round_.strata
    ]


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def listed(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """The records of a round in the order they were drawn, narrowed by state, stratum, or coder."""
    study = membership.study
    round_ = selected.round_of(study, number)
    wanted = round_lists.Wanted(
        **{
            name: request.GET.get(name, "").replace("\0", "")[:200]
            for name in ("state", "stratum", "coder", "decided")
        }
    )
    found = round_lists.narrowed(round_, wanted)
    page = Paginator(found, RECORDS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "round": round_,
        "page": page,
        "rows": [_row(round_, one) for one in page],
        "conditions": _conditions(round_, wanted),
    }
    return study_page(request, membership, "rounds/records.html", context)


def _row(round_: Round, drawn: RoundRecord) -> RecordRow:
    settled = drawn.state in {RoundRecordState.AGREED, RoundRecordState.ADJUDICATED}
    decisions = [one for one in drawn.decisions.all() if one.undone_at is None] if settled else []
    return RecordRow(
        drawn,
        state_label(round_, RoundRecordState(drawn.state)),
        settled,
        [Given(one.coder.get_username(), one.code, str(one.get_reason_display())) for one in decisions],
        drawn.machine_code if settled else None,
        next((one.pk for one in drawn.adjudications.all()), None),
    )


def _conditions(round_: Round, wanted: round_lists.Wanted) -> list[str]:
    words = []
    if wanted.state in RoundRecordState.values:
        words.append(state_label(round_, RoundRecordState(wanted.state)))
    if wanted.stratum:
        name = "–" if wanted.stratum == round_lists.NO_STRATUM else wanted.stratum
        words.append(_("stratum: %(value)s") % {"value": name})
    if wanted.coder:
        sentences = {
            "yes": gettext_noop("decided by %(value)s"),
            "no": gettext_noop("left to %(value)s"),
        }
        sentence = sentences.get(wanted.decided, gettext_noop("given to %(value)s"))
        anybody = wanted.coder == round_lists.ANYBODY
        words.append(_(sentence) % {"value": _("whoever works the queue") if anybody else wanted.coder})
    return words


@member_view("POST", roles=permissions.SUPERVISE, what=CHANGE)
def go_on(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """Exchange what differs from the machine's codes, once everything is coded."""
    round_ = selected.round_of(membership.study, number)
    try:
        listed_now = service.go_on(round_=round_, user=request.user)
    except (InvalidInput, Conflict) as error:
        messages.warning(request, str(error))
    else:
        text = ngettext(
            "%(n)s record differs from the machine’s code: it goes to the other coder.",
            "%(n)s records differ from the machine’s code: they go to the other coders.",
            listed_now,
        )
        messages.success(request, text % {"n": listed_now})
    return redirect("round", membership.study.slug, round_.number)


@member_view("POST", roles=permissions.SUPERVISE, what=CHANGE)
def close(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """End the round; records without a result go back to where they were."""
    round_ = selected.round_of(membership.study, number)
    try:
        service.close(round_=round_, user=request.user)
    except (InvalidInput, Conflict) as error:
        messages.warning(request, str(error))
    else:
        messages.success(
            request, _("The round is closed. Records without a result go back to where they were before.")
        )
    return redirect("round", membership.study.slug, round_.number)


@member_view("POST", roles=permissions.SUPERVISE, what=CHANGE)
def cancel(request: PageRequest, membership: Membership, number: int) -> HttpResponse:
    """Call the round off; records without a result go back to where they were."""
    round_ = selected.round_of(membership.study, number)
    try:
        service.cancel(round_=round_, user=request.user)
    except (InvalidInput, Conflict) as error:
        messages.warning(request, str(error))
    else:
        messages.success(
            request, _("The round is cancelled. Records without a result go back to where they were before.")
        )
    return redirect("round", membership.study.slug, round_.number)

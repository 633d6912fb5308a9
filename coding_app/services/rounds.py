"""The life of a round: set up, drawn by a worker, coded, (adjudicated,) closed or cancelled.

A worker gives back what it ends without (:mod:`services.end_round`).
"""

import secrets
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding_app.choices import (
    AdjudicationState,
    JobKind,
    QueueState,
    RoundKind,
    RoundRecordState,
    RoundState,
    Verb,
)
from coding_app.exceptions import Conflict, Faults, InvalidInput
from coding_app.models import Adjudication, Decision, Membership, QueueItem, Round, RoundRecord, Study
from coding_app.models.rounds import OPEN_RECORD_STATES, OPEN_STATES
from coding_app.round_plans import EVERYBODY, RoundPlan
from coding_app.selectors import round_faults
from coding_app.services import events, jobs, settling

CHUNK = 500
_BY_ALL = (RoundKind.CALIBRATION, RoundKind.GOLD)


@transaction.atomic
def set_up(*, study: Study, plan: RoundPlan, user: User) -> Round:
    """Set up a round; a worker draws its records, and then its coders can begin.

    Raises:
        Faults: when the plan cannot be carried out in this study; nothing is set up then.
    """
    # Locked: two supervisors at once would take the same number.
    locked = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    if found := round_faults.faults(locked, plan):
        raise Faults(_("The round was not set up."), [fault.message for fault in found])
    newest = Round.objects.filter(study=study).aggregate(newest=Max("number"))["newest"] or 0
    made = Round.objects.create(
        study=study,
        job=jobs.create(study=study, kind=JobKind.DRAW, user=user),
        number=newest + 1,
        name=plan.name.strip(),
        kind=plan.kind,
        blinded=plan.blinded,
        coders_per_record=_each(plan),
        selection=plan.selection,
        population={name: text for name, text in plan.population.items() if text},
        size=plan.size,
        seed=secrets.randbelow(round_faults.MAX_SEED) if plan.seed is None else plan.seed,
        stratum_column=plan.stratum_column,
        equal_strata=plan.equal_strata,
        coders=[{"user": key, "share": share} for key, share in plan.coders],
        machine_unlabelled=plan.machine_unlabelled,
        settles=plan.settles and plan.kind != RoundKind.GOLD,
        feedback=plan.feedback,
        gold_every=plan.gold_every,
        created_by=user,
    )
    events.write(
        study=study,
        verb=Verb.ROUND_STARTED,
        actor=user,
        after=RoundState.DRAWING,
        data={
            "round": made.number,
            "kind": made.kind,
            "blinded": made.blinded,
            "selection": made.selection,
            "size": made.size,
            "seed": made.seed,
            "coders": made.coders,
        },
    )
    return made


def _each(plan: RoundPlan) -> int:
    if plan.kind in _BY_ALL:
        return EVERYBODY
    return plan.coders_per_record if plan.kind == RoundKind.DOUBLE else 1


@transaction.atomic
def go_on(*, round_: Round, user: User) -> int:
    """Take an evaluation from coding to adjudication: list where coder and machine differ; returns how many.

    Where they agree, the code is the result. Where they differ, the halves are exchanged: the next coder of
    the round says which is right (Ossiander & Milham, page 5).

    Raises:
        InvalidInput: when it is no evaluation: other rounds are adjudicated while they are coded.
        Conflict: when it is not being coded, or some of its records are not coded yet.
    """
    current = _locked(round_)
    if current.kind != RoundKind.EVALUATION:
        raise InvalidInput(_("Only an evaluation goes on in steps: close the round when it is done."))
    if current.state != RoundState.CODING:
        raise Conflict(_("This evaluation is not being coded."))
    waiting = QueueItem.objects.filter(round_record__round=current, state=QueueState.OPEN)
    left = waiting.count()
    if left:
        told = ngettext(
            "%(n)d record of this round is not coded yet: all have to be, before it goes on.",
            "%(n)d records of this round are not coded yet: all have to be, before it goes on.",
            left,
        )
        raise Conflict(told % {"n": left})
    gesture = settling.Gesture(user)
    members = Membership.objects.filter(study=current.study_id, deactivated_at=None)
    active = set(members.values_list("user_id", flat=True))
    coders = [one["user"] for one in current.coders if one["user"] in active]
    differences = sum(
        _compare(chunk, coders, gesture) for chunk in _chunks(current, (RoundRecordState.CODING,))
    )
    _move(current, RoundState.ADJUDICATION, Verb.ROUND_MOVED, gesture, disputed=differences)
    round_.refresh_from_db()
    return differences


def _compare(chunk: list[RoundRecord], coders: list[int], gesture: settling.Gesture) -> int:
    made = Decision.objects.filter(round_record__in=chunk, undone_at__isnull=True)
    decisions = {one.round_record_id: one for one in made.select_related("code", "coder")}
    agreed, differing = [], []
    for within in chunk:
        decision = decisions.get(within.pk)
        if decision is None:  # its coder left: it ends without a result
            continue
        if decision.code_id == within.machine_code_id:
            agreed.append((within, decision))
            continue
        at = coders.index(decision.coder_id) if decision.coder_id in coders else 0
        others = [key for key in coders[at + 1 :] + coders[:at] if key != decision.coder_id]
        differing.append(settling.Difference(within, decision, assigned=others[0] if others else None))
    settling.agree(agreed, gesture)
    settling.dispute(differing, gesture)
    return len(differing)


@transaction.atomic
def close(*, round_: Round, user: User) -> None:
    """End a round: nothing is decided in it any more. A job gives back the records without a result.

    They stand where they stood at the draw then; results stay.

    Raises:
        Conflict: when it is still being drawn, or has ended.
    """
    current = _locked(round_)
    if current.state == RoundState.DRAWING:
        raise Conflict(_("This round is still being drawn: wait, or cancel it."))
    _end(current, RoundState.CLOSED, user)
    round_.refresh_from_db()


@transaction.atomic
def cancel(*, round_: Round, user: User) -> None:
    """Give a round up, drawn or not; its records go back as those of :func:`close` do.

    Raises:
        Conflict: when it has ended.
    """
    current = _locked(round_)
    was_drawing = current.state == RoundState.DRAWING
    _end(current, RoundState.CANCELLED, user)
    if was_drawing and current.job is not None and current.job.is_open:
        jobs.cancel(job=current.job, user=user)
    round_.refresh_from_db()


def _locked(round_: Round) -> Round:
    return Round.objects.select_for_update(of=("self",)).select_related("study", "job").get(pk=round_.pk)


def _end(current: Round, state: RoundState, user: User) -> None:
    if current.state not in OPEN_STATES:
        raise Conflict(_("This round has ended already."))
    current.ending = jobs.create(study=current.study, kind=JobKind.END_ROUND, user=user)
    current.closed_at = timezone.now()
    # What somebody holds would be before them until the job comes to it.
    QueueItem.objects.filter(round_record__round=current, state=QueueState.OPEN, holder__isnull=False).update(
        state=QueueState.WITHDRAWN, holder=None, leased_until=None
    )
    Adjudication.objects.filter(
        round_record__round=current, state=AdjudicationState.OPEN, holder__isnull=False
    ).update(state=AdjudicationState.WITHDRAWN, holder=None, leased_until=None)
    unsettled = RoundRecord.objects.filter(round=current, state__in=OPEN_RECORD_STATES).count()
    _move(current, state, Verb.ROUND_CLOSED, settling.Gesture(user), unsettled=unsettled)


def _chunks(current: Round, states: tuple[RoundRecordState, ...]) -> Iterator[list[RoundRecord]]:
    """The round's records in these states, locked, some at a time."""
    after = 0
    found = RoundRecord.objects.filter(round=current, state__in=states).order_by("pk")
    found = found.select_for_update(of=("self",)).select_related(
        "round", "code_before", "decided_by_before", "machine_code"
    )
    while chunk := list(found.filter(pk__gt=after)[:CHUNK]):
        yield chunk
        after = chunk[-1].pk


def _move(current: Round, state: RoundState, verb: Verb, gesture: settling.Gesture, **data: int) -> None:
    before = current.state
    current.state = state
    current.save(update_fields=["state", "closed_at", "ending"])
    made = events.make(
        study=current.study,
        verb=verb,
        gesture=gesture.key,
        actor=gesture.user,
        before=before,
        after=state,
        data={"round": current.number, **data},
    )
    events.write_all([made])

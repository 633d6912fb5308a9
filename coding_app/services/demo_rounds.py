"""The demonstration's rounds: an evaluation that is over, and double coding with disputes to be settled.

Two made-up coders decide by a rule: a hash of the record's id and their name says whether they see it right,
see the machine's second code in it, or give up. Every step goes through the services, as people's do.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.utils import timezone

from coding_app.choices import CannotCodeReason, QueueState, RoundKind, RoundState, Selection, Side
from coding_app.models import Code, Decision, Job, QueueItem, Record, Round, Study
from coding_app.round_plans import RoundPlan
from coding_app.selectors import adjudication as adjudications
from coding_app.services import adjudicate, review, rounds

CODERS: Final = ("coder", "coder2")
SEED: Final = 1901
RIGHT, SECOND_CODE = 0.8, 0.95
"""Below the first a coder is right, below the second takes the machine's second code, else gives up."""

Work = Callable[[Job], object]
"""Does a job of a round: its draw, or its end."""


def load(study: Study, users: dict[str, User], *, work: Work) -> None:
    """Both rounds, decided; a load that was cut off goes on where it was."""
    coders = [users[name] for name in CODERS]
    evaluation = _round(study, users["supervisor"], _evaluation(coders), work)
    if evaluation.is_open:
        _code(evaluation, coders)
        _settle_what_differs(evaluation, coders, users["supervisor"])
    _do(evaluation.ending, work)
    _code(_round(study, users["supervisor"], _double(coders), work), coders)


def _shares(coders: list[User]) -> tuple[tuple[int, float], ...]:
    return tuple((one.pk, 1.0) for one in coders)


def _evaluation(coders: list[User]) -> RoundPlan:
    return RoundPlan(
        name="Evaluation of the machine",
        kind=RoundKind.EVALUATION,
        coders=_shares(coders),
        blinded=True,
        selection=Selection.RANDOM,
        size=60,
        seed=SEED,
        settles=False,
    )


def _double(coders: list[User]) -> RoundPlan:
    """Not blinded: who signs in as a coder is to see the rest of the demonstration."""
    return RoundPlan(
        name="Double coding of unsure records",
        kind=RoundKind.DOUBLE,
        coders=_shares(coders),
        coders_per_record=2,
        selection=Selection.UNSURE,
        population={"status": "waiting"},
        size=24,
        seed=SEED,
        machine_unlabelled=True,
    )


def _round(study: Study, user: User, plan: RoundPlan, work: Work) -> Round:
    made = Round.objects.filter(study=study, name=plan.name).first()
    if made is None:
        made = rounds.set_up(study=study, plan=plan, user=user)
    if made.state == RoundState.DRAWING:
        _do(made.job, work)
        made.refresh_from_db()
    return made


def _do(job: Job | None, work: Work) -> None:
    if job is not None:
        work(job)


def _code(round_: Round, coders: list[User]) -> None:
    """What the coders have not decided yet, once: what was undone or sent back is for whoever looks at it."""
    for coder in coders:
        places = QueueItem.objects.filter(round_record__round=round_, assigned=coder, state=QueueState.OPEN)
        seen = Decision.objects.filter(round_record__round=round_, coder=coder).values("round_record")
        for place in places.exclude(round_record__in=seen).select_related("record").order_by("record_id"):
            _decide(place, coder)


def _decide(place: QueueItem, coder: User) -> None:
    record = place.record
    share = _share(record, coder)
    opened = timezone.now() - timedelta(seconds=5 + round(60 * _share(record, coder, "seconds")))
    code = _right(record)
    if RIGHT <= share < SECOND_CODE:
        code = _second(record) or code
    if code is None or share >= SECOND_CODE:
        review.cannot_code(
            record=record,
            user=coder,
            reason=CannotCodeReason.VAGUE,
            seen_version=record.version,
            opened_at=opened,
            place=place.pk,
        )
        return
    review.decide(
        record=record, user=coder, code=code, seen_version=record.version, opened_at=opened, place=place.pk
    )


def _settle_what_differs(evaluation: Round, coders: list[User], supervisor: User) -> None:
    """Exchange, adjudicate, close."""
    study = evaluation.study
    if evaluation.state == RoundState.CODING:
        rounds.go_on(round_=evaluation, user=supervisor)
    for coder in coders:
        while (one := adjudicate.open_next(study=study, user=coder)) is not None:
            right = _right(one.record)
            sides = {option.code: option.side for option in adjudications.before(one, coder).options}
            if right in sides or right is None:
                side = sides.get(right, next(iter(sides.values())))
                adjudicate.settle(adjudication=one, user=coder, side=side)
            else:
                adjudicate.settle(
                    adjudication=one, user=coder, side=Side.OTHER, code=right, reason="Neither fits."
                )
    rounds.close(round_=evaluation, user=supervisor)


def _share(record: Record, coder: User, what: str = "") -> float:
    """A number between 0 and 1, the same at every load."""
    text = f"{record.external_id} {coder.get_username()} {what}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest()) / 2**32


def _right(record: Record) -> Code | None:
    """The code known beforehand, else the machine's first."""
    known = Code.objects.filter(
        classification=record.study.classification_id, code=record.reference_code.strip(), codable=True
    ).first()
    first = record.suggestion_set.best if record.suggestion_set else None
    return known or first


def _second(record: Record) -> Code | None:
    """The machine's second code."""
    if record.suggestion_set is None:
        return None
    found = record.suggestion_set.suggestions.filter(rank=2).select_related("code").first()
    return found.code if found else None

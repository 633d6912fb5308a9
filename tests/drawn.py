"""Rounds that are drawn and worked through to their end by coders, each by codes of their own."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User

from coding_app.choices import CannotCodeReason, RoundKind, Selection
from coding_app.models import Code, QueueItem, Round, Study
from coding_app.round_plans import RoundPlan
from coding_app.services import review, rounds
from tests import factories
from tests.rounds import boss, coder

CANNOT = "cannot"
"""Stands for a decision that a record cannot be coded."""


def plan(study: Study, *names: str, **changes: Any) -> RoundPlan:
    """Blinded double coding of all that may be drawn by these coders, unless ``changes`` say otherwise."""
    asked: dict[str, Any] = {
        "name": f"Round {study.rounds.count() + 1}",
        "kind": RoundKind.DOUBLE,
        "coders": tuple((coder(study, name).pk, 1.0) for name in names),
        "blinded": True,
        "coders_per_record": 2,
        "selection": Selection.ALL,
        "seed": 1,
    }
    return RoundPlan(**{**asked, **changes})


def draw(study: Study, *names: str, **changes: Any) -> Round:
    """A round that is set up and drawn."""
    made = rounds.set_up(study=study, plan=plan(study, *names, **changes), user=boss(study))
    assert made.job is not None
    factories.do(made.job)
    made.refresh_from_db()
    return made


def decide(study: Study, name: str, codes: Mapping[str, str]) -> None:
    """Let a coder work through all that they are served, by these codes; ``CANNOT`` cannot be coded."""
    user = User.objects.get(username=name)
    while (item := review.open_next(study=study, user=user)) is not None:
        answer(item, user, codes[item.record.external_id])


def answer(item: QueueItem, user: User, code: str) -> None:
    """Let a coder give a code to the record of a place."""
    given: dict[str, Any] = {
        "record": item.record,
        "user": user,
        "seen_version": item.record.version,
        "place": item.pk,
    }
    if code == CANNOT:
        review.cannot_code(**given, reason=CannotCodeReason.VAGUE)
        return
    found = Code.objects.get(classification=item.study.classification, code=code)
    review.decide(**given, code=found)


__all__ = ["CANNOT", "answer", "coder", "decide", "draw", "plan"]

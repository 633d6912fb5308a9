"""Rounds for tests: set up and drawn in this process, decided by name and code."""

from typing import Any

from django.contrib.auth.models import User

from coding_app.choices import Role, RoundKind
from coding_app.models import Code, Decision, QueueItem, Record, Round, RoundRecord, Study
from coding_app.round_plans import RoundPlan
from coding_app.services import members, review, rounds
from tests import factories


def boss(study: Study) -> User:
    """Who sets up rounds."""
    return study.members.get(username="manager")


def coder(study: Study, name: str, role: Role = Role.CODER) -> User:
    """A member of the study with this name, made if there is none."""
    found = study.members.filter(username=name).first()
    if found is None:
        found = factories.make_user(name)
        members.add(study=study, member=found, role=role, user=boss(study))
    return found


def plan(study: Study, kind: RoundKind, coders: str = "anna ben", **fields: Any) -> RoundPlan:
    """A plan of equal shares for the coders named; an evaluation is blinded, double coding is by two."""
    shares = tuple((coder(study, name).pk, 1.0) for name in coders.split())
    given: dict[str, Any] = {
        "name": f"{kind.label} {Round.objects.count() + 1}",
        "kind": kind,
        "coders": shares,
        "coders_per_record": 2 if kind == RoundKind.DOUBLE else 1,
        "blinded": kind == RoundKind.EVALUATION,
        "seed": 7,
    }
    return RoundPlan(**{**given, **fields})


def drawn(study: Study, kind: RoundKind, coders: str = "anna ben", **fields: Any) -> Round:
    """A round that its coders can begin."""
    made = rounds.set_up(study=study, plan=plan(study, kind, coders, **fields), user=boss(study))
    assert made.job is not None
    factories.do(made.job)
    made.refresh_from_db()
    return made


def served(study: Study, name: str) -> str | None:
    """The id of the record that somebody is given next."""
    item = review.open_next(study=study, user=coder(study, name))
    return item.record.external_id if item else None


def ended(round_: Round, *, cancel: bool = False) -> Round:
    """The round closed, or given up, with its records given back."""
    (rounds.cancel if cancel else rounds.close)(round_=round_, user=boss(round_.study))
    assert round_.ending is not None
    factories.do(round_.ending)
    return round_


def decide(study: Study, name: str, external_id: str, code: str, **fields: Any) -> Decision:
    """What somebody says of a record now."""
    record = factories.record(study, external_id)
    wanted = Code.objects.get(classification=study.classification, code=code)
    return review.decide(
        record=record, user=coder(study, name), code=wanted, seen_version=record.version, **fields
    )


def within(round_: Round, external_id: str) -> RoundRecord:
    """A record of the round, as it is now."""
    return RoundRecord.objects.select_related("round").get(round=round_, record__external_id=external_id)


def given(round_: Round) -> dict[str, list[str]]:
    """The ids that each coder has a place for, by name."""
    found: dict[str, list[str]] = {}
    places = QueueItem.objects.filter(round_record__round=round_).order_by("record__external_id")
    for place in places.select_related("assigned", "record"):
        name = place.assigned.username if place.assigned else ""
        found.setdefault(name, []).append(place.record.external_id)
    return found


def record(study: Study, external_id: str) -> Record:
    """A record as it is now."""
    return factories.record(study, external_id)

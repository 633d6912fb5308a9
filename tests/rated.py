"""Rounds with codes in them, written down as they would be: for tests of what is read from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User

from coding_app.choices import (
    AdjudicationState,
    CannotCodeReason,
    DecisionKind,
    RecordStatus,
    Role,
    RoundKind,
    RoundRecordState,
    RoundState,
    Route,
    Side,
)
from coding_app.models import Adjudication, Code, Decision, Membership, Record, Round, RoundRecord, Study
from tests import factories

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""
CANNOT = "cannot"
"""Stands for a decision that a record cannot be coded."""


@dataclass
class Row:
    """What became of one record: ``codes`` by coder, ``final`` where it is settled, after coming back or not.

    ``after`` are the codes that coders gave once it had been sent back with a question.
    """

    codes: Mapping[str, str]
    machine: str = ""
    probability: float | None = None
    gold: str = ""
    final: str = ""
    stratum: str = ""
    adjudicated: bool = False
    after: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 20.0


def person(study: Study, name: str, role: Role = Role.CODER) -> User:
    """A member of the study with this name."""
    user = User.objects.filter(username=name).first() or factories.make_user(name)
    Membership.objects.get_or_create(study=study, user=user, defaults={"role": role})
    return user


def make_round(
    study: Study,
    rows: Mapping[str, Row],
    *,
    kind: RoundKind = RoundKind.DOUBLE,
    state: RoundState = RoundState.CODING,
    blinded: bool = True,
    stratum_column: str = "",
) -> Round:
    """A round of the study over its records, by their own ids; one decision a minute."""
    number = Round.objects.filter(study=study).count() + 1
    made = Round.objects.create(
        study=study,
        number=number,
        name=f"Round {number}",
        kind=kind,
        state=state,
        blinded=blinded,
        coders_per_record=2,
        selection="random",
        seed=7,
        size=len(rows),
        drawn=len(rows),
        population_size=len(rows),
        stratum_column=stratum_column,
        coders=[],
    )
    at = START + timedelta(days=number)
    for position, (external_id, row) in enumerate(rows.items(), start=1):
        at = _fill(study, made, position, factories.record(study, external_id), row, at)
    return made


def _fill(study: Study, made: Round, position: int, record: Record, row: Row, at: datetime) -> datetime:
    settled = RoundRecordState.ADJUDICATED if row.adjudicated else RoundRecordState.AGREED
    in_round = RoundRecord.objects.create(
        round=made,
        record=record,
        position=position,
        stratum=row.stratum,
        state=settled if row.final else RoundRecordState.CODING,
        status_before=record.status,
        machine_code=code(study, row.machine),
        machine_probability=row.probability,
        gold=code(study, row.gold),
        code=code(study, row.final),
    )
    first: list[Decision] = []
    for name, text in row.codes.items():
        at += timedelta(minutes=1)
        first.append(decide(study, record, name, text, at, in_round, seconds=row.seconds))
    at += timedelta(seconds=1)
    if row.after:
        _adjudicate(study, in_round, first, AdjudicationState.RETURNED, at)
        Decision.objects.filter(round_record=in_round).update(undone_at=at + timedelta(seconds=10))
        for name, text in row.after.items():
            at += timedelta(minutes=1)
            decide(study, record, name, text, at, in_round, seconds=row.seconds)
    if row.adjudicated:
        _adjudicate(study, in_round, first, AdjudicationState.SETTLED, at, row.final)
    if row.final:
        found = code(study, row.final)
        Record.objects.filter(pk=record.pk).update(
            status=RecordStatus.DECIDED if found else RecordStatus.CANNOT_CODE,
            final_code=found,
            route=Route.ADJUDICATED if row.adjudicated else Route.PERSON,
        )
    return at


def _adjudicate(
    study: Study,
    in_round: RoundRecord,
    first: list[Decision],
    state: AdjudicationState,
    at: datetime,
    final: str = "",
) -> None:
    chosen = code(study, final)
    settled = state == AdjudicationState.SETTLED
    made = Adjudication.objects.create(
        study=study,
        record=in_round.record,
        round_record=in_round,
        state=state,
        first=first[0],
        second=first[1] if len(first) > 1 else None,
        swapped=False,
        side=Side.OTHER if settled else "",
        code=chosen,
        cannot_reason=CannotCodeReason.VAGUE if settled and chosen is None else "",
        reason="by the definition" if settled else "",
        question="" if settled else "Which trade?",
        decided_by=person(study, "supervisor"),
        decided_at=at + timedelta(seconds=10),
    )
    Adjudication.objects.filter(pk=made.pk).update(created_at=at)


def code(study: Study, text: str) -> Code | None:
    """A code of the study's classification; ``None`` for none."""
    if text in ("", CANNOT):
        return None
    return Code.objects.get(classification=study.classification, code=text)


def decide(
    study: Study,
    record: Record,
    name: str,
    text: str,
    at: datetime,
    in_round: RoundRecord | None = None,
    *,
    seconds: float = 20.0,
    blinded: bool | None = None,
    undone_at: datetime | None = None,
) -> Decision:
    """A decision as the queue writes it."""
    chosen = code(study, text)
    return Decision.objects.create(
        record=record,
        round_record=in_round,
        coder=person(study, name),
        kind=DecisionKind.CODE if chosen else DecisionKind.CANNOT_CODE,
        code=chosen,
        reason="" if chosen else CannotCodeReason.VAGUE,
        note="too vague" if chosen is None else "",
        record_version=record.version,
        blinded=in_round.round.blinded if blinded is None and in_round else bool(blinded),
        opened_at=at - timedelta(seconds=seconds),
        decided_at=at,
        undone_at=undone_at,
    )

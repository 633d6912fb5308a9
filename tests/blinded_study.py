"""A study with all that a blinded coder must not see, written down as rows: its texts are found by a test."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from coding_app.choices import (
    AdjudicationState,
    DecisionKind,
    QueueState,
    RecordStatus,
    Role,
    RoundKind,
    RoundRecordState,
    RoundState,
    Route,
    Selection,
    Side,
    Verb,
)
from coding_app.models import (
    Adjudication,
    Code,
    Decision,
    Event,
    Flag,
    QueueItem,
    Record,
    Round,
    RoundRecord,
    Study,
)
from coding_app.services import events, members
from tests import factories, scored
from tests.scored import Answer

HEADER = (*factories.COLUMNS, "reference", "earlier")
ROWS = (
    ("z-open", "zookeeper", "circus", "40", "SECRETREF", "SECRETCOLUMN"),
    ("z-own", "lion tamer", "circus", "41", "SECRETREF", "SECRETCOLUMN"),
    ("z-settled", "clown", "circus", "42", "SECRETREF", "SECRETCOLUMN"),
    ("y-colleague", "contractor", "plumbing", "43", "SECRETREF", "SECRETCOLUMN"),
    ("y-machine", "MACHINIST", "secretindustry", "44", "SECRETREF", "SECRETCOLUMN"),
    ("z-before", "juggler", "circus", "45", "SECRETREF", "SECRETCOLUMN"),
)
MINE, COLLEAGUES, MACHINES = "411", "982", "801"
OWN = ("z-own", "z-settled", "z-before")


def make(folder: Path) -> Study:
    """The coder has one place left, ``z-open``, which they coded before; a colleague has coded all of it."""
    study = factories.make_study(folder)
    members.add(study=study, member=factories.make_user("zebedee"), role=Role.CODER, user=study.created_by)
    factories.bring_in(study, factories.csv_bytes(ROWS, HEADER))
    factories.code(study)
    answer = Answer({MACHINES: 0.7351, "715": 0.2}, own=MACHINES)
    scored.score(study, {row[0]: answer for row in ROWS})
    Record.objects.filter(study=study).update(standardised="SECRETWORDS")
    coder, colleague = (study.members.get(username=name) for name in ("coder", "zebedee"))
    for name in ("z-open", "z-before"):
        _decided(study, name, coder, MINE if name == "z-before" else "465", note="own note")
    Decision.objects.filter(record__external_id="z-open").update(undone_at=timezone.now())
    _decided(study, "y-colleague", colleague, COLLEAGUES, note="SECRETNOTE")
    _round(study, coder, colleague)
    Flag.objects.create(
        record=factories.record(study, "z-open"),
        raised_by=colleague,
        note="SECRETFLAG",
        raised_at=timezone.now(),
    )
    return study


def _round(study: Study, coder: User, colleague: User) -> None:
    made = Round.objects.create(
        study=study,
        number=1,
        name="SECRETNAME",
        kind=RoundKind.DOUBLE,
        state=RoundState.CODING,
        blinded=True,
        coders_per_record=2,
        selection=Selection.RANDOM,
        coders=[{"user": coder.pk, "share": 1}, {"user": colleague.pk, "share": 1}],
        machine_unlabelled=True,
    )
    states = {
        "z-open": RoundRecordState.CODING,
        "z-own": RoundRecordState.DISPUTED,
        "z-settled": RoundRecordState.ADJUDICATED,
    }
    for position, (name, state) in enumerate(states.items(), start=1):
        record = factories.record(study, name)
        within = RoundRecord.objects.create(
            round=made,
            record=record,
            position=position,
            state=state,
            status_before=RecordStatus.WAITING,
            suggestion_set=record.suggestion_set,
            machine_code=_code(MACHINES),
            machine_probability=0.7351,
        )
        QueueItem.objects.filter(record=record).update(state=QueueState.WITHDRAWN, holder=None)
        _place(within, slot=1, user=coder, open_=name == "z-open")
        _place(within, slot=2, user=colleague, open_=False)
        theirs = _decided(study, name, colleague, COLLEAGUES, note="SECRETNOTE", round_record=within)
        if name == "z-open":
            continue
        mine = _decided(study, name, coder, MINE, note="own note", round_record=within)
        settled: dict[str, Any] = {}
        status = RecordStatus.DISPUTED
        if name == "z-settled":
            status = RecordStatus.DECIDED
            settled = {
                "state": AdjudicationState.SETTLED,
                "side": Side.SECOND,
                "code": _code(COLLEAGUES),
                "reason": "SECRETREASON",
                "decided_by": study.members.get(username="supervisor"),
                "decided_at": timezone.now(),
            }
        Adjudication.objects.create(
            study=study,
            record=record,
            round_record=within,
            first=mine,
            second=theirs,
            swapped=True,
            **settled,
        )
        verb = Verb.RECORD_ADJUDICATED if settled else Verb.RECORD_DISPUTED
        events.write(
            study=study,
            verb=verb,
            record=record,
            after=status,
            data={"code": COLLEAGUES, "reason": "SECRETREASON"},
        )
        Record.objects.filter(pk=record.pk).update(
            status=status,
            final_code=settled.get("code"),
            route=Route.ADJUDICATED if settled else "",
        )


def _place(within: RoundRecord, *, slot: int, user: User, open_: bool) -> None:
    QueueItem.objects.create(
        study=within.record.study,
        record=within.record,
        round_record=within,
        slot=slot,
        assigned=user,
        state=QueueState.OPEN if open_ else QueueState.DONE,
    )


def _decided(
    study: Study, name: str, coder: User, code: str, *, note: str, round_record: RoundRecord | None = None
) -> Decision:
    record = factories.record(study, name)
    now = timezone.now()
    made = Decision.objects.create(
        record=record,
        round_record=round_record,
        blinded=round_record is not None,
        coder=coder,
        kind=DecisionKind.CODE,
        code=_code(code),
        note=note,
        record_version=record.version,
        opened_at=now - timedelta(seconds=9),
        decided_at=now,
    )
    Event.objects.create(
        study=study,
        record=record,
        actor=coder,
        verb=Verb.RECORD_DECIDED,
        gesture="00000000-0000-4000-8000-000000000000",
        data={"decision": made.pk, "code": code},
        at=now,
    )
    if round_record is None and name != "z-open":
        QueueItem.objects.filter(record=record).update(state=QueueState.DONE)
        Record.objects.filter(pk=record.pk).update(
            status=RecordStatus.DECIDED,
            final_code=_code(code),
            route=Route.PERSON,
            decided_by=coder,
            decided_at=now,
        )
    return made


def _code(code: str) -> Code:
    return Code.objects.get(code=code)

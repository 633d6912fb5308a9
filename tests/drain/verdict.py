"""What a drained queue must look like in the database, held against what the coders were told."""

from __future__ import annotations

from collections import Counter, defaultdict

from coding_app.choices import QueueState, RecordStatus, RoundRecordState, Verb
from coding_app.models import Adjudication, Decision, Event, QueueItem, Record, RoundRecord, Study
from tests.drain.coders import Said
from tests.drain.engine import Drained, served_to_two


def faults(study: Study, found: Drained, *, lease: float, each: int = 1) -> list[str]:
    """Sentences about everything that is wrong; an empty list when nothing is.

    Args:
        each: decisions that every record was to get, by as many people.
    """
    return [
        *_of_decisions(study, found, each),
        *_of_places(study),
        *_of_events(study),
        *(_of_rounds(study) if each > 1 else _of_records(study)),
        *_several("places before two at a time", served_to_two(found.showings, lease)),
    ]


def _several(what: str, keys: object) -> list[str]:
    return [f"{what}: {keys}"] if keys else []


def _of_decisions(study: Study, found: Drained, each: int) -> list[str]:
    standing = Decision.objects.filter(record__study=study, undone_at__isnull=True)
    undone = Decision.objects.filter(record__study=study, undone_at__isnull=False).count()
    rows = standing.values_list("coder_id", "record_id", "code__code")
    said = Counter(Said(coder, record, str(code)) for coder, record, code in rows)
    made = Counter(record for _, record, _ in said.elements())
    records = set(QueueItem.objects.filter(study=study).values_list("record_id", flat=True))
    known = set(found.accepted)
    return [
        *([f"{undone} decisions were taken back"] if undone else []),
        *_several("decided more than once by one coder", [one for one, n in said.items() if n > 1]),
        *_several("decided by too few or too many", {key for key in records if made[key] != each}),
        *_several("accepted, and not there", known - set(said)),
        *_several("there, and no coder was told so", set(said) - known - set(found.unheard)),
    ]


def _of_places(study: Study) -> list[str]:
    places = QueueItem.objects.filter(study=study)
    # What a round took out of the study's own queue has a withdrawn place there.
    live = places.exclude(state=QueueState.WITHDRAWN)
    done = Counter(live.filter(state=QueueState.DONE).values_list("record_id", "holder_id"))
    made = Decision.objects.filter(record__study=study, undone_at__isnull=True)
    decided = Counter(made.values_list("record_id", "coder_id"))
    return [
        *_several("places still open", set(live.filter(state=QueueState.OPEN).values_list("pk", flat=True))),
        *_several("done places without the decision of their holder", done - decided),
        *_several("decisions without a done place", decided - done),
    ]


def _of_events(study: Study) -> list[str]:
    events = Event.objects.filter(study=study, verb=Verb.RECORD_DECIDED)
    told = Counter(
        (record, actor, data["decision"])
        for record, actor, data in events.values_list("record_id", "actor_id", "data")
    )
    made = Decision.objects.filter(record__study=study)
    decided = Counter(made.values_list("record_id", "coder_id", "pk"))
    return [
        *_several("events without a decision", told - decided),
        *_several("decisions without an event", decided - told),
    ]


def _of_records(study: Study) -> list[str]:
    """In the study's own queue a decision is the record's final code."""
    made = Decision.objects.filter(record__study=study, undone_at__isnull=True)
    wanted = {record: (coder, code) for record, coder, code in made.values_list("record", "coder", "code")}
    records = Record.objects.filter(study=study, queue_items__isnull=False)
    wrong = {
        key
        for key, status, coder, code in records.values_list("pk", "status", "decided_by", "final_code")
        if status != RecordStatus.DECIDED or wanted.get(key) != (coder, code)
    }
    return _several("records that are not what was decided", wrong)


def _of_rounds(study: Study) -> list[str]:
    """Within a round the codes of a record settle it, or open one dispute."""
    given = defaultdict(list)
    made = Decision.objects.filter(record__study=study, undone_at__isnull=True)
    for within, coder, code in made.values_list("round_record", "coder", "code"):
        given[within].append((coder, code))
    disputes = Counter(Adjudication.objects.filter(study=study).values_list("round_record_id", flat=True))
    wrong = set()
    for one in RoundRecord.objects.filter(round__study=study).select_related("record"):
        coders, codes = {coder for coder, _ in given[one.pk]}, {code for _, code in given[one.pk]}
        agreed = len(codes) == 1
        state = RoundRecordState.AGREED if agreed else RoundRecordState.DISPUTED
        status = RecordStatus.DECIDED if agreed else RecordStatus.DISPUTED
        final = codes.pop() if agreed else None
        is_right = (one.state, one.record.status, one.record.final_code_id) == (state, status, final)
        if not is_right or len(coders) != 2 or disputes[one.pk] != (not agreed):
            wrong.add(one.record_id)
    return _several("records that their codes did not settle or dispute", wrong)

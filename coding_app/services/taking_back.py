"""Taking back one's latest decision: in the study's own queue with its whole gesture, or within a round."""

from django.contrib.auth.models import User
from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app.choices import (
    AdjudicationState,
    QueueState,
    RecordStatus,
    RoundRecordState,
    RoundState,
    Verb,
)
from coding_app.exceptions import Conflict
from coding_app.models import Adjudication, Decision, QueueItem, Record, RoundRecord, Study
from coding_app.services import events, leasing, settling
from coding_app.services.settling import Gesture

TOO_LATE = gettext_noop("The record changed since your decision; it can no longer be undone.")
_DECIDED = (RecordStatus.DECIDED, RecordStatus.CANNOT_CODE)


def in_the_queue(study: Study, user: User, latest: Decision) -> QueueItem:
    """Let the records of the gesture wait again; the place of ``latest`` is the user's.

    Raises:
        Conflict: when one of them went another way meanwhile; then all stay as they are.
    """
    gesture = Gesture(user)
    standing = Decision.objects.filter(coder=user, undone_at__isnull=True, round_record__isnull=True)
    mine = standing.filter(gesture=latest.gesture) if latest.gesture else standing.filter(pk=latest.pk)
    versions = dict(mine.values_list("record_id", "record_version"))
    found = Record.objects.select_for_update(of=("self",)).filter(pk__in=versions).order_by("pk")
    records = list(found.defer("values"))
    decisions = {one.record_id: one for one in mine.filter(record__in=versions)}
    if len(decisions) != len(records) or any(
        record.version != versions[record.pk] + 1 or record.status not in _DECIDED for record in records
    ):
        raise Conflict(_(TOO_LATE))
    Record.objects.filter(pk__in=versions).update(
        status=RecordStatus.WAITING,
        final_code=None,
        route="",
        decided_by=None,
        decided_at=None,
        version=F("version") + 1,
    )
    Decision.objects.filter(pk__in=[one.pk for one in decisions.values()]).update(undone_at=gesture.at)
    done = QueueItem.objects.filter(record__in=versions, round_record__isnull=True, state=QueueState.DONE)
    newest = done.order_by().values("record").annotate(newest=Max("pk")).values_list("newest", flat=True)
    QueueItem.objects.filter(pk__in=list(newest)).update(
        state=QueueState.OPEN, holder=None, leased_until=None
    )
    events.write_all(
        events.make(
            study=study,
            verb=Verb.DECISION_UNDONE,
            gesture=gesture.key,
            actor=user,
            record=record,
            before=record.status,
            after=RecordStatus.WAITING,
            data={
                "decision": decisions[record.pk].pk,
                "code": None,
                "route": "",
                "version": record.version + 1,
            },
        )
        for record in records
    )
    place = QueueItem.objects.get(record=latest.record_id, state=QueueState.OPEN, round_record__isnull=True)
    return _hold(place, user)


def in_a_round(study: Study, user: User, latest: Decision, key: int) -> QueueItem:
    """Take a decision out of its round, and with it what the round made of it; the place is the user's.

    Raises:
        Conflict: when the round has gone on, or an adjudicator has the record.
    """
    within = settling.locked_with_round(key)
    gesture = Gesture(user)
    if within.round.state != RoundState.CODING:
        raise Conflict(_(TOO_LATE))
    if within.state in (RoundRecordState.AGREED, RoundRecordState.DISPUTED):
        _unsettle(within)
        # Nobody is named: it must not show that the decision had led to anything.
        settling.reopen(within, Verb.RECORD_REOPENED, Gesture(None, gesture.key, gesture.at))
    elif within.state != RoundRecordState.CODING:
        raise Conflict(_(TOO_LATE))
    if not Decision.objects.filter(pk=latest.pk, undone_at__isnull=True).update(undone_at=gesture.at):
        raise Conflict(_(TOO_LATE))
    record = Record.objects.get(pk=within.record_id)
    made = events.make(
        study=study,
        verb=Verb.DECISION_UNDONE,
        gesture=gesture.key,
        actor=user,
        record=record,
        before=record.status,
        after=record.status,
        data={"decision": latest.pk, "round": within.round.number},
    )
    events.write_all([made])
    done = QueueItem.objects.filter(round_record=within, holder=user, state=QueueState.DONE)
    return _hold(done.latest("pk"), user)


def _hold(place: QueueItem, user: User) -> QueueItem:
    place.state = QueueState.OPEN
    place.holder, place.leased_until = user, leasing.until()
    place.save(update_fields=["state", "holder", "leased_until"])
    return place


def _unsettle(within: RoundRecord) -> None:
    """Make sure that nothing came after, and withdraw what an adjudicator was to say."""
    record = Record.objects.select_for_update(of=("self",)).get(pk=within.record_id)
    if within.state == RoundRecordState.DISPUTED:
        waiting = Adjudication.objects.filter(round_record=within, state=AdjudicationState.OPEN)
        withdrawn = waiting.filter(leasing.free()).update(
            state=AdjudicationState.WITHDRAWN, holder=None, leased_until=None
        )
        same = bool(withdrawn) and (not within.round.settles or record.status == RecordStatus.DISPUTED)
    else:
        settled = (record.decided_at, record.final_code_id) == (within.settled_at, within.code_id)
        same = settled or not within.round.settles
    if not same or not settling.untouched(within, record):
        raise Conflict(_(TOO_LATE))

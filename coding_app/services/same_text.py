"""Deciding at once what has the same text: the record on the screen, and those its coder saw in a preview."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coding_app.choices import DecisionKind, QueueState, RecordStatus, Route
from coding_app.exceptions import InvalidInput
from coding_app.models import Code, Decision, QueueItem, Record, Suggestion
from coding_app.selectors import queue
from coding_app.services import deciding, events, review, serving
from coding_app.services.settling import Gesture

MOST = 2000


@transaction.atomic
def decide_same_text(
    *,
    record: Record,
    user: User,
    code: Code,
    seen_version: int,
    keys: Collection[int],
    suggestion: Suggestion | None = None,
    note: str = "",
    opened_at: datetime | None = None,
    place: int | None = None,
) -> list[Decision]:
    """Give a record of the study's own queue its code, and those among ``keys`` that still have its text.

    Those that do not wait any more, or that another coder has open, are left out. All belong to one gesture,
    which undoing takes back as a whole. What the others took is not timed, and counts as a suggestion picked
    where theirs has the code that was picked.

    Args:
        keys: of the records that the coder saw listed.

    Returns:
        The decisions; that of ``record`` is the last one.

    Raises:
        InvalidInput: as :func:`review.decide`; also within a round, where records are decided one by one.
        Conflict: as :func:`review.decide`, when it is ``record`` that changed, or that another coder has.
    """
    if len(keys) > MOST:
        told = _("%(n)d records are too many to be decided at once: %(most)d are the most.")
        raise InvalidInput(told % {"n": len(keys), "most": MOST})
    review.require_choice(record, code, suggestion)
    own = deciding.place_of(record, user, place)
    if own.round_record_id is not None:
        raise InvalidInput(_("Within a round every record is decided by itself."))
    gesture = Gesture(user)
    # Locked in the order of their keys, this record among them: of two coders who decide the same text at
    # once, one waits and finds the other's done.
    wanted = {*keys, record.pk}
    found = Record.objects.select_for_update(of=("self",)).filter(pk__in=wanted, study=record.study_id)
    locked = list(found.order_by("pk").values_list("pk", flat=True))
    same = queue.same_text(record, user, blinded=serving.blinded(record.study, user))
    others = list(same.filter(pk__in=locked).defer("values"))
    made = _decide(others, user, code, suggestion is not None, review.clean_note(note), gesture)
    last = deciding.write(
        Decision(
            kind=DecisionKind.CODE,
            code=code,
            suggestion=suggestion,
            note=review.clean_note(note),
            opened_at=opened_at,
            gesture=gesture.key,
        ),
        record=record,
        place=own,
        user=user,
        seen_version=seen_version,
        gesture=gesture,
    )
    return [*made, last]


def _decide(
    records: list[Record], user: User, code: Code, picked: bool, note: str, gesture: Gesture
) -> list[Decision]:
    """Decide records that wait and are free, locked."""
    sets = [record.suggestion_set_id for record in records if picked and record.suggestion_set_id]
    same = Suggestion.objects.filter(suggestion_set__in=sets, code=code)
    suggestions = {one.suggestion_set_id: one for one in same}
    keys = [record.pk for record in records]
    QueueItem.objects.filter(record__in=keys, state=QueueState.OPEN, round_record__isnull=True).update(
        state=QueueState.DONE, holder=user, leased_until=None
    )
    made = Decision.objects.bulk_create(
        Decision(
            record=record,
            coder=user,
            kind=DecisionKind.CODE,
            code=code,
            suggestion=suggestions.get(record.suggestion_set_id or 0),
            note=note,
            gesture=gesture.key,
            record_version=record.version,
            decided_at=gesture.at,
        )
        for record in records
    )
    events.write_all(deciding.told(one, gesture) for one in made)
    Record.objects.filter(pk__in=keys).update(
        status=RecordStatus.DECIDED,
        final_code=code,
        route=Route.PERSON,
        decided_by=user,
        decided_at=gesture.at,
        version=F("version") + 1,
    )
    return made

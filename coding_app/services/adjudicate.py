"""Adjudication at work: one disputed record before one adjudicator; settle it, send it back, or undo.

An adjudicator is a supervisor or manager who never decided the record in its round; or, in an evaluation, the
one coder that the record was exchanged to.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app.choices import (
    AdjudicationState,
    CannotCodeReason,
    RoundKind,
    RoundRecordState,
    Side,
    Verb,
)
from coding_app.exceptions import Conflict, InvalidInput, NotAllowed
from coding_app.models import Adjudication, Code, Decision, QueueItem, Record, RoundRecord, Study
from coding_app.models.rounds import GOING_STATES
from coding_app.selectors import adjudication as selected
from coding_app.services import leasing, settling

MAX_TEXT = 2000
_HELD = gettext_noop("Another adjudicator has this record open.")
_GONE = gettext_noop("This record was settled or taken back meanwhile.")
_CHANGED = gettext_noop("The record changed since you settled it; it can no longer be undone.")


@transaction.atomic
def open_next(*, study: Study, user: User) -> Adjudication | None:
    """The disputed record this user holds, or else the next free one for them, leased; ``None`` if none is.

    Nobody is served what another holds, or what they coded themselves.
    """
    leasing.one_at_a_time(study, user)
    mine = _open(study).filter(leasing.held(user), round_record__round__state__in=GOING_STATES).first()
    if mine is not None:
        return _renewed(mine)
    return leasing.take_first(selected.waiting_for(study, user), user)


@transaction.atomic
def open_one(*, adjudication: Adjudication, user: User) -> Adjudication:
    """Lease a chosen one; what the user held before is free again.

    Raises:
        NotAllowed: when it is not for this user, who may have coded the record.
        Conflict: when it is settled, or another adjudicator has it.
    """
    _require(adjudication, user)
    wanted = _open(adjudication.study_id).filter(pk=adjudication.pk)
    if not wanted.filter(leasing.free_for(user)).update(holder=user, leased_until=leasing.until()):
        raise Conflict(_(_HELD) if wanted.exists() else _(_GONE))
    _open(adjudication.study_id).filter(holder=user).exclude(pk=adjudication.pk).update(
        holder=None, leased_until=None
    )
    return wanted.get()


def release(*, study: Study, user: User) -> None:
    """Give back what the adjudicator holds, unsettled."""
    _open(study).filter(holder=user).update(holder=None, leased_until=None)


def renew(*, study: Study, user: User) -> bool:
    """Keep what the adjudicator holds for another while; whether they still hold anything."""
    return bool(_open(study).filter(holder=user).update(leased_until=leasing.until()))


@transaction.atomic
def settle(
    *,
    adjudication: Adjudication,
    user: User,
    side: Side,
    code: Code | None = None,
    cannot_reason: str = "",
    reason: str = "",
    opened_at: datetime | None = None,
) -> Adjudication:
    """Say what the record is.

    Args:
        side: whose code it is. Of a coder or the machine the code is theirs, and need not be given.
        code: with ``Side.OTHER``, the code; a code that one of the sides has counts as theirs.
        cannot_reason: with ``Side.OTHER`` and no code, why the record cannot be coded.
        reason: why, in the adjudicator's words; needed for ``Side.OTHER``.

    Raises:
        InvalidInput: when there is no such side, or the code is not one that records may have.
        NotAllowed: when it is not for this user, who may have coded the record.
        Conflict: when it is settled or withdrawn, or another adjudicator has it.
    """
    current, within = _locked(adjudication)
    _require(current, user)
    reason = _text(reason)
    side, code, cannot_reason = _answer(current, within, Side(side), code, cannot_reason, reason)
    gesture = settling.Gesture(user)
    _take(
        current,
        user,
        state=AdjudicationState.SETTLED,
        side=side,
        code=code,
        cannot_reason=cannot_reason,
        reason=reason,
        opened_at=opened_at,
        decided_by=user,
        decided_at=gesture.at,
    )
    settling.adjudicated(within, current, gesture)
    return current


@transaction.atomic
def send_back(*, adjudication: Adjudication, user: User, question: str) -> Adjudication:
    """Let the coders decide anew, with a question to them; what they decided is taken back, but kept.

    Raises:
        InvalidInput: when there is no question, or the round is an evaluation, whose coders have exchanged.
        NotAllowed, Conflict: as :func:`settle`.
    """
    current, within = _locked(adjudication)
    _require(current, user)
    question = _text(question)
    if not question:
        raise InvalidInput(_("Write what the coders are to think of."))
    if within.round.kind == RoundKind.EVALUATION:
        raise InvalidInput(_("In an evaluation nothing is sent back: choose a code."))
    gesture = settling.Gesture(user)
    _take(
        current,
        user,
        state=AdjudicationState.RETURNED,
        question=question,
        decided_by=user,
        decided_at=gesture.at,
    )
    made = settling.standing(within)
    Decision.objects.filter(pk__in=[one.pk for one in made]).update(undone_at=gesture.at)
    QueueItem.objects.bulk_create(
        QueueItem(
            study_id=current.study_id,
            record_id=current.record_id,
            round_record=within,
            slot=slot,
            assigned_id=one.coder_id,
            question=question,
        )
        for slot, one in enumerate(made, start=1)
    )
    settling.reopen(within, Verb.ADJUDICATION_RETURNED, gesture, adjudication=current.pk)
    return current


@transaction.atomic
def undo(*, study: Study, user: User) -> Adjudication:
    """Take back what this adjudicator settled last; it is theirs to settle again.

    Raises:
        Conflict: when there is nothing, the round has ended, or the record went another way meanwhile.
    """
    latest = selected.last_settled(study, user)
    if latest is None:
        raise Conflict(_("There is no adjudication of yours to undo."))
    within = settling.locked_with_round(latest.round_record_id)
    current = Adjudication.objects.select_for_update(of=("self",)).get(pk=latest.pk)
    if within.round.state not in GOING_STATES or not _stands(current, within):
        raise Conflict(_(_CHANGED))
    release(study=study, user=user)
    current.state, current.side, current.code, current.cannot_reason = AdjudicationState.OPEN, "", None, ""
    current.decided_by = current.decided_at = None
    current.holder, current.leased_until = user, leasing.until()
    current.save()
    settling.dispute_again(within, current, settling.Gesture(user))
    return current


def _open(study: Study | int) -> QuerySet[Adjudication]:
    return Adjudication.objects.filter(study=study, state=AdjudicationState.OPEN).order_by("pk")


def _renewed(mine: Adjudication) -> Adjudication:
    mine.leased_until = leasing.until()
    mine.save(update_fields=["leased_until"])
    return mine


def _locked(adjudication: Adjudication) -> tuple[Adjudication, RoundRecord]:
    """The adjudication as it is now, and its round record, locked.

    Raises:
        Conflict: when the round has ended.
    """
    within = settling.locked(adjudication.round_record_id)
    if within.round.state not in GOING_STATES:
        raise Conflict(_(_GONE))
    current = Adjudication.objects.select_related("first__code", "second__code", "study").get(
        pk=adjudication.pk
    )
    return current, within


def _require(adjudication: Adjudication, user: User) -> None:
    """Refuse whoever may not say what this record is."""
    if not selected.waiting_for(adjudication.study, user, state=None).filter(pk=adjudication.pk).exists():
        raise NotAllowed(
            _("You may not adjudicate this record: you decided it yourself, or it is for somebody else.")
        )


def _text(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_TEXT:
        told = _("The text has %(n)d characters; %(most)d are the most.")
        raise InvalidInput(told % {"n": len(text), "most": MAX_TEXT})
    if "\0" in text:
        raise InvalidInput(_("The text has a NUL character in it: take it out."))
    return text


def _answer(
    current: Adjudication, within: RoundRecord, side: Side, code: Code | None, cannot_reason: str, reason: str
) -> tuple[Side, Code | None, str]:
    """Whose answer it is, and what it is."""
    sides = {one.side: one for one in selected.options(current, within)}
    if side != Side.OTHER:
        if side not in sides:
            raise InvalidInput(_("There is no such code before you: choose one that is shown."))
        chosen = sides[side]
        if code is not None and code != chosen.code:
            raise InvalidInput(_("The code is not the one that was chosen."))
        return side, chosen.code, chosen.cannot_reason
    if code is not None:
        if code.classification_id != current.study.classification_id or not code.codable:
            told = _("%(code)s is no code that records of this study may have.")
            raise InvalidInput(told % {"code": code.code})
        known = next((one.side for one in sides.values() if one.code == code), None)
        if known is not None:
            return known, code, ""
    elif cannot_reason not in CannotCodeReason.values:
        raise InvalidInput(_("Choose a code, or say why the record cannot be coded."))
    if not reason:
        raise InvalidInput(_("Say why it is another code than those before you."))
    return side, code, "" if code else cannot_reason


def _take(current: Adjudication, user: User, **changes: Any) -> None:
    """End an open adjudication by compare-and-set."""
    wanted = _open(current.study_id).filter(pk=current.pk)
    changes |= {"holder": None, "leased_until": None}
    if not wanted.filter(leasing.free_for(user)).update(**changes):
        raise Conflict(_(_HELD) if wanted.exists() else _(_GONE))
    for name, value in changes.items():
        setattr(current, name, value)


def _stands(current: Adjudication, within: RoundRecord) -> bool:
    """Whether what was settled is still what the record is."""
    if (current.state, within.state) != (AdjudicationState.SETTLED, RoundRecordState.ADJUDICATED):
        return False
    record = Record.objects.select_for_update(of=("self",)).get(pk=current.record_id)
    if not settling.untouched(within, record):
        return False
    if not within.round.settles:
        return True
    said = (current.decided_by_id, current.decided_at, current.code_id)
    return (record.decided_by_id, record.decided_at, record.final_code_id) == said

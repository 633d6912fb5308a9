"""Putting settled records before people again, and taking records out of a study and back: never for good.

One record is done at once. What a code, a version or an earlier gesture means may be many: a job does these
(:mod:`services.reopen_records`), and all their events have the key of the gesture.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from coding_app.choices import JobKind, Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Event, Job, Record, Reopening, Study
from coding_app.selectors import reopening as selected
from coding_app.selectors.jobs import open_jobs
from coding_app.selectors.reopening import By, Chosen
from coding_app.services import jobs, standing

MAX_WHY: Final = 500


@dataclass(frozen=True, slots=True)
class Done:
    """What a gesture did; the ``left`` records a ``job`` is about to do."""

    gesture: uuid.UUID
    records: int
    left: int
    job: Job | None = None


def reopen(*, study: Study, wanted: Chosen, user: User, why: str = "") -> Done:
    """Send settled records to a person: they wait in the queue, and the decisions on them are taken back.

    They are for people until a person decides them: neither a run nor a routing accepts them again. Records
    in open rounds are left alone. What was said within rounds that have ended stays: it is evidence.

    Raises:
        InvalidInput: when there is nothing to reopen, or ``why`` is too long.
    """
    return _gesture(study, wanted, Verb.RECORD_REOPENED, user, why)


def remove(*, study: Study, wanted: Chosen, user: User, why: str = "") -> Done:
    """Take records out of the study: no list, queue, run, round or export has them until they are restored.

    Raises:
        InvalidInput: when there is nothing to remove, or ``why`` is too long.
    """
    return _gesture(study, wanted, Verb.RECORD_REMOVED, user, why)


@transaction.atomic
def _gesture(study: Study, wanted: Chosen, verb: Verb, user: User, why: str) -> Done:
    why = why.strip()
    if len(why) > MAX_WHY or "\0" in why:
        raise InvalidInput(_("Say in at most %(most)s characters why.") % {"most": MAX_WHY})
    found = meant(study, wanted, verb)
    if wanted.by == By.RECORD:
        gesture = uuid.uuid4()
        records, _last = standing.locked(found, after=0, most=1)
        standing.move(study, records, verb, gesture=gesture, user=user, why=why)
        done = Done(gesture, len(records), 0)
    else:
        done = _start(study, user, found.count(), verb=verb, by=wanted.by, value=wanted.value, why=why)
    if not done.records and not done.left:
        raise InvalidInput(
            _("There is nothing to change: no such record, or it is in an open round, or done already.")
        )
    return done


def meant(study: Study, wanted: Chosen, verb: Verb) -> QuerySet[Record]:
    """The records that reopening or removing what was chosen would change now."""
    if verb == Verb.RECORD_REOPENED:
        return selected.reopenable(study, wanted)
    return selected.removable(study, wanted)


def _start(study: Study, user: User, records: int, **asked: Any) -> Done:
    if not records:
        return Done(uuid.uuid4(), 0, 0)
    job = jobs.create(study=study, kind=JobKind.REOPEN, user=user)
    made = Reopening.objects.create(study=study, job=job, **asked)
    return Done(made.gesture, 0, records, job)


@transaction.atomic
def restore(*, study: Study, record: Record, user: User) -> Done:
    """Bring one removed record back to where it stood.

    Raises:
        Conflict: when it is not removed (any more).
    """
    removals = Event.objects.filter(record=record, study=study, verb=Verb.RECORD_REMOVED)
    gesture = uuid.uuid4()
    if not standing.bring_back(study, removals.order_by("-pk")[:1], gesture=gesture, user=user):
        raise Conflict(_("This record is not removed."))
    return Done(gesture, 1, 0)


@transaction.atomic
def take_back(*, study: Study, gesture: uuid.UUID, user: User) -> Done:
    """Undo a whole reopening or removal; records that went another way meanwhile are left as they are.

    Raises:
        Conflict: when there is no such gesture, it is still at work, or none of its records is as it left
            them.
    """
    if open_jobs(study).filter(reopening__gesture=gesture).exists():
        raise Conflict(_("These records are still being worked on: stop that first, or wait for its end."))
    made = selected.made(study).filter(gesture=gesture)
    if not selected.untouched(made).exists():
        raise Conflict(_("There is nothing to take back: the records went another way meanwhile."))
    return _start(study, user, made.count(), verb=Verb.RECORD_RESTORED, taken_back=gesture)

"""Gestures on records, carried out in this process as a worker would."""

import uuid

from django.contrib.auth.models import User

from coding_app.models import Reopening, Study
from coding_app.selectors.reopening import Chosen
from coding_app.services import reopening
from coding_app.services.reopening import Done
from tests import factories


def carried_out(done: Done) -> Done:
    """What a gesture did in the end; ``left`` records were looked at and left as they were."""
    if done.job is None:
        return done
    factories.do(done.job)
    made = Reopening.objects.get(job=done.job)
    return Done(done.gesture, made.changed, made.looked_at - made.changed)


def reopen(*, study: Study, wanted: Chosen, user: User, why: str = "") -> Done:
    """Before people again."""
    return carried_out(reopening.reopen(study=study, wanted=wanted, user=user, why=why))


def remove(*, study: Study, wanted: Chosen, user: User, why: str = "") -> Done:
    """Out of the study."""
    return carried_out(reopening.remove(study=study, wanted=wanted, user=user, why=why))


def take_back(*, study: Study, gesture: uuid.UUID, user: User) -> Done:
    """A whole gesture undone."""
    return carried_out(reopening.take_back(study=study, gesture=gesture, user=user))

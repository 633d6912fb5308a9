"""The lists behind the numbers of a round."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from coding_app.choices import AdjudicationState, QueueState, RoundRecordState
from coding_app.models import Adjudication, Decision, QueueItem, Round, RoundRecord, Study
from coding_app.models.rounds import OPEN_STATES
from coding_app.selectors import rounds

NO_STRATUM: Final = "\N{EN DASH}"
"""How an address names the stratum of records whose column is empty."""

ANYBODY: Final = "\N{EN DASH}"
"""How an address names the coder of places that are nobody's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list of a round's records is narrowed to; an empty field narrows nothing.

    ``coder`` is a user name, ``decided`` then ``yes`` or ``no``: whether that coder decided the record.
    """

    state: str = ""
    stratum: str = ""
    coder: str = ""
    decided: str = ""


def narrowed(round_: Round, wanted: Wanted) -> QuerySet[RoundRecord]:
    """The round's records in the order of the draw, with record, codes and decisions loaded.

    Of ``adjudications`` only the open one that waits for any supervisor is there.
    """
    waiting = Adjudication.objects.filter(state=AdjudicationState.OPEN, assigned=None)
    found = rounds.records(round_).prefetch_related(
        "decisions__coder", "decisions__code", Prefetch("adjudications", waiting)
    )
    if wanted.state:
        found = found.filter(state=wanted.state if wanted.state in RoundRecordState.values else "")
    if wanted.stratum:
        found = found.filter(stratum="" if wanted.stratum == NO_STRATUM else wanted.stratum)
    if wanted.coder:
        places = QueueItem.objects.filter(round_record=OuterRef("pk"), state=QueueState.OPEN)
        whose = {"assigned": None} if wanted.coder == ANYBODY else {"assigned__username": wanted.coder}
        places = places.filter(**whose)
        decided = Decision.objects.filter(
            round_record=OuterRef("pk"), coder__username=wanted.coder, undone_at=None
        )
        if wanted.decided == "yes":
            found = found.filter(Exists(decided))
        elif wanted.decided == "no":
            found = found.filter(Exists(places))
        else:
            found = found.filter(Exists(places) | Exists(decided))
    return found


def disputed(study: Study) -> int:
    """How many disputed records of a study wait for a supervisor or manager."""
    open_ones = Adjudication.objects.filter(study=study, state=AdjudicationState.OPEN)
    return open_ones.filter(assigned=None).count()


def open_rounds(study: Study) -> QuerySet[Round]:
    """The rounds of a study that are not over, newest first."""
    return rounds.rounds(study).filter(state__in=OPEN_STATES)

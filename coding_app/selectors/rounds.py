"""Rounds as supervisors see them: which there are, how far each coder is, what could be drawn."""

from collections import Counter
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.choices import AdjudicationState, QueueState, RoundRecordState
from coding_app.models import Adjudication, Code, Decision, QueueItem, Round, RoundRecord, Study
from coding_app.round_plans import RoundPlan
from coding_app.selectors import populations


@dataclass(frozen=True, slots=True)
class CoderProgress:
    """One coder's part of a round; ``user`` is ``None`` for what anybody may take."""

    user: User | None
    decided: int
    left: int

    @property
    def given(self) -> int:
        """All that is theirs."""
        return self.decided + self.left


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """How far a round is: records by state, open adjudications, and each coder, by name."""

    records: dict[str, int]
    open_adjudications: int
    coders: list[CoderProgress]

    @property
    def left(self) -> int:
        """Decisions that are still to be made."""
        return sum(one.left for one in self.coders)


def rounds(study: Study) -> QuerySet[Round]:
    """The study's rounds, newest first."""
    return (
        Round.objects.filter(study=study)
        .select_related("job__started_by", "ending__started_by", "created_by")
        .order_by("-number")
    )


def round_of(study: Study, number: int) -> Round:
    """One of them.

    Raises:
        Http404: when the study has none with this number.
    """
    found = rounds(study).filter(number=number).first()
    if found is None:
        raise Http404(_("There is no such round in this study."))
    return found


def population(study: Study, plan: RoundPlan) -> int:
    """How many records such a round could draw from now; 0 where the population names what there is not."""
    if populations.unknown_fields(plan.population):
        return 0
    return populations.drawable(study, plan).order_by().count()


def progress(round_: Round) -> RoundProgress:
    """How far a round is."""
    states = dict.fromkeys(RoundRecordState.values, 0)
    within = RoundRecord.objects.filter(round=round_).order_by().values_list("state")
    states.update(within.annotate(n=Count("pk")))
    made = Decision.objects.filter(round_record__round=round_, undone_at__isnull=True).order_by()
    decided = Counter(dict(made.values_list("coder").annotate(n=Count("pk"))))
    places = QueueItem.objects.filter(round_record__round=round_, state=QueueState.OPEN).order_by()
    left: dict[int | None, int] = dict(places.values_list("assigned").annotate(n=Count("pk")))
    keys = {one["user"] for one in round_.coders} | set(decided) | {key for key in left if key}
    users = User.objects.filter(pk__in=keys).order_by("username")
    coders = [CoderProgress(user, decided[user.pk], left.get(user.pk, 0)) for user in users]
    if None in left:
        coders.append(CoderProgress(None, 0, left[None]))
    disputed = Adjudication.objects.filter(round_record__round=round_, state=AdjudicationState.OPEN)
    return RoundProgress(states, disputed.count(), coders)


def records(round_: Round) -> QuerySet[RoundRecord]:
    """The records of a round in the order of the draw, with their results."""
    found = RoundRecord.objects.filter(round=round_).order_by("position")
    return found.select_related("record", "code", "machine_code", "gold")


def feedback(decision: Decision) -> Code | None:
    """The right code, where the decision is on a gold record whose round tells coders, and says otherwise."""
    if decision.round_record_id is None:
        return None
    within = RoundRecord.objects.select_related("round", "gold").get(pk=decision.round_record_id)
    differs = within.gold is not None and within.gold_id != decision.code_id
    return within.gold if within.round.feedback and differs else None

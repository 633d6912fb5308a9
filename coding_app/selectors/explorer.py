"""The threshold explorer: what a threshold accepts of a study's labelled records, and how often wrongly."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db.models import Count, Q, QuerySet

from coding_app import thresholds
from coding_app.choices import AcceptBy, LabelSource, Outcome
from coding_app.models import Record, Study
from coding_app.routing import Settings
from coding_app.selectors import labels
from coding_app.selectors import routing as routings
from coding_app.selectors.progress import Rate
from coding_app.thresholds import Offered

L = TypeVar("L", bound=Record)

TABLE = (
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97,
    0.98, 0.99, 0.995, 0.999,
)  # fmt: skip
"""The thresholds of the table; 0.80 is the paper's."""
CURVE = tuple(round(step / 200, 3) for step in range(200)) + TABLE[-1:]
"""Those of the curve."""
NOT_ADMITTED = -1.0
"""Stands for the probability of a record that a rule other than the threshold sends to a person."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A labelled record: its first suggestion's probability, and whether that is the label.

    ``admitted``: every rule but the threshold lets the machine accept it.
    """

    key: int
    probability: float
    right: bool
    admitted: bool
    stratum: str

    def accepted(self, threshold: float) -> bool:
        """Whether the machine would accept it at this threshold."""
        return self.admitted and self.probability >= threshold


@dataclass(frozen=True, slots=True)
class Sample:
    """The labelled records that a threshold can be judged by, and why others cannot.

    Of ``labelled`` records, ``unscored`` have no probability (not coded yet, or set aside), ``elsewhere``
    have one of another version of the model or of what stood in for it, and the text of ``learnt`` is one
    the model learnt from. For ``unknown`` of the records that are in, the model does not say.
    """

    seen: tuple[Seen, ...]
    labelled: int
    unscored: int
    elsewhere: int
    learnt: int
    unknown: int

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.seen)

    @property
    def not_admitted(self) -> int:
        """Records that go to a person whatever the threshold."""
        return sum(not one.admitted for one in self.seen)


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold accepts ``of`` a sample."""

    threshold: float
    accepted: int
    wrong: int
    of: int

    @property
    def accuracy(self) -> Rate:
        """Right ones among the accepted."""
        return Rate(self.accepted - self.wrong, self.accepted)

    @property
    def error(self) -> Rate:
        """Wrong ones among the accepted."""
        return Rate(self.wrong, self.accepted)

    @property
    def coverage(self) -> Rate:
        """Accepted ones among all."""
        return Rate(self.accepted, self.of)


@dataclass(frozen=True, slots=True)
class Measured:
    """Keys of the labelled records that settings would accept, and of those accepted with another code."""

    of: int
    left_out: int
    accepted: tuple[int, ...]
    wrong: tuple[int, ...]

    @property
    def error(self) -> Rate:
        """Wrong ones among the accepted."""
        return Rate(len(self.wrong), len(self.accepted))


def sample(
    study: Study, source: LabelSource, settings: Settings, *, other_rules: bool = True, column: str = ""
) -> Sample:
    """The labelled records that the study's current model scored and did not learn from.

    ``settings`` are the rules beside the threshold, heeded with ``other_rules``. ``column`` is an original
    column to tell strata by.

    Raises:
        InvalidInput: for rules that the study cannot have.
    """
    counts = _counts(study, source)
    scored = list(_with_answers(_seen(study, labels.labelled(study, source))).iterator(chunk_size=2000))
    right = {
        record.pk: made.best.code == record.label
        for record in scored
        if (made := record.suggestion_set) is not None and made.best is not None
    }
    admitted = _admitted(study, settings, scored) if other_rules else set(right)
    seen = tuple(
        Seen(
            record.pk,
            record.suggestion_set.probability,
            right[record.pk],
            record.pk in admitted,
            _value(record, column),
        )
        for record in scored
        if record.suggestion_set is not None and record.suggestion_set.probability is not None
    )
    return Sample(seen, **counts)


_SCORED = Q(suggestion_set__probability__isnull=False, suggestion_set__best__isnull=False)


def _by_current(study: Study) -> Q:
    """Records that the study's current model itself scored."""
    run = {"model_version": study.model_version_id, "fallback": ""}
    return _SCORED & Q(**{f"suggestion_set__run__{name}": value for name, value in run.items()})


def _counts(study: Study, source: LabelSource) -> dict[str, int]:
    """The counts of a :class:`Sample`, by the database: most labelled records may be unable to judge."""
    ours = _by_current(study)
    counted = labels.labelled(study, source).aggregate(
        labelled=Count("pk"),
        scored=Count("pk", filter=_SCORED),
        ours=Count("pk", filter=ours),
        learnt=Count("pk", filter=ours & Q(suggestion_set__learnt=True)),
        unknown=Count("pk", filter=ours & Q(suggestion_set__learnt__isnull=True)),
    )
    return {
        "labelled": counted["labelled"],
        "unscored": counted["labelled"] - counted["scored"],
        "elsewhere": counted["scored"] - counted["ours"],
        "learnt": counted["learnt"],
        "unknown": counted["unknown"],
    }


def _seen(study: Study, found: QuerySet[L]) -> QuerySet[L]:
    """Those that can judge a threshold: scored by the current model, which did not learn from their text."""
    return found.filter(_by_current(study)).exclude(suggestion_set__learnt=True)


def _answered(found: QuerySet[L]) -> QuerySet[L]:
    """Those whose words the machine looked at."""
    answered = found.filter(suggestion_set__isnull=False)
    return answered.exclude(suggestion_set__outcome__in=[Outcome.CHILD, Outcome.UNKNOWN])


def _with_answers(found: QuerySet[L]) -> QuerySet[L]:
    """With what the rules look at, and no more."""
    return found.select_related(None).select_related("source", "suggestion_set__best").only(
        "values", "occupation", "industry", "source__header", "suggestion_set__best__code",
        *(f"suggestion_set__{name}" for name in ("code", "model_code", "probability", "margin")),
    )  # fmt: skip


def _admitted(study: Study, settings: Settings, records: Iterable[Record]) -> set[int]:
    """Keys of the records that the machine would accept if there were no threshold and no audit."""
    open_wide = replace(settings, accept_by=AcceptBy.PROBABILITY, threshold=0.0, audit_share=0.0)
    rules = routings.rules(study, open_wide)
    return {record.pk for record, facts in routings.facts(study, records, rules) if rules.apply(facts)[0]}


def _value(record: Record, column: str) -> str:
    header = record.source.header
    return str(record.values[header.index(column)]).strip() if column and column in header else ""


def points(found: Sample, wanted: Iterable[float]) -> list[Point]:
    """One point a threshold, lowest first."""
    return [_point(threshold, found.seen) for threshold in sorted(set(wanted))]


def _point(threshold: float, seen: Iterable[Seen]) -> Point:
    everyone = list(seen)
    taken = [one for one in everyone if one.accepted(threshold)]
    return Point(threshold, len(taken), sum(not one.right for one in taken), len(everyone))


def strata(found: Sample, threshold: float) -> list[tuple[str, Point]]:
    """What the threshold does in each stratum, the largest stratum first."""
    groups: dict[str, list[Seen]] = {}
    for one in found.seen:
        groups.setdefault(one.stratum, []).append(one)
    order = sorted(groups, key=lambda value: (-len(groups[value]), value))
    return [(value, _point(threshold, groups[value])) for value in order]


def offer(found: Sample, *, max_error: float, confidence: float) -> Offered | None:
    """The lowest threshold that the sample vouches for; ``None`` without a sample.

    Raises:
        InvalidInput: for bounds that are no shares between 0 and 1.
    """
    if not found.seen:
        return None
    return thresholds.offered(
        [one.probability if one.admitted else NOT_ADMITTED for one in found.seen],
        [one.right for one in found.seen],
        max_error=max_error,
        confidence=confidence,
    )


def measured(study: Study, source: LabelSource, settings: Settings) -> Measured:
    """What the settings would accept of the labelled records, whatever they accept by; the audit is left out.

    By probability only records that :func:`sample` keeps tell anything; the others are ``left_out``.

    Raises:
        InvalidInput: for rules that the study cannot have.
    """
    rules = routings.rules(study, replace(settings, audit_share=0.0))
    by_probability = settings.accept_by == AcceptBy.PROBABILITY
    found = labels.labelled(study, source)
    judging = _seen(study, found) if by_probability else _answered(found)
    usable = list(_with_answers(judging).iterator(chunk_size=2000))
    label_of = {record.pk: record.label for record in usable}
    accepted, wrong = [], []
    for record, facts in routings.facts(study, usable, rules):
        if rules.apply(facts)[0]:
            accepted.append(record.pk)
            if rules.taken(facts) != label_of[record.pk]:
                wrong.append(record.pk)
    return Measured(len(usable), found.count() - len(usable), tuple(accepted), tuple(wrong))


def keys(found: Sample, threshold: float, *, wrong: bool = False, stratum: str | None = None) -> list[int]:
    """The records that the threshold accepts (only wrong ones, only those of a stratum), by key."""
    return sorted(one.key for one in _taken(found, threshold, wrong=wrong, stratum=stratum))


def _taken(found: Sample, threshold: float, *, wrong: bool, stratum: str | None) -> Iterator[Seen]:
    for one in found.seen:
        if not one.accepted(threshold) or (wrong and one.right):
            continue
        if stratum is None or one.stratum == stratum:
            yield one

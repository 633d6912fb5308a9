"""What a round may draw from, and which records of it a seed draws."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform

from coding_app.choices import LabelSource, Outcome, RecordStatus, RoundKind, Selection
from coding_app.models import Import, Record, RoundRecord, Study
from coding_app.models.rounds import OPEN_RECORD_STATES
from coding_app.round_plans import RoundPlan
from coding_app.sampling import allocate, rank
from coding_app.selectors import labels
from coding_app.selectors.records import RecordFilter, records

_NEVER: Final = (RecordStatus.DISPUTED, RecordStatus.REMOVED)
_SET_ASIDE: Final = (Outcome.CHILD, Outcome.UNKNOWN)
_WITH_GOLD: Final = (RecordStatus.ACCEPTED, RecordStatus.DECIDED)


class Candidate(NamedTuple):
    """A record that may be drawn; the lowest is drawn first, whatever its stratum."""

    first: float
    rank: int
    key: int
    stratum: str


class Stratum(NamedTuple):
    """A stratum with its records in the population, and how many of them are drawn."""

    name: str
    population: int
    drawn: int


def held_by_rounds() -> Exists:
    """Condition on records: a round has them, so that coding runs, routing and the study's queue do not.

    Gold records are not held: what their coders say changes nothing.
    """
    within = RoundRecord.objects.filter(record=OuterRef("pk"), state__in=OPEN_RECORD_STATES)
    return Exists(within.exclude(round__kind=RoundKind.GOLD))


def held_keys(keys: Iterable[int]) -> set[int]:
    """Which of these records a round has. Ask it once they are locked: a draw locks them, too."""
    held = RoundRecord.objects.filter(record__in=list(keys), state__in=OPEN_RECORD_STATES)
    return set(held.exclude(round__kind=RoundKind.GOLD).values_list("record_id", flat=True))


def filter_of(population: Mapping[str, str]) -> RecordFilter:
    """The filter that a plan's population means.

    Raises:
        TypeError: when it names a field that there is not.
    """
    return RecordFilter(**population)


def unknown_fields(population: Mapping[str, str]) -> list[str]:
    """What a population names that no filter has."""
    known = {field.name for field in fields(RecordFilter)}
    return [name for name in population if name not in known]


def drawable(study: Study, plan: RoundPlan) -> QuerySet[Record]:
    """The records that a round of this plan may draw now, by key.

    Never those before an adjudicator, removed, or in another round; set-aside ones (children, unknown) only
    where the population asks for their status or outcome, and never for an evaluation, which takes what the
    machine coded where the population names neither (Ossiander & Milham, page 5). Gold records are accepted
    or decided ones with a code that is taken as right.
    """
    wanted = filter_of(plan.population)
    inside = records(study, wanted).order_by()
    found = Record.objects.filter(study=study).exclude(status__in=_NEVER)
    if not wanted.is_empty:
        found = found.filter(pk__in=inside.values("pk"))
    if not (wanted.status or wanted.outcome):
        found = found.exclude(status=RecordStatus.SET_ASIDE)
    if plan.kind == RoundKind.EVALUATION:
        found = found.filter(suggestion_set__best__isnull=False)
        found = found.exclude(suggestion_set__outcome__in=_SET_ASIDE)
        if not (wanted.status or wanted.outcome):
            by_machine = Q(suggestion_set__outcome=Outcome.CODED) | Q(status=RecordStatus.ACCEPTED)
            found = found.filter(by_machine)
    if plan.kind == RoundKind.GOLD:
        known = labels.labelled(study, LabelSource.BOTH).order_by()
        found = found.filter(status__in=_WITH_GOLD, pk__in=known.values("pk"))
    busy = RoundRecord.objects.filter(record=OuterRef("pk"), state__in=OPEN_RECORD_STATES)
    return found.filter(~Exists(busy)).order_by("pk")


def gold_codes(study: Study, keys: Iterable[int]) -> dict[int, str]:
    """The code that is taken as right, of each of these records that has one."""
    found = labels.labelled(study, LabelSource.BOTH).filter(pk__in=list(keys))
    return dict(found.values_list("pk", "label"))


def candidates(study: Study, plan: RoundPlan) -> Iterator[Candidate]:
    """Every record that may be drawn, in no order of its own."""
    found = drawable(study, plan).order_by()
    seed = plan.seed or 0
    if plan.selection == Selection.STRATIFIED:
        for upload in Import.objects.filter(study=study).order_by("pk"):
            there = plan.stratum_column in upload.header
            at = str(upload.header.index(plan.stratum_column)) if there else ""
            value = KeyTextTransform(at, "values") if there else Value("")
            rows = found.filter(source=upload).annotate(stratum=value)
            for key, name, stratum in rows.values_list("pk", "external_id", "stratum").iterator():
                yield Candidate(0.0, rank(seed, name), key, (stratum or "").strip()[:200])
        return
    unsure = plan.selection == Selection.UNSURE
    in_order = plan.selection == Selection.ALL
    for key, name, probability in found.values_list(
        "pk", "external_id", "suggestion_set__probability"
    ).iterator():
        # No probability at all is the least sure.
        first = (-1.0 if probability is None else probability) if unsure else 0.0
        yield Candidate(first, 0 if in_order else rank(seed, name), key, "")


def lowest(study: Study, plan: RoundPlan, wanted: Mapping[str, int]) -> list[Candidate]:
    """The first so many candidates of each stratum, in the order of the draw.

    The population is read once and never held: at most twice what is wanted is.
    """
    kept: dict[str, list[Candidate]] = {name: [] for name, most in wanted.items() if most > 0}
    for one in candidates(study, plan):
        part = kept.get(one.stratum)
        if part is None:
            continue
        part.append(one)
        if len(part) > 2 * wanted[one.stratum]:
            part.sort()
            del part[wanted[one.stratum] :]
    return sorted(one for name, part in kept.items() for one in sorted(part)[: wanted[name]])


def strata(study: Study, plan: RoundPlan) -> list[Stratum]:
    """What a draw would take of each stratum now; of a simple sample there is one, without a name."""
    if plan.selection == Selection.STRATIFIED:
        sizes = Counter(one.stratum for one in candidates(study, plan))
    else:
        sizes = Counter({"": drawable(study, plan).order_by().count()})
    wanted = sizes.total() if plan.size is None else plan.size
    parts = allocate(dict(sorted(sizes.items())), wanted, equal=plan.equal_strata)
    return [Stratum(name, sizes[name], part) for name, part in parts.items()]

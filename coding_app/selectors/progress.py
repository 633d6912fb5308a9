"""How far a study is: every number is a count of records, and names the filter that lists them."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, F

from coding_app.choices import Outcome, RecordStatus
from coding_app.models import Record, Study
from coding_app.selectors.records import FINAL_STATUSES
from dictionary.statistics import wilson


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of records with its Wilson 95 % interval; all three are ``None`` when ``n`` is 0."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        """The share, between 0 and 1."""
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its Wilson 95 % interval."""
        return wilson(self.k, self.n) if self.n else None


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a study's records, removed ones left out.

    ``tables`` maps general and special tables to the records they coded; ``routes`` are those that the
    machine accepted, by how; ``waiting_by`` those that wait, by the rule that sent them to a person; routes
    and rules without a record are left out.
    """

    statuses: dict[str, int]
    outcomes: dict[str, int]
    tables: dict[str, int]
    accuracy: Rate
    routes: dict[str, int]
    waiting_by: dict[str, int]

    @property
    def total(self) -> int:
        """All records."""
        return sum(self.statuses.values())

    @property
    def set_aside(self) -> int:
        """Children and unknowns."""
        return self.outcomes[Outcome.CHILD] + self.outcomes[Outcome.UNKNOWN]

    @property
    def answered(self) -> int:
        """Records the machine has looked at."""
        return sum(self.outcomes.values())

    @property
    def production(self) -> Rate:
        """Machine-coded records among those that name an occupation (set-aside ones left out)."""
        return Rate(self.outcomes[Outcome.CODED], self.answered - self.set_aside)

    @property
    def production_with_set_aside(self) -> Rate:
        """The same counting set-aside records as coded: what the paper's 96-97 % is."""
        return Rate(self.outcomes[Outcome.CODED] + self.set_aside, self.answered)

    @property
    def waiting(self) -> int:
        """Records a person has to decide."""
        return self.statuses[RecordStatus.WAITING]

    @property
    def final(self) -> int:
        """Records that need nothing more."""
        return sum(self.statuses[status] for status in FINAL_STATUSES)


def progress(study: Study) -> Progress:
    """Count a study's records in two grouped queries, and compare with codes known beforehand in a third."""
    records = Record.objects.filter(study=study).exclude(status=RecordStatus.REMOVED)
    statuses = dict.fromkeys(RecordStatus.values, 0)
    routes: Counter[str] = Counter()
    waiting_by: Counter[str] = Counter()
    standing = records.values_list("status", "route", "rule").annotate(n=Count("pk")).order_by()
    for status, route, rule, count in standing:
        statuses[status] += count
        if status == RecordStatus.ACCEPTED:
            routes[route] += count
        elif status == RecordStatus.WAITING:
            waiting_by[rule] += count
    outcomes = dict.fromkeys(Outcome.values, 0)
    tables: dict[str, int] = {}
    grouped = (
        records.exclude(suggestion_set=None)
        .values_list("suggestion_set__outcome", "suggestion_set__table")
        .annotate(n=Count("pk"))
        .order_by("suggestion_set__table")
    )
    for outcome, table, count in grouped:
        outcomes[outcome] += count
        if outcome == Outcome.CODED:
            tables[table] = tables.get(table, 0) + count
    known = records.filter(suggestion_set__outcome=Outcome.CODED).exclude(reference_code="")
    right = known.filter(reference_code=F("suggestion_set__code__code")).count()
    return Progress(statuses, outcomes, tables, Rate(right, known.count()), dict(routes), dict(waiting_by))

"""The way of a study's records in numbers: what came in, what became of it, and what share is coded."""

from dataclasses import dataclass

from django.db.models import Count

from coding_app.choices import Outcome, RecordStatus, Route
from coding_app.models import ImportIssue, Record, Study
from coding_app.models.rounds import RoundRecord
from coding_app.selectors.progress import Progress, Rate, progress


@dataclass(frozen=True, slots=True)
class Flow:
    """Counts of records. ``unread`` are rows of files that became none (the imports' issues say why).

    ``by_route`` are records with a final code by how they got it. Removed records count nowhere else.
    """

    unread: int
    removed: int
    progress: Progress
    by_route: dict[str, int]
    drawn: int

    @property
    def records(self) -> int:
        """Records of the study, removed ones left out."""
        return self.progress.total

    @property
    def final(self) -> int:
        """Records with a final code."""
        return sum(self.by_route.values())

    @property
    def by_machine(self) -> int:
        """Of those, what the machine gave without a person."""
        return sum(self.by_route.get(route, 0) for route in (Route.DICTIONARY, Route.MODEL, Route.BOTH))

    @property
    def occupational(self) -> int:
        """Records that were not set aside as children or blanks."""
        return self.records - self.progress.statuses[RecordStatus.SET_ASIDE]

    @property
    def coverage(self) -> Rate:
        """Records with a final code among those not set aside."""
        return Rate(self.final, self.occupational)

    @property
    def coverage_with_set_aside(self) -> Rate:
        """Records with a final code among all of them."""
        return Rate(self.final, self.records)

    @property
    def machine_coverage(self) -> Rate:
        """Records with a machine's final code among those not set aside."""
        return Rate(self.by_machine, self.occupational)

    @property
    def machine_coverage_with_set_aside(self) -> Rate:
        """Records with a machine's final code among all of them."""
        return Rate(self.by_machine, self.records)


def flow(study: Study) -> Flow:
    """Count a study's records on their way."""
    records = Record.objects.filter(study=study)
    coded = records.filter(final_code__isnull=False).values_list("route").annotate(n=Count("pk")).order_by()
    unread = ImportIssue.objects.filter(import_file__study=study).exclude(kind="bad_age").count()
    drawn = RoundRecord.objects.filter(round__study=study).values("record").distinct().count()
    return Flow(
        unread=unread,
        removed=records.filter(status=RecordStatus.REMOVED).count(),
        progress=progress(study),
        by_route=dict(coded),
        drawn=drawn,
    )


def lines(found: Flow) -> list[tuple[str, int]]:
    """The counts by name, in the order of the way."""
    statuses, outcomes = found.progress.statuses, found.progress.outcomes
    return [
        ("rows_that_became_no_record", found.unread),
        ("removed", found.removed),
        ("records", found.records),
        ("not_coded_yet", statuses[RecordStatus.IMPORTED]),
        ("set_aside_children", outcomes[Outcome.CHILD]),
        ("set_aside_unknown_or_blank", outcomes[Outcome.UNKNOWN]),
        ("dictionary_coded", outcomes[Outcome.CODED]),
        ("dictionary_tied", outcomes[Outcome.TIE]),
        ("dictionary_not_matched", outcomes[Outcome.NO_MATCH]),
        ("accepted_by_machine", statuses[RecordStatus.ACCEPTED]),
        ("waiting_for_a_person", statuses[RecordStatus.WAITING]),
        ("disputed", statuses[RecordStatus.DISPUTED]),
        ("decided_by_people", statuses[RecordStatus.DECIDED]),
        *((f"decided_by_route_{route}", count) for route, count in sorted(found.by_route.items())),
        ("cannot_be_coded", statuses[RecordStatus.CANNOT_CODE]),
        ("drawn_into_rounds", found.drawn),
        ("with_a_final_code", found.final),
    ]


def coverages(found: Flow) -> list[tuple[str, Rate]]:
    """Shares that are coded, with and without the records that were set aside."""
    return [
        ("final_code_without_set_aside", found.coverage),
        ("final_code_with_set_aside", found.coverage_with_set_aside),
        ("final_code_of_machine_without_set_aside", found.machine_coverage),
        ("final_code_of_machine_with_set_aside", found.machine_coverage_with_set_aside),
        ("dictionary_coded_without_set_aside", found.progress.production),
        ("dictionary_coded_or_set_aside", found.progress.production_with_set_aside),
    ]

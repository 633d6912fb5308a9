"""The coded data set, row by row: every original column, then what was decided, by whom and why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef

from coding_app.models import Code, Decision, Import, Record, Run, Study, Suggestion

CHUNK = 2000
PREFIX = "tiebreak_"
OWN = (
    "status",
    "final_code",
    "final_title",
    "classification",
    "route",
    "dictionary_version",
    "outcome",
    "table",
    "priority",
    "decided_by_rule",
    "candidates",
    "standardised_text",
    "decided_by",
    "decided_at",
    "reason",
    "note",
)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of an export: ``originals`` of all imports together, then our own.

    ``places`` maps an import to the position of each of its columns in the export; ``last`` is the key of the
    newest record that these columns are known to hold for.
    """

    originals: tuple[str, ...]
    own: tuple[str, ...]
    places: dict[int, tuple[int, ...]]
    last: int

    @property
    def names(self) -> list[str]:
        """All column names, in order."""
        return [*self.originals, *self.own]


def header(study: Study) -> Header:
    """Columns of the same name in several imports share a place; a name twice in one file has two places."""
    last = Record.objects.filter(study=study).aggregate(last=Max("pk"))["last"] or 0
    originals: list[str] = []
    places: dict[int, tuple[int, ...]] = {}
    with_records = Exists(Record.objects.filter(source=OuterRef("pk")))
    for upload in Import.objects.filter(with_records, study=study).order_by("pk"):
        taken: set[int] = set()
        for name in upload.header:
            free = (at for at, known in enumerate(originals) if known == name and at not in taken)
            at = next(free, len(originals))
            if at == len(originals):
                originals.append(name)
            taken.add(at)
            places[upload.pk] = (*places.get(upload.pk, ()), at)
    prefix = PREFIX
    while any(name.startswith(prefix) for name in originals):
        prefix = f"_{prefix}"
    return Header(tuple(originals), tuple(prefix + name for name in OWN), places, last)


def rows(study: Study, columns: Header) -> Iterator[list[str | None]]:
    """One row a record, in order of import, every cell as text; ``None`` where there is nothing to say.

    Records that came in after ``columns`` were made are left out: their columns may not be among them.
    """
    codes = {
        pk: (code, title)
        for pk, code, title in Code.objects.filter(classification=study.classification).values_list(
            "pk", "code", "title"
        )
    }
    versions = {
        run.pk: str(run.dictionary_version)
        for run in Run.objects.filter(study=study).select_related("dictionary_version__dictionary")
    }
    classification = str(study.classification)
    after = 0
    while chunk := _chunk(study, after, columns.last):
        candidates = _candidates([one.set_id for one in chunk if one.set_id is not None], codes)
        told = _told([one.pk for one in chunk if one.decided_by is not None])
        for one in chunk:
            cells: list[str | None] = [None] * len(columns.originals)
            for at, value in zip(columns.places[one.source_id], one.values, strict=True):
                cells[at] = value
            code, title = codes[one.final_code_id] if one.final_code_id else (None, None)
            cells += (
                one.status,
                code,
                title,
                classification,
                one.route or None,
                versions[one.run_id] if one.run_id else None,
                one.outcome,
                one.table or None,
                None if one.priority is None else str(one.priority),
                one.rule or None,
                json.dumps(candidates.get(one.set_id, ()), ensure_ascii=False),
                one.standardised,
                one.decided_by or ("machine" if one.route else None),
                one.decided_at.isoformat() if one.decided_at else None,
                *told.get(one.pk, (None, None)),
            )
            yield cells
        after = chunk[-1].pk


class _Row(NamedTuple):
    """What is read of a record and its latest suggestion set; model instances would take far longer."""

    pk: int
    source_id: int
    values: list[str]
    status: str
    final_code_id: int | None
    route: str
    standardised: str
    decided_by: str | None
    decided_at: datetime | None
    set_id: int | None
    run_id: int | None
    outcome: str | None
    table: str | None
    priority: int | None
    rule: str | None


def _chunk(study: Study, after: int, last: int) -> list[_Row]:
    found = (
        Record.objects.filter(study=study, pk__gt=after, pk__lte=last)
        .order_by("pk")
        .values_list(
            "pk",
            "source_id",
            "values",
            "status",
            "final_code_id",
            "route",
            "standardised",
            "decided_by__username",
            "decided_at",
            "suggestion_set_id",
            "suggestion_set__run_id",
            "suggestion_set__outcome",
            "suggestion_set__table",
            "suggestion_set__priority",
            "suggestion_set__decided_by",
        )
    )
    return [_Row(*row) for row in found[:CHUNK]]


def _candidates(
    sets: list[int], codes: dict[int, tuple[str, str]]
) -> dict[int | None, list[dict[str, object]]]:
    """The candidates of each suggestion set, best first."""
    found: dict[int | None, list[dict[str, object]]] = {}
    for set_id, rank, code_id, source, priority, reason in (
        Suggestion.objects.filter(suggestion_set__in=sets)
        .order_by("suggestion_set", "rank")
        .values_list("suggestion_set_id", "rank", "code_id", "source", "priority", "reason")
    ):
        said = {"rank": rank, "code": codes[code_id][0], "source": source, "priority": priority, **reason}
        found.setdefault(set_id, []).append(said)
    return found


def _told(records: list[int]) -> dict[int, tuple[str | None, str | None]]:
    """Reason and note of the standing decision of each record."""
    standing = Decision.objects.filter(record__in=records, undone_at__isnull=True)
    return {
        pk: (reason or None, note or None)
        for pk, reason, note in standing.values_list("record_id", "reason", "note")
    }

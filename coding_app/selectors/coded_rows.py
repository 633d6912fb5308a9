"""The coded data set, row by row: every original column, then what was decided, by whom and why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Prefetch

from coding_app.models import Code, Import, Record, Run, Study, Suggestion

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

    ``places`` maps an import to the position of each of its columns in the export.
    """

    originals: tuple[str, ...]
    own: tuple[str, ...]
    places: dict[int, tuple[int, ...]]

    @property
    def names(self) -> list[str]:
        """All column names, in order."""
        return [*self.originals, *self.own]


def header(study: Study) -> Header:
    """Columns of the same name in several imports share a place; a name twice in one file has two places."""
    originals: list[str] = []
    places: dict[int, tuple[int, ...]] = {}
    for upload in Import.objects.filter(study=study, records__isnull=False).distinct().order_by("pk"):
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
    return Header(tuple(originals), tuple(prefix + name for name in OWN), places)


def rows(study: Study, columns: Header) -> Iterator[list[str | None]]:
    """One row a record, in order of import, every cell as text; ``None`` where there is nothing to say."""
    titles = dict(Code.objects.filter(classification=study.classification).values_list("pk", "title"))
    codes = dict(Code.objects.filter(classification=study.classification).values_list("pk", "code"))
    versions = {
        run.pk: str(run.dictionary_version)
        for run in Run.objects.filter(study=study).select_related("dictionary_version__dictionary")
    }
    coders = {
        user.pk: user.get_username()
        for user in User.objects.filter(decisions__record__study=study).distinct()
    }
    after = 0
    while chunk := _chunk(study, after):
        for record in chunk:
            original: list[str | None] = [None] * len(columns.originals)
            for at, value in zip(columns.places[record.source_id], record.values, strict=True):
                original[at] = value
            yield original + _own(record, str(study.classification), codes, titles, versions, coders)
        after = chunk[-1].pk


def _chunk(study: Study, after: int) -> list[Record]:
    suggestions = Prefetch("suggestion_set__suggestions", Suggestion.objects.order_by("rank"))
    found = (
        Record.objects.filter(study=study, pk__gt=after)
        .select_related("suggestion_set")
        .prefetch_related(suggestions, "decisions")
        .order_by("pk")
    )
    return list(found[:CHUNK])


def _own(
    record: Record,
    classification: str,
    codes: dict[int, str],
    titles: dict[int, str],
    versions: dict[int, str],
    coders: dict[int, str],
) -> list[str | None]:
    made = record.suggestion_set
    decision = next((one for one in record.decisions.all() if one.undone_at is None), None)
    candidates = [
        {
            "rank": one.rank,
            "code": codes[one.code_id],
            "source": one.source,
            "priority": one.priority,
            **one.reason,
        }
        for one in (made.suggestions.all() if made else ())
    ]
    return [
        record.status,
        codes[record.final_code_id] if record.final_code_id else None,
        titles[record.final_code_id] if record.final_code_id else None,
        classification,
        record.route or None,
        versions[made.run_id] if made else None,
        made.outcome if made else None,
        (made.table or None) if made else None,
        str(made.priority) if made and made.priority is not None else None,
        (made.decided_by or None) if made else None,
        json.dumps(candidates, ensure_ascii=False),
        record.standardised,
        coders[record.decided_by_id] if record.decided_by_id else ("machine" if record.route else None),
        record.decided_at.isoformat() if record.decided_at else None,
        (decision.reason or None) if decision else None,
        (decision.note or None) if decision else None,
    ]

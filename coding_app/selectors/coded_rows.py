"""The coded data set, row by row: every original column, then what was decided, by whom and why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef

from coding_app.choices import AcceptBy, RecordStatus
from coding_app.models import Code, Import, Record, Routing, Run, Study, Suggestion
from coding_app.selectors import decided_cells

CHUNK = 2000
PREFIX = "tiebreak_"
SHOWN = 5  # suggestions with columns of their own
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
    "rule",
    "routing",
    "threshold",
    "model_version",
    "model_fallback",
    *(f"{name}_{rank}" for rank in range(1, SHOWN + 1) for name in ("code", "prob")),
    "final_parents",
)
"""In this order; new ones come last, and none changes its meaning. Those of ``decided_cells`` follow."""


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
    decided: decided_cells.Extent
    prefix: str

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
    decided = decided_cells.extent(study)
    own = tuple(prefix + name for name in (*OWN, *decided.names))
    return Header(tuple(originals), own, places, last, decided, prefix)


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
    parents = _parents(study)
    runs, routings, hidden = _Runs(), _Routings(), decided_cells.Pseudonyms(study)
    nobody = decided_cells.Told(None, None, (None,) * len(columns.decided.names))
    classification = str(study.classification)
    after = 0
    while chunk := _chunk(study, after, columns.last):
        suggested = _suggested([one.set_id for one in chunk if one.set_id is not None], codes)
        told = decided_cells.told(study, (chunk[0].pk, chunk[-1].pk), columns.decided, codes, hidden)
        for one in chunk:
            cells: list[str | None] = [None] * len(columns.originals)
            for at, value in zip(columns.places[one.source_id], one.values, strict=True):
                cells[at] = value
            code, title = codes[one.final_code_id] if one.final_code_id else (None, None)
            engines = runs[one.run_id] if one.run_id else _NO_ENGINES
            candidates = suggested.get(one.set_id, [])
            said = told.get(one.pk, nobody)
            cells += (
                one.status,
                code,
                title,
                classification,
                one.route or None,
                engines.dictionary,
                one.outcome,
                one.table or None,
                None if one.priority is None else str(one.priority),
                one.decided_by_rule or None,
                json.dumps([said for _, said in candidates], ensure_ascii=False),
                one.standardised,
                hidden[one.decided_by] if one.decided_by else ("machine" if one.route else None),
                one.decided_at.isoformat() if one.decided_at else None,
                said.reason,
                said.note,
                one.rule or None,
                *(routings[one.routing_id] if one.routing_id else _NO_ROUTING),
                engines.model,
                engines.fallback,
                *_five(candidates),
                parents.get(one.final_code_id) or None,
                *said.cells,
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
    decided_by: int | None
    decided_at: datetime | None
    set_id: int | None
    run_id: int | None
    outcome: str | None
    table: str | None
    priority: int | None
    decided_by_rule: str | None
    rule: str
    routing_id: int | None


def _chunk(study: Study, after: int, last: int) -> list[_Row]:
    found = (
        Record.objects.filter(study=study, pk__gt=after, pk__lte=last)
        .exclude(status=RecordStatus.REMOVED)
        .order_by("pk")
        .values_list(
            "pk",
            "source_id",
            "values",
            "status",
            "final_code_id",
            "route",
            "standardised",
            "decided_by_id",
            "decided_at",
            "suggestion_set_id",
            "suggestion_set__run_id",
            "suggestion_set__outcome",
            "suggestion_set__table",
            "suggestion_set__priority",
            "suggestion_set__decided_by",
            "rule",
            "routing_id",
        )
    )
    return [_Row(*row) for row in found[:CHUNK]]


class _Engines(NamedTuple):
    """What coded in a run, as the export names it."""

    dictionary: str | None
    model: str | None
    fallback: str | None


_NO_ENGINES = _Engines(None, None, None)


class _Runs(dict[int, _Engines]):
    """Runs by key, read as they are met: one may begin while the export is written."""

    def __missing__(self, key: int) -> _Engines:
        found = Run.objects.select_related("dictionary_version__dictionary", "model_version").get(pk=key)
        self[key] = _Engines(
            str(found.dictionary_version) if found.dictionary_version else None,
            str(found.model_version.number) if found.model_version else None,
            found.fallback or None,
        )
        return self[key]


class _Routings(dict[int, tuple[str | None, str | None]]):
    """Number and, where it has one, threshold of routings by key, read as they are met."""

    def __missing__(self, key: int) -> tuple[str | None, str | None]:
        found = Routing.objects.get(pk=key)
        by_probability = found.accept_by == AcceptBy.PROBABILITY
        self[key] = (str(found.number), str(found.threshold) if by_probability else None)
        return self[key]


_NO_ROUTING = (None, None)

_Said = tuple[float | None, dict[str, object]]
"""A suggestion's probability, and all that is said of it."""


def _suggested(sets: list[int], codes: dict[int, tuple[str, str]]) -> dict[int | None, list[_Said]]:
    """The suggestions of each set, best first."""
    found: dict[int | None, list[_Said]] = {}
    for set_id, rank, code_id, source, priority, probability, reason in (
        Suggestion.objects.filter(suggestion_set__in=sets)
        .order_by("suggestion_set", "rank")
        .values_list("suggestion_set_id", "rank", "code_id", "source", "priority", "probability", "reason")
    ):
        said = {"rank": rank, "code": codes[code_id][0], "source": source, "priority": priority, **reason}
        if probability is not None:
            said["probability"] = probability
        found.setdefault(set_id, []).append((probability, said))
    return found


def _five(candidates: list[_Said]) -> Iterator[str | None]:
    """Code and probability of each suggestion in turn, for five."""
    for probability, said in candidates[:SHOWN]:
        yield str(said["code"])
        yield None if probability is None else f"{probability:.6f}"
    yield from [None] * 2 * (SHOWN - len(candidates[:SHOWN]))


def _parents(study: Study) -> dict[int | None, str]:
    """What lies above each code, the top first: codes with titles, ``1 Managers | 11 Officials``."""
    found = Code.objects.filter(classification=study.classification_id)
    rows = {
        pk: (parent, f"{code} {title}")
        for pk, parent, code, title in found.values_list("pk", "parent_id", "code", "title")
    }
    above: dict[int | None, str] = {}
    for pk, (parent, _own) in rows.items():
        names: list[str] = []
        while parent is not None:
            parent, name = rows[parent]
            names.insert(0, name)
        above[pk] = " | ".join(names)
    return above

"""What a coder narrows the study's queue to, and the order in which it is served."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from django.db.models import Q, QuerySet

from coding_app.choices import QueueOrder, SuggestionSource
from coding_app.models import Code, Import, Study, Suggestion

LONGEST = 200
_SOURCES = frozenset(SuggestionSource.values)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """An empty field narrows nothing.

    ``by`` is what made the first suggestion; ``candidate`` a code among the suggestions, or one above it;
    ``column`` the name of an original column whose cell is ``value``, or has it inside where ``inside`` is
    not empty. Case does not matter.
    """

    order: str = QueueOrder.ARRIVAL
    by: str = ""
    candidate: str = ""
    column: str = ""
    inside: str = ""
    value: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "QueueFilter":
        """The filter that a form or a session describes; what it cannot be is left out."""
        found = {field.name: str(given.get(field.name, "")).strip()[:LONGEST] for field in fields(cls)}
        found = {name: value.replace("\0", "") for name, value in found.items()}
        if found["order"] not in QueueOrder.values:
            found["order"] = QueueOrder.ARRIVAL.value
        if found["by"] not in _SOURCES:
            found["by"] = ""
        if not (found["column"] and found["value"]):
            found |= {"column": "", "inside": "", "value": ""}
        return cls(**found)

    def stored(self) -> dict[str, str]:
        """As :meth:`of` takes it."""
        return {name: str(value) for name, value in asdict(self).items()}

    @property
    def served(self) -> QueueOrder:
        """The order."""
        return QueueOrder(self.order)

    @property
    def narrows(self) -> bool:
        """Whether some records are left out."""
        return bool(self.by or self.candidate or self.column)

    @property
    def is_usual(self) -> bool:
        """Whether nothing is left out and the order is that of the import."""
        return not self.narrows and self.order == QueueOrder.ARRIVAL

    def only(self, study: Study) -> Q | None:
        """The condition on places in the queue; ``None`` where none is left out."""
        if not self.narrows:
            return None
        wanted = Q()
        if self.by:
            wanted &= Q(record__suggestion_set__in=_suggesting(Q(rank=1, source=self.by)))
        if self.candidate:
            wanted &= Q(
                record__suggestion_set__in=_suggesting(Q(code__in=_with_those_below(study, self.candidate)))
            )
        if self.column:
            wanted &= _in_column(study, self.column, self.value, inside=bool(self.inside))
        return wanted


def _suggesting(wanted: Q) -> QuerySet[Suggestion, int]:
    return Suggestion.objects.filter(wanted).order_by().values_list("suggestion_set", flat=True)


def _with_those_below(study: Study, text: str) -> list[Code]:
    codes = Code.objects.filter(classification=study.classification_id)
    layer = list(codes.filter(code=text))
    found = list(layer)
    while layer:
        layer = list(codes.filter(parent__in=layer))
        found += layer
    return found


def _in_column(study: Study, column: str, value: str, *, inside: bool) -> Q:
    """Records whose cell under ``column`` is the value; none where no file has a column of that name."""
    how = "icontains" if inside else "iexact"
    wanted = Q(pk__in=[])
    if column not in columns(study):
        return wanted
    for key, header in Import.objects.filter(study=study).values_list("pk", "header"):
        if column in header:
            wanted |= Q(record__source=key, **{f"record__values__{header.index(column)}__{how}": value})
    return wanted


def columns(study: Study) -> list[str]:
    """Names of the study's original columns without those of codes known beforehand."""
    names: dict[str, None] = {}
    known: set[str] = set()
    files = Import.objects.filter(study=study).order_by("pk")
    for header, reference in files.values_list("header", "reference_column"):
        names |= dict.fromkeys(header)
        if reference is not None:
            known.add(header[reference])
    return [name for name in names if name and name not in known]

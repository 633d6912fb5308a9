"""How the same text was coded before."""

from collections import Counter
from dataclasses import dataclass

from coding_app.choices import RecordStatus, Route
from coding_app.models import Code, Record

LOOKED_AT = 1000
"""Coded records that are counted: of a text written more often, counting them all would take long."""

_CODED = (RecordStatus.ACCEPTED, RecordStatus.DECIDED, RecordStatus.CANNOT_CODE)
_BY_PEOPLE = frozenset({Route.PERSON, Route.ADJUDICATED})


@dataclass(frozen=True, slots=True)
class CodedBefore:
    """What became of records with a text: a code, or ``None`` where they could not be coded."""

    code: Code | None
    people: int
    machine: int


@dataclass(frozen=True, slots=True)
class TextHistory:
    """The most frequent first; ``is_more`` when there are further records that were not counted."""

    rows: list[CodedBefore]
    is_more: bool


def coded_before(record: Record) -> TextHistory:
    """Codes of the study's other records with the same text. Codes known beforehand do not count.

    Not for blinded coders.
    """
    if not record.text_key:
        return TextHistory([], is_more=False)
    same = Record.objects.filter(study=record.study_id, text_key=record.text_key, status__in=_CODED)
    found = list(same.exclude(pk=record.pk).order_by().values_list("final_code", "route")[: LOOKED_AT + 1])
    counted = Counter((code, code is None or route in _BY_PEOPLE) for code, route in found[:LOOKED_AT])
    keys = {code for code, _ in counted}
    codes = (
        {code.pk: code for code in Code.objects.filter(pk__in=keys - {None}).prefetch_related("labels")}
        if keys - {None}
        else {}
    )
    rows = [CodedBefore(codes[key] if key else None, counted[key, True], counted[key, False]) for key in keys]
    rows.sort(key=lambda row: (-row.people - row.machine, row.code.position if row.code else -1))
    return TextHistory(rows, is_more=len(found) > LOOKED_AT)

"""How the same text was coded before."""

from collections import Counter
from dataclasses import dataclass

from coding_app.choices import RecordStatus, Route
from coding_app.models import Code, Record
from coding_app.selectors.code_book import code_book

LOOKED_AT = 1000
"""Records that are looked at: of a text written more often, counting them all would take long."""

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
    """The most frequent first; ``is_more`` when there are further records that were not counted.

    ``may_wait`` says whether records with the text may be waiting.
    """

    rows: list[CodedBefore]
    is_more: bool
    may_wait: bool


def coded_before(record: Record) -> TextHistory:
    """Codes of the study's other records with the same text. Codes known beforehand do not count.

    Not for blinded coders.
    """
    if not record.text_key:
        return TextHistory([], is_more=False, may_wait=False)
    same = Record.objects.filter(study=record.study_id, text_key=record.text_key)
    same = same.filter(status__in=[*_CODED, RecordStatus.WAITING]).exclude(pk=record.pk).order_by()
    looked_at = list(same.values_list("status", "final_code", "route")[: LOOKED_AT + 1])
    is_more = len(looked_at) > LOOKED_AT
    found = [(code, route) for status, code, route in looked_at if status in _CODED]
    counted = Counter((code, code is None or route in _BY_PEOPLE) for code, route in found)
    keys = {code for code, _ in counted}
    codes = code_book(record.study.classification)
    rows = [CodedBefore(codes.of(key), counted[key, True], counted[key, False]) for key in keys]
    rows.sort(key=lambda row: (-row.people - row.machine, row.code.position if row.code else -1))
    return TextHistory(rows, is_more=is_more, may_wait=is_more or len(found) < len(looked_at))

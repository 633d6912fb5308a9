"""How many labelled records each code has: what a class filter would leave out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count

from coding_app.choices import LabelSource
from coding_app.models import Code, Study
from coding_app.selectors import labels


@dataclass(frozen=True, slots=True)
class Sizes:
    """Codes by their number of records against the ``least`` a class filter asks for.

    ``small`` are those with fewer, with their numbers, largest first; they are ``left_out`` unless their
    titles teach them.
    """

    least: int
    enough: int
    small: tuple[tuple[str, int], ...]
    left_out: bool

    @property
    def small_records(self) -> int:
        """Records of the small codes."""
        return sum(number for _code, number in self.small)


def of_study(study: Study, source: LabelSource) -> dict[str, int]:
    """Labelled records by code."""
    found = labels.labelled(study, source).order_by().values_list("label").annotate(n=Count("pk"))
    return dict(found)


def against(counts: Mapping[str, int], *, least: int, described: bool) -> Sizes:
    """What a filter of ``least`` records a code does to these counts; ``described``: titles teach others."""
    small = sorted(
        ((code, number) for code, number in counts.items() if number < least),
        key=lambda item: (-item[1], item[0]),
    )
    return Sizes(least=least, enough=len(counts) - len(small), small=tuple(small), left_out=not described)


def titles(study: Study, codes: Iterable[str]) -> dict[str, str]:
    """Titles of codes of the study's classification, in the reader's language where there is one."""
    found = Code.objects.filter(classification=study.classification_id, code__in=set(codes))
    return {code.code: code.local_title for code in found.prefetch_related("labels")}

"""Which codes of a study are taken as right: to learn from, to judge by, and those that are in doubt."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Case, CharField, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Trim
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app.choices import LabelSource, LabelVerdict, RecordStatus
from coding_app.models import Code, LabelSuspect, Record, Study

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Label(TypedDict):
    """What :func:`labelled` adds to a record; ``given`` is the code before it was corrected."""

    given: str
    label: str
    label_is_known: bool
    label_is_error: bool


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """How many records have a code that is taken as right, and why others have none.

    ``records`` are usable, with ``codes`` different codes. ``unknown`` have one that is not in the
    classification or that records may not have; ``data_errors`` one that a supervisor found to be wrong
    without saying which is right.
    """

    records: int
    codes: int
    unknown: int
    data_errors: int


def labelled(study: Study, source: LabelSource) -> "QuerySet[WithAnnotations[Record, Label]]":
    """Records whose code is taken as right, by key, each with it as ``label`` (the text of the code).

    A code that the machine accepted is never one. Left out are codes that records of this classification may
    not have, and codes that a supervisor found to be data errors; one that they corrected is the corrected
    one. ``source`` and ``study`` of a record are loaded.
    """
    found = _with_label(study, source).filter(label_is_known=True, label_is_error=False)
    return found.select_related("source", "study").order_by("pk")


def counts(study: Study, source: LabelSource) -> LabelCounts:
    """How many records :func:`labelled` gives, and how many it leaves out."""
    found = _with_label(study, source)
    usable = found.filter(label_is_known=True, label_is_error=False)
    return LabelCounts(
        records=usable.count(),
        codes=usable.order_by().values("label").distinct().count(),
        unknown=found.filter(label_is_known=False).count(),
        data_errors=found.filter(label_is_known=True, label_is_error=True).count(),
    )


def _with_label(study: Study, source: LabelSource) -> "QuerySet[WithAnnotations[Record, Label]]":
    decided = When(status=RecordStatus.DECIDED, then=F("final_code__code"))
    labels = {
        LabelSource.DECISIONS: Case(decided, default=Value(""), output_field=CharField()),
        LabelSource.REFERENCE: Trim("reference_code"),
        LabelSource.BOTH: Case(decided, default=Trim("reference_code"), output_field=CharField()),
    }
    if source not in labels:
        raise ValueError(f"records of a study are not labelled by {source}")
    known = Code.objects.filter(classification=study.classification_id, codable=True, code=OuterRef("label"))
    # A code that was put right since is another label: that one may be learnt.
    errors = LabelSuspect.objects.filter(
        record=OuterRef("pk"), verdict=LabelVerdict.DATA_ERROR, code__code=OuterRef("given")
    )
    corrected = errors.filter(corrected__isnull=False).values("corrected__code")[:1]
    return (
        Record.objects.filter(study=study)
        .exclude(status=RecordStatus.REMOVED)
        .annotate(given=labels[source])
        .exclude(given="")
        .annotate(label=Coalesce(Subquery(corrected), F("given"), output_field=CharField()))
        .annotate(label_is_known=Exists(known), label_is_error=Exists(errors.filter(corrected__isnull=True)))
    )


def suspects(
    study: Study, *, verdict: str | None = None, by_training: bool | None = None
) -> QuerySet[LabelSuspect]:
    """Records whose code is in doubt, the worst first; with ``verdict``, those (``""``: not reviewed).

    ``by_training``: those that a training found, or those where a person did not give the machine's code.
    """
    found = LabelSuspect.objects.filter(study=study).select_related(
        "record__source", "code", "suggested", "corrected", "reviewed_by", "training"
    )
    found = found.prefetch_related("code__labels", "suggested__labels", "corrected__labels").order_by(
        "quality", "pk"
    )
    if by_training is not None:
        found = found.filter(training__isnull=not by_training)
    return found if verdict is None else found.filter(verdict=verdict)


def suspect_of(study: Study, pk: int) -> LabelSuspect:
    """One of them.

    Raises:
        Http404: when the study has none with this key.
    """
    found = suspects(study).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such code in doubt in this study."))
    return found


def code_of(study: Study, text: str) -> Code | None:
    """A code of the study's classification by its text; ``None`` where there is none."""
    text = text.replace("\0", "")
    return Code.objects.filter(classification=study.classification_id, code=text).first()

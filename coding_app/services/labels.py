"""Codes in doubt: found by a training, or given by people where the machine said another; sorted by a
supervisor into errors of the data and of the model (K-JCM, Suppl. Tables 4 and 5)."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding_app.choices import LabelVerdict, Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Code, LabelSuspect, Study
from coding_app.selectors import label_review
from coding_app.services import events

MAX_NOTE = 2000
BATCH = 500


@transaction.atomic
def review(
    *,
    suspect: LabelSuspect,
    user: User,
    verdict: str,
    note: str = "",
    seen_verdict: str = "",
    corrected: Code | None = None,
) -> LabelSuspect:
    """Say whether the data err or the model does; a code found to be a data error is not learnt any more.

    Args:
        verdict: a ``LabelVerdict``, or nothing to take back what was said.
        seen_verdict: what was said of it when the reviewer looked.
        corrected: the right code of a data error: it is learnt instead. The record keeps its own.

    Raises:
        InvalidInput: for a verdict or a note that is none, or a corrected code that records may not have,
            that is the one in doubt, or that does not go with the verdict.
        Conflict: when somebody else reviewed it meanwhile, or a training found other codes in doubt.
    """
    note = note.strip()
    if verdict not in [*LabelVerdict.values, ""]:
        raise InvalidInput(_("Say whether it is a data error or a model error."))
    if len(note) > MAX_NOTE or "\0" in note:
        raise InvalidInput(_("A note has %(most)s characters at most.") % {"most": MAX_NOTE})
    if corrected is not None:
        _check_corrected(suspect, verdict, corrected)
    changed = LabelSuspect.objects.filter(pk=suspect.pk, verdict=seen_verdict).update(
        verdict=verdict,
        note=note,
        corrected=corrected,
        reviewed_by=user if verdict else None,
        reviewed_at=timezone.now() if verdict else None,
    )
    if not changed:
        raise Conflict(_("This code was reviewed or judged again since you looked: here it is as it is now."))
    events.write(
        study=suspect.study,
        verb=Verb.LABEL_REVIEWED,
        actor=user,
        record=suspect.record,
        before=seen_verdict,
        after=verdict,
        data={
            "code": suspect.code.code,
            "suggested": suspect.suggested.code,
            "note": note,
            **({"corrected": corrected.code} if corrected else {}),
        },
    )
    suspect.refresh_from_db()
    return suspect


def _check_corrected(suspect: LabelSuspect, verdict: str, corrected: Code) -> None:
    if verdict != LabelVerdict.DATA_ERROR:
        raise InvalidInput(_("Only a data error has a code to learn instead."))
    if corrected.classification_id != suspect.study.classification_id or not corrected.codable:
        raise InvalidInput(
            _("%(code)s is no code that records of this study may have.") % {"code": corrected.code}
        )
    if corrected.pk == suspect.code_id:
        raise InvalidInput(_("The code to learn instead is the one that is in doubt."))


@transaction.atomic
def replace_suspects(*, study: Study, found: Sequence[LabelSuspect]) -> None:
    """What the newest training found takes the place of what earlier ones found and nobody reviewed.

    A code that was reviewed is not asked about again, unless the record has another one by now.
    """
    LabelSuspect.objects.filter(study=study, verdict="", training__isnull=False).delete()
    _add(study, found)


@transaction.atomic
def list_disagreements(*, study: Study, user: User) -> int:
    """Put every code of a person that is not the machine's first suggestion among the codes in doubt.

    Those listed before and not reviewed are looked up anew; how many there are now.
    """
    LabelSuspect.objects.filter(study=study, verdict="", training__isnull=True).delete()
    taken = LabelSuspect.objects.filter(study=study, verdict="").values_list("record_id", flat=True)
    doubted = set(taken)
    fresh = [
        LabelSuspect(
            study=study,
            record_id=one.record,
            code_id=one.code,
            suggested_id=one.suggested,
            quality=1.0 if one.probability is None else 1 - one.probability,
        )
        for one in label_review.disagreements(study)
        if one.record not in doubted
    ]
    _add(study, fresh)
    listed = LabelSuspect.objects.filter(study=study, verdict="", training__isnull=True).count()
    events.write(study=study, verb=Verb.DISAGREEMENTS_LISTED, actor=user, data={"records": listed})
    return listed


def _add(study: Study, found: Sequence[LabelSuspect]) -> None:
    """Codes that were not reviewed, in place of what is known of these records."""
    reviewed = dict(
        LabelSuspect.objects.filter(study=study).exclude(verdict="").values_list("record_id", "code_id")
    )
    fresh = [one for one in found if reviewed.get(one.record_id) != one.code_id]
    for start in range(0, len(fresh), BATCH):
        keys = [one.record_id for one in fresh[start : start + BATCH]]
        LabelSuspect.objects.filter(study=study, record__in=keys).delete()
    LabelSuspect.objects.bulk_create(fresh, batch_size=BATCH)

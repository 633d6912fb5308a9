"""Codes in doubt: found by a training, sorted by a supervisor into errors of the data and of the model."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding_app.choices import LabelVerdict, Verb
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import LabelSuspect, Study
from coding_app.services import events

MAX_NOTE = 2000


@transaction.atomic
def review(
    *, suspect: LabelSuspect, user: User, verdict: str, note: str = "", seen_verdict: str = ""
) -> LabelSuspect:
    """Say whether the data err or the model does; a code found to be a data error is not learnt any more.

    Args:
        verdict: a ``LabelVerdict``, or nothing to take back what was said.
        seen_verdict: what was said of it when the reviewer looked.

    Raises:
        InvalidInput: for a verdict or a note that is none.
        Conflict: when somebody else reviewed it meanwhile, or a training found other codes in doubt.
    """
    note = note.strip()
    if verdict not in [*LabelVerdict.values, ""]:
        raise InvalidInput(_("Say whether it is a data error or a model error."))
    if len(note) > MAX_NOTE or "\0" in note:
        raise InvalidInput(_("A note has %(most)s characters at most.") % {"most": MAX_NOTE})
    changed = LabelSuspect.objects.filter(pk=suspect.pk, verdict=seen_verdict).update(
        verdict=verdict,
        note=note,
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
        data={"code": suspect.code.code, "suggested": suspect.suggested.code, "note": note},
    )
    suspect.refresh_from_db()
    return suspect


@transaction.atomic
def replace_suspects(*, study: Study, found: Sequence[LabelSuspect]) -> None:
    """What the newest training found takes the place of what earlier ones found and nobody reviewed.

    A code that was reviewed is not asked about again, unless the record has another one by now.
    """
    LabelSuspect.objects.filter(study=study, verdict="").delete()
    reviewed = dict(LabelSuspect.objects.filter(study=study).values_list("record_id", "code_id"))
    fresh = [one for one in found if reviewed.get(one.record_id) != one.code_id]
    changed = [one.record_id for one in fresh if one.record_id in reviewed]
    LabelSuspect.objects.filter(study=study, record__in=changed).delete()
    LabelSuspect.objects.bulk_create(fresh, batch_size=500)

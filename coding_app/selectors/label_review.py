"""Sorting codes in doubt into data errors and model errors: what is next, what was last, what was found."""

from collections.abc import Iterator
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import Count, Q

from coding_app.choices import LabelVerdict, RecordStatus, RoundRecordState
from coding_app.models import LabelSuspect, Record, RoundRecord, Study
from coding_app.selectors import labels


def counts(study: Study) -> dict[str, int]:
    """Codes in doubt by verdict; ``""``: not reviewed yet. None are left out."""
    found = dict.fromkeys(["", *LabelVerdict.values], 0)
    found.update(
        LabelSuspect.objects.filter(study=study).values_list("verdict").annotate(n=Count("pk")).order_by()
    )
    return found


def next_suspect(study: Study, after: LabelSuspect | None = None) -> LabelSuspect | None:
    """The worst that nobody reviewed; with ``after`` the worst of those that come after it in the list."""
    found = labels.suspects(study, verdict="").select_related("code__parent", "suggested__parent")
    if after is not None:
        later = Q(quality__gt=after.quality) | Q(quality=after.quality, pk__gt=after.pk)
        found = found.filter(later)
    return found.first()


def last_review(study: Study, user: User) -> LabelSuspect | None:
    """What undoing would take back: the user's latest verdict."""
    return (
        labels.suspects(study)
        .filter(reviewed_by=user)
        .exclude(verdict="")
        .order_by("-reviewed_at", "-pk")
        .first()
    )


class Disagreement(NamedTuple):
    """A record whose code a person gave and the machine's first suggestion is another; all are keys."""

    record: int
    code: int
    suggested: int
    probability: float | None


def disagreements(study: Study) -> Iterator[Disagreement]:
    """Records whose final code is a person's and not the machine's first suggestion, by key.

    For a record that a round settled it is the suggestion that was kept at the draw.
    """
    kept = {
        record: (code, probability)
        for record, code, probability in RoundRecord.objects.filter(
            round__study=study,
            state__in=[RoundRecordState.AGREED, RoundRecordState.ADJUDICATED],
            machine_code__isnull=False,
            round__settles=True,
        )
        .order_by("settled_at", "pk")
        .values_list("record_id", "machine_code_id", "machine_probability")
    }
    decided = Record.objects.filter(study=study, status=RecordStatus.DECIDED).order_by("pk")
    for record, code, best, probability in decided.values_list(
        "pk", "final_code_id", "suggestion_set__best_id", "suggestion_set__probability"
    ).iterator(chunk_size=5000):
        suggested, sure = kept.get(record, (best, probability))
        if suggested is not None and code is not None and suggested != code:
            yield Disagreement(record, code, suggested, sure)


HEADER = (
    "error", "id", "occupation", "industry", "code", "title", "suggested_code", "suggested_title",
    "label_quality", "note", "reviewed_by", "reviewed_at", "corrected_code", "found_by",
)  # fmt: skip


def sorted_rows(study: Study) -> Iterator[tuple[str, ...]]:
    """What was sorted, as cells under ``HEADER``: data errors first, then model errors, the worst first.

    After K-JCM's Supplementary Tables 4 (data errors) and 5 (model errors): the text, the code that people
    gave and the one that the model gives.
    """
    reviewed = labels.suspects(study).exclude(verdict="").order_by("verdict", "quality", "pk")
    for one in reviewed.iterator(chunk_size=2000):
        yield (
            one.verdict,
            one.record.external_id,
            one.record.occupation,
            one.record.industry,
            one.code.code,
            one.code.local_title,
            one.suggested.code,
            one.suggested.local_title,
            f"{one.quality:.4f}",
            one.note,
            one.reviewed_by.get_username() if one.reviewed_by else "",
            one.reviewed_at.isoformat() if one.reviewed_at else "",
            one.corrected.code if one.corrected else "",
            "disagreement" if one.training_id is None else "training",
        )

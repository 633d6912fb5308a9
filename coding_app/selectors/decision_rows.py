"""The decisions and adjudications of a study as cells of files, those that were taken back included.

What a round has not settled yet is left out: the files go to adjudicators, too.
"""

from collections.abc import Iterator

from coding_app.models import Adjudication, Decision, Study
from coding_app.selectors.decided_cells import UNSETTLED, Pseudonyms, seconds

DECISIONS = (
    "record", "round", "coder", "decision", "code", "reason", "comment", "blinded", "suggestion_rank",
    "opened_at", "decided_at", "seconds", "taken_back_at",
)  # fmt: skip
ADJUDICATIONS = (
    "record", "round", "state", "first_coder", "first_code", "second_coder", "second_code", "shown_swapped",
    "choice", "code", "cannot_code_reason", "reason", "question", "adjudicator", "decided_at",
)  # fmt: skip


def decisions(study: Study) -> Iterator[list[str | None]]:
    """One row a decision, oldest first; ``suggestion_rank`` is empty where the code was found by search."""
    hidden = Pseudonyms(study)
    found = Decision.objects.filter(record__study=study).exclude(UNSETTLED).order_by("pk")
    for record, round_, coder, kind, code, reason, note, blinded, rank, opened, decided, undone in (
        found.values_list(
            "record__external_id", "round_record__round__number", "coder_id", "kind", "code__code", "reason",
            "note", "blinded", "suggestion__rank", "opened_at", "decided_at", "undone_at",
        ).iterator(chunk_size=2000)
    ):  # fmt: skip
        yield [
            record,
            _text(round_),
            hidden[coder],
            kind,
            code,
            reason or None,
            note or None,
            "yes" if blinded else "no",
            _text(rank),
            opened.isoformat() if opened else None,
            decided.isoformat(),
            seconds(opened, decided),
            undone.isoformat() if undone else None,
        ]


def adjudications(study: Study) -> Iterator[list[str | None]]:
    """One row an adjudication, in the order of their opening; the machine is a coder of this name."""
    hidden = Pseudonyms(study)
    found = (
        Adjudication.objects.filter(study=study)
        .exclude(UNSETTLED)
        .order_by("pk")
        .select_related(
            "record",
            "round_record__round",
            "round_record__machine_code",
            "first__code",
            "second__code",
            "code",
        )
    )
    for one in found.iterator(chunk_size=2000):
        machine = one.round_record.machine_code
        other = one.second.code if one.second else machine
        yield [
            one.record.external_id,
            str(one.round_record.round.number),
            one.state,
            hidden[one.first.coder_id],
            one.first.code.code if one.first.code else None,
            hidden[one.second.coder_id] if one.second else "machine",
            other.code if other else None,
            "yes" if one.swapped else "no",
            one.side or None,
            one.code.code if one.code else None,
            one.cannot_reason or None,
            one.reason or None,
            one.question or None,
            hidden[one.decided_by_id] if one.decided_by_id else None,
            one.decided_at.isoformat() if one.decided_at else None,
        ]


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)

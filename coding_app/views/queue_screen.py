"""The coder's screen as it is sent: whole, or for HTMX the part that changes from record to record."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from coding_app.choices import CannotCodeReason, JobKind
from coding_app.models import Decision, Membership, QueueItem, Record, Study
from coding_app.selectors import code_search, code_tree, flags, highlight, jobs, records, text_history
from coding_app.selectors import queue as selected
from coding_app.services import review
from coding_app.views.access import PageRequest, study_page
from coding_app.views.candidates import Candidate, found, suggested, walked
from coding_app.views.queue_entered import Entered, EnteredForm, Notice, opened_token
from coding_app.views.queue_narrow import narrowed, narrowing
from coding_app.views.reasons import why_here

SAME = 200
"""Records with the same text that are listed and coded at once."""


@dataclass(frozen=True, slots=True)
class SameText:
    """How many other records wait with the text of the one on the screen."""

    count: int
    is_more: bool


def go_on(
    request: PageRequest,
    membership: Membership,
    spoken: str,
    *,
    notice: Notice | None = None,
    last: Decision | None = None,
) -> HttpResponse:
    """What comes next: for HTMX at once, else by a redirect, so that loading again sends nothing twice.

    ``last`` is the decision just made, which is the one that undoing would take back.
    """
    if request.htmx:
        return screen(request, membership, spoken=spoken, notice=notice, last=last)
    if notice is not None:
        messages.warning(request, notice.text)
    return redirect("queue", membership.study.slug)


def refused(request: PageRequest, membership: Membership, form: EnteredForm) -> HttpResponse:
    """The form does not even say which record, or has something in it that cannot be kept."""
    name, errors = next(iter(form.errors.items()))
    if name in {"record", "version"}:
        text = _("The form came incomplete, so nothing was saved. This is the record as it is now.")
        return again(request, membership, Notice(text, "error"), status=422)
    return again(request, membership, Notice(str(errors[0]), "error", name), status=422)


def again(
    request: PageRequest, membership: Membership, notice: Notice, *, status: int, preview: bool = False
) -> HttpResponse:
    """The screen as it is now, with what had been entered where that still belongs to the record."""
    entered = Entered.of(request.POST)
    return screen(request, membership, notice=notice, entered=entered, status=status, preview=preview)


def screen(
    request: PageRequest,
    membership: Membership,
    *,
    notice: Notice | None = None,
    entered: Entered | None = None,
    picked: str = "",
    query: str = "",
    under: str | None = None,
    spoken: str = "",
    arrived: str = "",
    preview: bool = False,
    last: Decision | None = None,
    status: int = 200,
) -> HttpResponse:
    """The queue's screen, whole or for HTMX the part that changes.

    ``arrived`` is said with a record only; ``preview`` lists the records with the same text.
    """
    study, user = membership.study, request.user
    wanted = narrowed(request, membership)
    item = review.open_next(study=study, user=user, order=wanted.served, only=wanted.only(study))
    context: dict[str, object] = {
        "counts": selected.queue_counts(study, user, blinded=membership.blinded),
        "last": last or selected.last_decision(study, user),
        "notice": notice,
        "spoken": notice.text if notice else spoken,
        "lease_seconds": settings.LEASE_SECONDS,
        "reasons": CannotCodeReason.choices,
        "wanted": wanted,
    }
    if not (request.htmx or membership.blinded):
        context |= narrowing(membership, wanted)
    if item is None:
        context |= {
            "lost_note": entered.note if entered else "",
        }
        if not membership.blinded:
            context |= _behind(study)
    else:
        context["spoken"] = context["spoken"] or arrived
        context |= _record(item, membership, entered or Entered(), picked, preview=preview)
        context |= hits(membership, query, under)
    template = "queue/screen.html" if request.htmx else "queue/show.html"
    response = study_page(request, membership, template, context, status=status)
    add_never_cache_headers(response)
    return response


def _behind(study: Study) -> dict[str, object]:
    """Why the queue may be empty: where the records are, and whether some are on their way to it."""
    return {
        "statuses": selected.status_counts(study),
        # An import that is coded when it is in counts as well: the coding comes after it.
        "coding": any(job.kind == JobKind.CODE or job.follow_up for job in jobs.open_jobs(study)),
    }


def _same_text(record: Record, membership: Membership, *, listed: bool) -> dict[str, object]:
    """How many other records with the same text could be coded with this one; ``listed``, which."""
    others = selected.same_text(record, membership.user, blinded=membership.blinded)[: SAME + 1]
    found = list(others.defer("values")) if listed else []
    count = len(found) if listed else others.count()
    if not count:
        return {}
    return {"same": SameText(min(count, SAME), is_more=count > SAME), "preview": found[:SAME]}


def _record(
    item: QueueItem, membership: Membership, entered: Entered, picked: str, *, preview: bool
) -> dict[str, object]:
    opened = selected.open_record(item)
    record = opened.record
    lost_note, moved = "", entered.record not in {0, record.pk}
    if entered.record != record.pk:
        lost_note, entered = entered.note.strip(), Entered()
        undone = selected.taken_back(item, membership.user) if opened.was_taken_back else None
        if undone is not None:
            entered = Entered.as_decided(undone, opened.suggestions)
    candidates = suggested(opened.suggestions)
    choice = f"c{picked}" if picked else entered.choice
    extra: Candidate | None = None
    if choice.startswith("c"):
        known = next((one for one in candidates if one.code.code == choice[1:]), None)
        code = None if known else code_search.code_of(membership.study, choice[1:])
        if code is not None and code.codable:
            extra = found(code)
        choice = known.choice if known else choice
    before = None if membership.blinded else text_history.coded_before(record)
    may_wait = before is not None and before.may_wait and item.round_record_id is None
    return {
        "item": item,
        "record": record,
        "others": opened.others,
        "names": records.literal_columns(record),
        "pieces": highlight.pieces(record, opened.suggestions),
        "candidates": candidates,
        "extra": extra,
        "entered": replace(entered, choice=choice),
        "lost_note": lost_note,
        "moved": moved,
        "why": "" if membership.blinded else why_here(record, opened.suggestions),
        "opened": opened_token(record, entered.opened),
        "flags": flags.at_record(record.pk, membership) if opened.has_flags else [],
        "before": before,
        **(_same_text(record, membership, listed=preview) if may_wait else {}),
    }


def hits(membership: Membership, query: str, under: str | None = None) -> dict[str, object]:
    """What the search finds, for a list to pick from; or the codes ``under`` one, the top ones under none."""
    if under is not None and not query:
        level = code_tree.level(membership.study, under)
        return {"query": "", "level": level, "hits": walked(level)}
    found_codes = code_search.search(membership.study, query, with_dictionary=not membership.blinded)
    return {
        "query": query,
        "hits": [found(hit.code, phrase=hit.phrase) for hit in found_codes],
        "alike_only": bool(found_codes) and all(hit.alike for hit in found_codes),
        "limit": code_search.LIMIT,
    }

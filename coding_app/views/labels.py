"""Codes in doubt: a supervisor says whether the data err or the model does."""

import csv
from collections.abc import Iterator

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from coding_app import datafiles, permissions
from coding_app.choices import LabelVerdict
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.keys import key_of
from coding_app.models import Code, LabelSuspect, Membership
from coding_app.selectors import label_review as selected
from coding_app.selectors import records
from coding_app.selectors.labels import code_of, suspect_of, suspects
from coding_app.selectors.queue import other_columns
from coding_app.services import labels
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.candidates import Candidate, found

REVIEW = gettext_noop("review the codes in doubt")
A_PAGE = 100
OPEN = "open"


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=REVIEW)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """Every code in doubt, the worst first; ``verdict`` narrows the list down."""
    study = membership.study
    wanted = request.GET.get("verdict", "")
    wanted = wanted if wanted in {OPEN, *LabelVerdict.values} else ""
    found_by = request.GET.get("found_by", "")
    rows = suspects(
        study,
        verdict={"": None, OPEN: ""}.get(wanted, wanted),
        by_training={"training": True, "disagreement": False}.get(found_by),
    )
    counts = selected.counts(study)
    context = {
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "found_by": found_by,
        "found_by_filters": [
            ("", _("Whoever found them")),
            ("training", _("Found by a training")),
            ("disagreement", _("A person's code that is not the machine's")),
        ],
        "total": sum(counts.values()),
        "unreviewed": counts[""],
        "sorted": sum(counts.values()) - counts[""],
        "filters": [
            ("", _("All"), sum(counts.values())),
            (OPEN, _("Not reviewed yet"), counts[""]),
            *((value, label, counts[value]) for value, label in LabelVerdict.choices),
        ],
    }
    return study_page(request, membership, "labels/index.html", context)


@member_view("POST", roles=permissions.SUPERVISE, what=REVIEW)
def disagreements(request: PageRequest, membership: Membership) -> HttpResponse:
    """Look for codes of people that are not the machine's first suggestion, and list them."""
    study = membership.study
    listed = labels.list_disagreements(study=study, user=request.user)
    if listed:
        text = ngettext(
            "%(n)s record has a person's code that is not the machine's, and is not reviewed yet.",
            "%(n)s records have a person's code that is not the machine's, and are not reviewed yet.",
            listed,
        )
        messages.success(request, text % {"n": listed})
    else:
        messages.info(request, _("No code of a person differs from the machine's and is not reviewed yet."))
    return redirect(f"{reverse('labels', args=[study.slug])}?found_by=disagreement")


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=REVIEW)
def review(request: PageRequest, membership: Membership) -> HttpResponse:
    """One code in doubt: the one asked for (``suspect``), else the worst left, or left ``after`` another."""
    study = membership.study
    asked, after = key_of(request.GET.get("suspect", "")), key_of(request.GET.get("after", ""))
    if asked:
        return _screen(request, membership, suspect_of(study, asked))
    return _screen(
        request, membership, selected.next_suspect(study, suspect_of(study, after) if after else None)
    )


@member_view("POST", roles=permissions.SUPERVISE, what=REVIEW)
def decide(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Say who errs. Whoever was second is shown what the first one said."""
    study = membership.study
    suspect = suspect_of(study, pk)
    verdict, note = request.POST.get("verdict", ""), request.POST.get("note", "").replace("\r\n", "\n")
    if verdict not in LabelVerdict.values:
        text = _("Say who errs: the data or the model.")
        return _screen(request, membership, suspect, notice=text, note=note, status=422)
    seen = request.POST.get("seen_verdict", "")
    try:
        made = labels.review(
            suspect=suspect,
            user=request.user,
            verdict=LabelVerdict(verdict),
            note=note,
            seen_verdict=seen,
            corrected=_corrected(request, suspect) if verdict == LabelVerdict.DATA_ERROR else None,
        )
    except InvalidInput as error:
        return _screen(request, membership, suspect, notice=str(error), note=note, status=422)
    except Conflict as error:
        again = suspect_of(study, pk)
        if again.verdict != verdict or again.reviewed_by_id != request.user.pk:
            return _screen(request, membership, again, notice=str(error), note=note, status=409)
        made = again  # the same form sent twice
    spoken = _("%(verdict)s. Next one.") % {"verdict": made.get_verdict_display()}
    return _on(request, membership, selected.next_suspect(study, made), spoken=spoken)


def _corrected(request: PageRequest, suspect: LabelSuspect) -> Code | None:
    """The code to learn instead: another one that was typed, the model's, or none."""
    other = request.POST.get("other_code", "").strip()
    if other:
        found = code_of(suspect.study, other)
        if found is None:
            raise InvalidInput(_("There is no code %(code)s in this classification.") % {"code": other})
        return found
    return suspect.suggested if request.POST.get("learn") == "suggested" else None


@member_view("POST", roles=permissions.SUPERVISE, what=REVIEW)
def undo(request: PageRequest, membership: Membership) -> HttpResponse:
    """Take back one's latest verdict: the one the form names, so that sending it twice undoes once."""
    study = membership.study
    key = key_of(request.POST.get("suspect", ""))
    last = selected.last_review(study, request.user)
    if last is None or last.pk != key:
        text = _("That is not your latest verdict any more, so nothing was undone.")
        return _screen(request, membership, selected.next_suspect(study), notice=text, status=409)
    try:
        made = labels.review(
            suspect=last, user=request.user, verdict="", note=last.note, seen_verdict=last.verdict
        )
    except Conflict as error:
        return _screen(request, membership, suspect_of(study, last.pk), notice=str(error), status=409)
    return _on(request, membership, suspect_of(study, made.pk), spoken=_("Taken back."), stay=True)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=REVIEW)
def download(request: PageRequest, membership: Membership) -> StreamingHttpResponse:
    """What was sorted, as CSV."""
    response = StreamingHttpResponse(_lines(membership), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="label-review.csv"'
    return response


class _Echo:
    """A file that hands back what is written into it."""

    def write(self, text: str) -> str:
        return text


def _lines(membership: Membership) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(selected.HEADER)
    for row in selected.sorted_rows(membership.study):
        yield writer.writerow([datafiles.guard(cell) for cell in row])


def _on(
    request: PageRequest,
    membership: Membership,
    suspect: LabelSuspect | None,
    *,
    spoken: str,
    stay: bool = False,
) -> HttpResponse:
    """What comes next: for HTMX at once, else by a redirect, so that loading again sends nothing twice."""
    if request.htmx:
        return _screen(request, membership, suspect, spoken=spoken)
    messages.success(request, spoken)
    address = reverse("label-review", args=[membership.study.slug])
    return redirect(f"{address}?suspect={suspect.pk}" if suspect and stay else address)


def _screen(
    request: PageRequest,
    membership: Membership,
    suspect: LabelSuspect | None,
    *,
    notice: str = "",
    note: str | None = None,
    spoken: str = "",
    status: int = 200,
) -> HttpResponse:
    study = membership.study
    counts = selected.counts(study)
    context: dict[str, object] = {
        "suspect": suspect,
        "counts": [(value, label, counts[value]) for value, label in LabelVerdict.choices],
        "unreviewed": counts[""],
        "total": sum(counts.values()),
        "last": selected.last_review(study, request.user),
        "notice": notice,
        "spoken": notice or spoken,
    }
    if suspect is not None:
        record = records.record_of(study, suspect.record_id)
        context |= {
            "record": record,
            "names": records.literal_columns(record),
            "others": other_columns(record),
            "note": suspect.note if note is None else note,
            "other_code": request.POST.get("other_code", "") if notice else _other_code(suspect),
            "sides": [
                (_("The code it has"), _side(suspect, labelled=True)),
                (_("What the model says"), _side(suspect, labelled=False)),
            ],
        }
    template = "labels/screen.html" if request.htmx else "labels/review.html"
    response = study_page(request, membership, template, context, status=status)
    add_never_cache_headers(response)
    return response


def _other_code(suspect: LabelSuspect) -> str:
    """What was typed as the right code, where it is neither of the two."""
    other = suspect.corrected if suspect.corrected_id != suspect.suggested_id else None
    return other.code if other else ""


def _side(suspect: LabelSuspect, *, labelled: bool) -> Candidate:
    """A code with its definition."""
    return found(suspect.code if labelled else suspect.suggested)

"""Reopening, removing and restoring records: what is meant is counted first, and confirmed."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from coding_app import permissions
from coding_app.choices import JobKind, WorkQueue
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.keys import key_of
from coding_app.models import DictionaryVersion, Membership, ModelVersion, Record
from coding_app.selectors import jobs, lists
from coding_app.selectors import reopening as selected
from coding_app.selectors.records import record_of
from coding_app.selectors.reopening import By, Chosen
from coding_app.services import reopening
from coding_app.services.reopening import Done
from coding_app.views.access import PageRequest, member_view, study_page

REOPEN = gettext_noop("reopen, remove or restore records")


@member_view("GET", "HEAD", "POST", roles=permissions.SUPERVISE, what=REOPEN)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """``by`` and ``value`` name records: counted, and with a POST and its ``action`` reopened or removed.

    A single record at once, others in a job, which is shown with those before it.
    """
    study = membership.study
    sent = request.POST if request.method == "POST" else request.GET
    wanted = _chosen(sent.get("by", ""), sent.get("value", "").strip()[:100])
    error, why = "", sent.get("why", "")[: reopening.MAX_WHY + 1]
    if request.method == "POST":
        change = {"reopen": reopening.reopen, "remove": reopening.remove}.get(sent.get("action", ""))
        try:
            if wanted is None or change is None:
                raise InvalidInput(_("Say which records are meant, and what is to become of them."))
            done = change(study=study, wanted=wanted, user=request.user, why=why)
        except InvalidInput as refused:
            error = str(refused)
        else:
            _tell(request, done, removed=sent["action"] == "remove")
            if wanted.by == By.RECORD:
                return redirect("record", study.slug, int(wanted.value))
            return redirect("reopen", study.slug)
    context: dict[str, object] = {
        "wanted": wanted,
        "words": _words(membership, wanted) if wanted else "",
        "dictionaries": DictionaryVersion.objects.filter(run__study=study).distinct().order_by("-pk"),
        "models": ModelVersion.objects.filter(study=study).order_by("-number"),
        "gestures": selected.gestures(study),
        "removed": selected.removed(study).count(),
        "jobs": [
            job
            for job in (*jobs.open_jobs(study), *lists.interrupted_jobs(study))
            if job.kind == JobKind.REOPEN
        ],
        "worker_is_there": jobs.worker_is_there(WorkQueue.DEFAULT),
        "most_why": reopening.MAX_WHY,
        "why": why,
        "error": error,
    }
    if wanted is not None:
        context |= {
            "reopenable": selected.reopenable(study, wanted).count(),
            "removable": selected.removable(study, wanted).count(),
            "sample": selected.removable(study, wanted).select_related("final_code")[:5],
        }
    return study_page(request, membership, "reopening/index.html", context, status=422 if error else 200)


@member_view("POST", roles=permissions.SUPERVISE, what=REOPEN)
def take_back(request: PageRequest, membership: Membership) -> HttpResponse:
    """Undo a whole reopening or removal."""
    try:
        gesture = uuid.UUID(request.POST.get("gesture", ""))
        done = reopening.take_back(study=membership.study, gesture=gesture, user=request.user)
    except ValueError:
        messages.error(request, _("Nothing was taken back: the form came incomplete."))
    except Conflict as error:
        messages.warning(request, str(error))
    else:
        text = ngettext(
            "%(n)s record goes back to where it stood.",
            "%(n)s records go back to where they stood.",
            done.left,
        )
        messages.success(request, text % {"n": done.left})
    return redirect("reopen", membership.study.slug)


@member_view("POST", roles=permissions.SUPERVISE, what=REOPEN)
def restore(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """Bring a removed record back to where it stood."""
    record = record_of(membership.study, pk)
    try:
        reopening.restore(study=membership.study, record=record, user=request.user)
        messages.success(request, _("The record is restored."))
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("record", membership.study.slug, record.pk)


def _chosen(by: str, value: str) -> Chosen | None:
    return Chosen(By(by), value) if by in list(By) and value else None


def _words(membership: Membership, wanted: Chosen) -> str:
    """What is meant, in words.

    Raises:
        Http404: when it is something the study does not have.
    """
    if wanted.by == By.CODE:
        return _("Records with the final code %(code)s or one below it") % {"code": wanted.value}
    key = key_of(wanted.value)
    if wanted.by == By.RECORD:
        one = Record.objects.filter(study=membership.study, pk=key).first()
        found = _("Record %(id)s") % {"id": one.external_id} if one else ""
    elif wanted.by == By.DICTIONARY:
        version = DictionaryVersion.objects.filter(run__study=membership.study, pk=key).first()
        found = _("Records that the dictionary %(name)s decided") % {"name": version} if version else ""
    else:
        model = ModelVersion.objects.filter(study=membership.study, pk=key).first()
        found = _("Records that model %(number)s decided") % {"number": model.number} if model else ""
    if not found:
        raise Http404(_("There is no such thing in this study."))
    return found


def _tell(request: PageRequest, done: Done, *, removed: bool) -> None:
    if done.job is None:
        text = _("The record is removed.") if removed else _("The record is reopened.")
    elif removed:
        text = ngettext("%(n)s record is being removed.", "%(n)s records are being removed.", done.left)
    else:
        text = ngettext("%(n)s record is being reopened.", "%(n)s records are being reopened.", done.left)
    messages.success(request, text % {"n": done.left})

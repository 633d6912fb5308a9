"""The dashboard: where the records of a study stand. Every number leads to the records it counts."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from coding_app import permissions
from coding_app.choices import Outcome, RecordStatus, Route, Rule, StatusGroup
from coding_app.models import Job, Membership, Study
from coding_app.selectors import jobs, label_review, lists, round_lists
from coding_app.selectors.progress import Progress, progress
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.tables import GENERAL, table_label


@dataclass(frozen=True, slots=True)
class Count:
    """A number with the address of the records behind it; ``start`` is the share of those before it."""

    label: str
    number: int
    share: float
    start: float = 0.0
    href: str = ""
    part: str = ""
    inner: bool = False


@member_view("GET", "HEAD", open_to_blinded=True)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """Counts, rates, open work and the latest runs; a blinded coder is sent to the queue."""
    if membership.blinded:
        return redirect("queue", membership.study.slug)
    study = membership.study
    found = progress(study)
    context = {
        "progress": found,
        "statuses": status_counts(study, found),
        "outcomes": outcome_counts(study, found),
        "right": records_address(study, compared="right"),
        "wrong": records_address(study, compared="wrong"),
        "wrong_count": found.accuracy.n - found.accuracy.k,
        "routes": route_counts(study, found),
        "waiting_by": waiting_counts(study, found, membership.role),
        "jobs": _jobs(study),
        "runs": lists.runs(study)[:5],
        "latest_run": lists.latest_run(study),
        "in_doubt": label_review.counts(study)[""],
        "newer": lists.newer_version(study),
        "final_records": records_address(study, status=StatusGroup.FINAL),
        "disputed": round_lists.disputed(study),
        "rounds": round_lists.open_rounds(study),
    }
    return study_page(request, membership, "studies/dashboard.html", context)


def _jobs(study: Study) -> list[tuple[Job, bool]]:
    """Jobs to be looked at, each with whether somebody listens on its queue."""
    found = [*jobs.open_jobs(study), *lists.interrupted_jobs(study)]
    listened = {queue: jobs.worker_is_there(queue) for queue in {job.queue for job in found}}
    return [(job, listened[job.queue]) for job in found]


def records_address(study: Study, **wanted: str) -> str:
    """The list of a study's records narrowed by fields of ``selectors.records.RecordFilter``."""
    address = reverse("records", args=[study.slug])
    return f"{address}?{urlencode(wanted)}" if wanted else address


def status_counts(study: Study, found: Progress) -> list[Count]:
    """One count a status, in the order of a record's life; their shares add up to 1.

    Disputed records are counted where there are any.
    """
    order = (
        RecordStatus.ACCEPTED,
        RecordStatus.DECIDED,
        RecordStatus.SET_ASIDE,
        RecordStatus.CANNOT_CODE,
        *([RecordStatus.DISPUTED] if found.statuses[RecordStatus.DISPUTED] else []),
        RecordStatus.WAITING,
        RecordStatus.IMPORTED,
    )
    counts, start = [], 0.0
    for status in order:
        number = found.statuses[status]
        share = number / found.total if found.total else 0.0
        href = records_address(study, status=status)
        counts.append(Count(str(status.label), number, share, start, href, str(status)))
        start += share
    return counts


def route_counts(study: Study, found: Progress) -> list[Count]:
    """What the machine accepted, by how, as shares of all it accepted."""
    accepted = sum(found.routes.values()) or 1
    return [
        Count(
            str(route.label),
            found.routes[route],
            found.routes[route] / accepted,
            href=records_address(study, status=RecordStatus.ACCEPTED, route=route),
        )
        for route in Route
        if route in found.routes
    ]


def waiting_counts(study: Study, found: Progress, role: str) -> list[Count]:
    """What waits, by the rule that sent it to a person, as shares of all that wait.

    Coders are given no list of the records that are there to check the machine.
    """
    waiting = found.waiting or 1
    hidden = {Rule.AUDIT} if not permissions.allows(role, permissions.SUPERVISE) else set()
    return [
        Count(
            str(rule.label) if rule not in hidden else _("Drawn at random"),
            found.waiting_by[rule],
            found.waiting_by[rule] / waiting,
            href="" if rule in hidden else records_address(study, status=RecordStatus.WAITING, rule=rule),
        )
        for rule in Rule
        if rule in found.waiting_by
    ]


def outcome_counts(study: Study, found: Progress) -> list[Count]:
    """One count an outcome of the machine, the coded ones again by table, as shares of all it looked at."""
    counts = []
    for outcome in Outcome:
        number = found.outcomes[outcome]
        counts.append(
            Count(
                str(outcome.label),
                number,
                number / found.answered if found.answered else 0.0,
                href=records_address(study, outcome=outcome),
            )
        )
        if outcome == Outcome.CODED:
            counts += _table_counts(study, found)
    return counts


def _table_counts(study: Study, found: Progress) -> list[Count]:
    by_name = sorted(found.tables.items(), key=lambda item: (item[0] != GENERAL, item[0]))
    return [
        Count(
            table_label(table),
            number,
            number / found.answered,
            href=records_address(study, outcome=Outcome.CODED, table=table),
            inner=True,
        )
        for table, number in by_name
    ]

"""The list of records, and one record with everything that is known of it."""

from dataclasses import asdict, dataclass, replace

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import (
    CannotCodeReason,
    DecidedBy,
    LabelSource,
    Outcome,
    RecordStatus,
    Route,
    Rule,
    StatusGroup,
    SuggestionSource,
)
from coding_app.models import Code, Event, Membership, Record, Study, Suggestion, SuggestionSet
from coding_app.selectors import lists, models
from coding_app.selectors import queue as queue_selected
from coding_app.selectors import records as selected
from coding_app.selectors.columns import original_columns
from coding_app.selectors.records import RecordFilter
from coding_app.views import own_records
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.candidates import suggested
from coding_app.views.history import happened
from coding_app.views.reasons import why_here
from coding_app.views.tables import table_label

A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Condition:
    """One active filter in words, and the address of the list without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A line of the trace as in the paper's Figures 2-5; ``deciding`` when it settled, or tied, the code."""

    phrase: str
    priority: int
    occupation_only: bool
    code: str
    title: str
    table: str
    deciding: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the history in words."""

    event: Event
    words: str


@member_view("GET", "HEAD", open_to_blinded=True)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """The records of the study, narrowed by the fields of ``RecordFilter`` in the address."""
    if membership.blinded:
        return own_records.index(request, membership)
    study = membership.study
    may_compare = permissions.allows(membership.role, permissions.SUPERVISE)
    wanted = RecordFilter(
        **{name: request.GET.get(name, "").strip()[:200] for name in asdict(RecordFilter())}
    )
    if not may_compare:
        wanted = _unblinding_left_out(wanted)
    keys = selected.records(study, wanted).values_list("pk", flat=True)
    page: Page[int] = Paginator(keys, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": selected.with_codes(page.object_list),
        "wanted": wanted,
        "conditions": _conditions(study, wanted),
        "statuses": [*RecordStatus.choices, *StatusGroup.choices],
        "outcomes": Outcome.choices,
        "tables": selected.tables(study),
        "reasons": CannotCodeReason.choices,
        "sources": lists.imports(study),
        "runs": lists.runs(study),
        "may_compare": may_compare,
        "rules": [one for one in Rule.choices if may_compare or one[0] != Rule.AUDIT],
        "routes": Route.choices,
        "makers": SuggestionSource.choices,
        "labels": [one for one in LabelSource.choices if one[0] != LabelSource.FILE],
        "models": models.versions(study),
    }
    return study_page(request, membership, "records/index.html", context)


def _unblinding_left_out(wanted: RecordFilter) -> RecordFilter:
    """Without what would tell a coder which code is known, or which records check the machine."""
    rule = "" if wanted.rule == Rule.AUDIT else wanted.rule
    return replace(wanted, compared="", first="", labelled="", rule=rule)


def _conditions(study: Study, wanted: RecordFilter) -> list[Condition]:
    values = {name: value for name, value in asdict(wanted).items() if value}
    address = reverse("records", args=[study.slug])

    def without(name: str) -> str:
        rest = {key: value for key, value in values.items() if key != name}
        return f"{address}?{urlencode(rest)}" if rest else address

    return [Condition(condition_words(study, name, value), without(name)) for name, value in values.items()]


_CHOICES = {
    "rule": (gettext_noop("rule: %(value)s"), Rule.choices),
    "route": (gettext_noop("coded by: %(value)s"), Route.choices),
    "by": (gettext_noop("first suggestion by: %(value)s"), SuggestionSource.choices),
    "labelled": (gettext_noop("with a code taken as right: %(value)s"), LabelSource.choices),
}


def condition_words(study: Study, name: str, value: str) -> str:
    """One condition of a ``RecordFilter`` in words."""
    if name == "same":
        return _("with one and the same text")
    if name == "status":
        labels = {**dict(RecordStatus.choices), **dict(StatusGroup.choices), StatusGroup.FINAL: _("final")}
        return _("status: %(value)s") % {"value": labels.get(value, value)}
    if name == "outcome":
        return _("dictionary coder: %(value)s") % {"value": dict(Outcome.choices).get(value, value)}
    if name == "table":
        return _("coded by: %(value)s") % {"value": table_label(value)}
    if name == "code":
        return _("final code %(value)s or below it") % {"value": value}
    if name == "source":
        upload = lists.imports(study).filter(pk=int(value)).first() if value.isdecimal() else None
        return _("imported from %(value)s") % {"value": upload.file_name if upload else value}
    if name == "run":
        run = lists.run_of(study, value)
        started = timezone.localtime(run.created_at) if run else None
        return _("looked at in the coding run of %(value)s") % {
            "value": f"{started:%Y-%m-%d %H:%M}" if started else value
        }
    if name == "reason":
        return _("cannot be coded: %(value)s") % {"value": dict(CannotCodeReason.choices).get(value, value)}
    if name == "coder":
        return _("decided by %(value)s") % {"value": value}
    if name in _CHOICES:
        sentence, choices = _CHOICES[name]
        return _(sentence) % {"value": dict(choices).get(value, value)}
    if name == "p_from":
        return _("probability at least %(value)s") % {"value": value}
    if name == "p_to":
        return _("probability at most %(value)s") % {"value": value}
    if name == "model":
        return _("scored by model %(value)s") % {"value": value}
    if name == "first":
        same = _("first suggestion is the known code")
        return same if value == "right" else _("first suggestion differs from the known code")
    if name == "compared":
        same = _("machine's code is the known code")
        return same if value == "right" else _("machine's code differs from the known code")
    return _("with “%(value)s” in id or literals") % {"value": value}


@member_view("GET", "HEAD", open_to_blinded=True)
def show(request: PageRequest, membership: Membership, pk: int) -> HttpResponse:
    """One record: columns, trace, candidates, final code, decisions, history."""
    if membership.blinded:
        return own_records.show(request, membership, pk)
    record = selected.record_of(membership.study, pk)
    may_compare = permissions.allows(membership.role, permissions.SUPERVISE)
    made = record.suggestion_set
    trace = _trace(record, made) if made else []
    suggestions = list(made.suggestions.all()) if made else []
    context = {
        "record": record,
        "names": selected.literal_columns(record),
        "columns": [
            (name, value) for _at, name, value in original_columns(record, with_reference=may_compare)
        ],
        "made": made,
        "trace": trace,
        "candidates": suggested(suggestions),
        "why": _why(record, suggestions),
        "lineage": selected.lineage(record.final_code) if record.final_code else [],
        "decisions": selected.decisions(record, request.user),
        "history": [
            Happening(event, happened(event, record, with_rules=may_compare))
            for event in selected.history_for(record, request.user)
        ],
        "waiting": record.status == RecordStatus.WAITING,
        "mine": queue_selected.holds(record.pk, request.user),
    }
    return study_page(request, membership, "records/show.html", context)


def _why(record: Record, suggestions: list[Suggestion]) -> str:
    """Which rule took the record, in words; nothing for one that no rule looked at."""
    if record.status == RecordStatus.WAITING:
        return why_here(record, suggestions)
    return record.get_rule_display() if record.rule else ""


def _trace(record: Record, made: SuggestionSet) -> list[TraceRow]:
    known = selected.titles(record, (line["code"] for line in made.trace))
    return [
        TraceRow(
            phrase=line["phrase"],
            priority=line["priority"],
            occupation_only=line["scope"] == "occupation",
            code=line["code"],
            title=_title(known, line["code"]),
            table=line["table"],
            deciding=line["priority"] == made.priority
            and (made.decided_by != DecidedBy.OCCUPATION_ONLY or line["scope"] == "occupation"),
        )
        for line in made.trace
    ]


def _title(known: dict[str, Code], code: str) -> str:
    return known[code].local_title if code in known else ""

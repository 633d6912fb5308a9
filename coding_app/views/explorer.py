"""The threshold explorer: coverage against accuracy on the study's own labelled records."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from coding_app import permissions, thresholds
from coding_app.choices import AcceptBy, LabelSource
from coding_app.models import Membership, Study
from coding_app.routing import Settings
from coding_app.selectors import explorer as selected
from coding_app.selectors import records, routing, routing_settings
from coding_app.selectors.explorer import Point, Sample
from coding_app.thresholds import Offered
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.coverage_curve import curve

SEE = gettext_noop("see the threshold explorer")
A_PAGE = 100
MOST_STRATA = 30
SOURCES = [one for one in LabelSource.choices if one[0] != LabelSource.FILE]


class _PercentField(forms.FloatField):
    """A percentage that is neither none nor all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0.01,
            max_value=99.99,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            **options,
        )


class ExplorerForm(forms.Form):
    """What to explore; a field that is not sent is as at first."""

    labels = forms.ChoiceField(label=gettext_lazy("Codes taken as right"), choices=SOURCES)
    max_error = _PercentField(label=gettext_lazy("Error at most, in percent"))
    confidence = _PercentField(label=gettext_lazy("Confidence, in percent"))
    rules = forms.ChoiceField(
        label=gettext_lazy("Other rules of the routing"),
        choices=[("on", gettext_lazy("heeded")), ("off", gettext_lazy("not heeded"))],
    )
    column = forms.ChoiceField(label=gettext_lazy("Strata by"), required=False)

    FIRST = {
        "labels": LabelSource.REFERENCE.value,
        "max_error": "5",
        "confidence": "95",
        "rules": "on",
        "column": "",
    }

    def __init__(self, study: Study, sent: dict[str, str]) -> None:
        super().__init__({**self.FIRST, **{name: sent[name] for name in self.FIRST if name in sent}})
        field = self.fields["column"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("none")), *((name, name) for name in routing_settings.columns(study))]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says, checked."""

    labels: LabelSource
    max_error: float
    confidence: float
    rules: bool
    column: str

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Asked":
        """From the cleaned data of the form; shares between 0 and 1."""
        return cls(
            LabelSource(data["labels"]),
            data["max_error"] / 100,
            data["confidence"] / 100,
            data["rules"] == "on",
            data["column"],
        )


@dataclass(frozen=True, slots=True)
class PointRow:
    """A threshold with the addresses of the records it accepts, and accepts wrongly."""

    point: Point
    accepted: str
    wrong: str
    is_current: bool
    is_offered: bool
    name: str = ""


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """The curve, its table, and the lowest threshold that the labelled records vouch for."""
    study = membership.study
    form = ExplorerForm(study, request.GET.dict())
    settings = routing.current(study)
    now = settings.threshold if settings.accept_by == AcceptBy.PROBABILITY else None
    context: dict[str, object] = {"form": form, "now": now, "study_model": study.model_version}
    if form.is_valid():
        asked = Asked.of(form.cleaned_data)
        found = _sample(study, settings, asked)
        context |= {"asked": asked, "sample": found}
        if found.seen:
            context |= _figures(study, found, asked, now)
    return study_page(request, membership, "explorer/show.html", context, status=422 if form.errors else 200)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def listed(request: PageRequest, membership: Membership) -> HttpResponse:
    """The labelled records that a threshold accepts; with ``wrong``, those among them with another code."""
    study = membership.study
    form = ExplorerForm(study, request.GET.dict())
    threshold = _share(request.GET.get("threshold", ""))
    if not form.is_valid() or threshold is None:
        raise Http404(_("There is no such list."))
    asked = Asked.of(form.cleaned_data)
    wrong = "wrong" in request.GET
    found = _sample(study, routing.current(study), asked)
    stratum = request.GET.get("stratum") if asked.column else None
    keys = selected.keys(found, threshold, wrong=wrong, stratum=stratum)
    sentence = (
        _("Labelled records accepted at %(threshold)s with another code than the label")
        if wrong
        else _("Labelled records accepted at %(threshold)s")
    )
    words = sentence % {"threshold": f"{threshold:.6g}"}
    if stratum is not None:
        words = f"{words} · {asked.column}: {stratum or '–'}"
    page: Page[int] = Paginator(keys, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": records.with_codes(page.object_list),
        "words": words,
        "back": f"{reverse('explorer', args=[study.slug])}?{urlencode(_parameters(asked))}",
        "back_words": _("Threshold explorer"),
    }
    return study_page(request, membership, "routing/records.html", context)


def _sample(study: Study, settings: Settings, asked: Asked) -> Sample:
    return selected.sample(study, asked.labels, settings, other_rules=asked.rules, column=asked.column)


def _figures(study: Study, found: Sample, asked: Asked, now: float | None) -> dict[str, object]:
    """Curve, table, breakdown and the offered threshold."""
    offered = selected.offer(found, max_error=asked.max_error, confidence=asked.confidence)
    best = offered.threshold if offered else None
    marked = {threshold for threshold in (now, best) if threshold is not None}
    table = selected.points(found, [*selected.TABLE, *marked])
    by_threshold = {point.threshold: point for point in table}
    names = [(_("now"), now), (_("offered"), best)]
    address = f"{reverse('explorer-records', args=[study.slug])}?{urlencode(_parameters(asked))}"
    shown_at = best if best is not None else now if now is not None else 0.8
    return {
        "offered": offered,
        "fewest": thresholds.fewest_records(asked.max_error, asked.confidence),
        "curve": curve(
            selected.points(found, [*selected.CURVE, *marked]),
            table,
            [(name, by_threshold[at]) for name, at in names if at is not None],
            max_error=asked.max_error,
        ),
        "rows": [_row(point, address, now, best) for point in reversed(table)],
        "into": _into(study, offered),
        "shown_at": shown_at,
        "strata": [
            _row(point, f"{address}&{urlencode({'stratum': value})}", None, None, value)
            for value, point in selected.strata(found, shown_at)[:MOST_STRATA]
        ]
        if asked.column
        else [],
        "most_strata": MOST_STRATA,
    }


def _row(point: Point, address: str, now: float | None, best: float | None, name: str = "") -> PointRow:
    taken = f"{address}&threshold={point.threshold!r}"
    return PointRow(point, taken, f"{taken}&wrong", point.threshold == now, point.threshold == best, name)


def _into(study: Study, offered: Offered | None) -> str:
    """The form of the routing with the offered threshold filled in."""
    if offered is None or offered.threshold is None:
        return ""
    return f"{reverse('routing', args=[study.slug])}?{urlencode({'threshold': str(offered.threshold)})}"


def _parameters(asked: Asked) -> dict[str, str]:
    return {
        "labels": asked.labels.value,
        "max_error": f"{100 * asked.max_error:.6g}",
        "confidence": f"{100 * asked.confidence:.6g}",
        "rules": "on" if asked.rules else "off",
        "column": asked.column,
    }


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None

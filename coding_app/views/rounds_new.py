"""Setting up a round: its kind, then its form, and how many records it would take before it takes any."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import RoundKind
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Membership, Study
from coding_app.round_plans import RoundPlan
from coding_app.sampling import loads
from coding_app.selectors import populations, round_faults
from coding_app.selectors import rounds as selected
from coding_app.services import rounds as service
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.dashboard import records_address
from coding_app.views.records import condition_words
from coding_app.views.rounds_form import KINDS, RoundForm
from coding_app.views.rounds_words import kind_label, steps_of_evaluation

SET_UP = gettext_noop("set up rounds")
STRATA_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Load:
    """What one coder would be given."""

    name: str
    records: int


@member_view("GET", "HEAD", "POST", roles=permissions.SUPERVISE, what=SET_UP)
def new(request: PageRequest, membership: Membership) -> HttpResponse:
    """The kinds to choose from, or with ``kind`` the form of one.

    Fields of ``RecordFilter`` in the address say what is drawn from.
    """
    study = membership.study
    sent = request.POST if request.method == "POST" else request.GET
    if "kind" not in sent:
        kinds = [(kind, kind_label(kind), about) for kind, about in KINDS.items()]
        return study_page(
            request, membership, "rounds/kinds.html", {"kinds": kinds, "asked": sent.urlencode()}
        )
    kind = _kind(sent)
    if request.method != "POST":
        form = RoundForm(study, kind, initial=dict(request.GET.items()))
        return _page(request, membership, form, {"preview": _of_initial(study, form)})
    if "preview" in request.POST:
        return _page(request, membership, RoundForm(study, kind, request.POST), _preview(study, request.POST))
    form = RoundForm(study, kind, request.POST)
    if form.is_valid():
        plan = form.plan()
        form.add_faults(round_faults.faults(study, plan))
        if form.is_valid():
            try:
                made = service.set_up(study=study, plan=plan, user=request.user)
            except (InvalidInput, Conflict) as error:
                form.add_error(None, str(error))
            else:
                return redirect("round", study.slug, made.number)
    return _page(request, membership, form, _preview(study, request.POST), status=422)


@member_view("POST", roles=permissions.SUPERVISE, what=SET_UP)
def preview(request: PageRequest, membership: Membership) -> HttpResponse:
    """How many records the form as it stands would take, as a part of the page; nothing is written."""
    context = _preview(membership.study, request.POST)
    return study_page(request, membership, "rounds/preview.html", context)


def _kind(sent: QueryDict) -> RoundKind:
    asked = sent.get("kind", "")
    if asked not in RoundKind.values:
        raise Http404(_("There is no such kind of round."))
    return RoundKind(asked)


def _of_initial(study: Study, form: RoundForm) -> dict[str, Any]:
    """The preview of a form as it is first shown, asked for as if it were sent."""
    sent = QueryDict(mutable=True)
    for field in form:
        value = field.value()
        if isinstance(value, list):
            sent.setlist(field.name, [str(one) for one in value])
        elif value not in (None, False, ""):
            sent[field.name] = str(value)
    sent.update({**form.carried, "kind": str(form.kind)})
    found: dict[str, Any] = _preview(study, sent)["preview"]
    return found


def _preview(study: Study, sent: QueryDict) -> dict[str, Any]:
    named = sent.copy()
    named["name"] = named.get("name") or "-"  # a round without a name yet can be previewed, too
    form = RoundForm(study, _kind(sent), named)
    if not form.is_valid():
        return {"preview": {"faults": _faults(form)}}
    plan = form.plan()
    population = selected.population(study, plan)
    drawn = population if plan.size is None else min(plan.size, population)
    strata = populations.strata(study, plan) if plan.stratum_column else []
    form.add_faults(round_faults.faults(study, plan))
    return {
        "preview": {
            "population": population,
            "drawn": drawn,
            "href": records_address(study, **plan.population),
            "strata": strata[:STRATA_SHOWN],
            "strata_more": max(0, len(strata) - STRATA_SHOWN),
            "loads": _loads(form, plan, drawn),
            "faults": _faults(form),
        }
    }


def _faults(form: RoundForm) -> list[tuple[str, str]]:
    """What is wrong with the form, each with the field's label; empty for what is about no field."""
    return [
        (str(form.fields[name].label or "") if name in form.fields else "", " ".join(map(str, errors)))
        for name, errors in form.errors.items()
    ]


def _loads(form: RoundForm, plan: RoundPlan, records: int) -> list[Load]:
    """How many records each coder would be given; the sharing out itself is done at the draw."""
    if not plan.coders:
        return []
    names = {row.user: row.name for row in form.rows}
    each = min(plan.each, len(plan.coders))
    shared = loads([share for _user, share in plan.coders], records, each=each)
    return [Load(names[user], count) for (user, _share), count in zip(plan.coders, shared, strict=True)]


def _page(
    request: PageRequest,
    membership: Membership,
    form: RoundForm,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    study = membership.study
    context |= {
        "form": form,
        "guide": steps_of_evaluation(None) if form.kind == RoundKind.EVALUATION else [],
        "carried": [condition_words(study, name, value) for name, value in form.carried.items()],
    }
    return study_page(request, membership, "rounds/new.html", context, status=status)

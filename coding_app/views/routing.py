"""The routing of a study: what it would do, shown before it is done, and every version there was."""

import hashlib
from dataclasses import dataclass, replace

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.choices import AcceptBy, LabelSource, RecordStatus, Rule
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Membership, Routing, Study
from coding_app.routing import Settings
from coding_app.selectors import explorer, jobs, records, routing_preview
from coding_app.selectors import routing as selected
from coding_app.services import route
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.dashboard import records_address
from coding_app.views.routing_form import RoutingForm, address_of
from coding_app.views.routing_words import history

SEE = gettext_noop("see the routing")
CHANGE = gettext_noop("change the routing")
A_PAGE = 100


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with the records it has now and would have then, and where these are listed."""

    label: str
    accepts: bool
    now: int
    then: int
    href_now: str
    href_then: str

    @property
    def change(self) -> int:
        """How many more, or fewer."""
        return self.then - self.now


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def show(request: PageRequest, membership: Membership) -> HttpResponse:
    """The routing as it is, its form and its versions.

    ``version`` fills the form with the settings of an earlier one, ``threshold`` with another threshold;
    nothing is saved by that.
    """
    study = membership.study
    settings = selected.current(study)
    filled = ""
    if "version" in request.GET:
        version = _version(study, request.GET["version"])
        settings = Settings.of(version)
        filled = _("The settings of version %(number)s are filled in. Nothing is saved yet.") % {
            "number": version.number
        }
    threshold = _share(request.GET.get("threshold", ""))
    if threshold is not None:
        settings = replace(settings, accept_by=AcceptBy.PROBABILITY, threshold=threshold)
        filled = _("The threshold %(threshold)s is filled in. Nothing is saved yet.") % {
            "threshold": f"{threshold:.6g}"
        }
    return _page(request, membership, RoutingForm(study, settings), filled=filled)


@member_view("POST", roles=permissions.MANAGE, what=CHANGE)
def preview(request: PageRequest, membership: Membership) -> HttpResponse:
    """What the settings would do: the whole page, or for HTMX the part with the numbers."""
    study = membership.study
    form = RoutingForm(study, selected.current(study), request.POST)
    if "offer" in request.POST:
        form.offer_guard()
        return _page(
            request, membership, form, filled=_("The usual words are filled in. Nothing is saved yet.")
        )
    if not form.is_valid() or form.settings is None:
        return _page(request, membership, form, status=422)
    context = _preview(study, form.settings)
    if request.htmx:
        return study_page(request, membership, "routing/preview.html", {"form": form, **context})
    return _page(request, membership, form, context)


@member_view("POST", roles=permissions.MANAGE, what=CHANGE)
def apply(request: PageRequest, membership: Membership) -> HttpResponse:
    """Save the settings and route the records by them: only what was previewed, on what was current then."""
    study = membership.study
    form = RoutingForm(study, selected.current(study), request.POST)
    if not form.is_valid() or form.settings is None:
        return _page(request, membership, form, status=422)
    if request.POST.get("previewed") != _digest(study, form.settings):
        context = _preview(study, form.settings)
        text = _("These are not the settings that were shown, or the routing changed meanwhile. Look again.")
        return _page(request, membership, form, {**context, "notice": text}, status=409)
    try:
        seen = study.routing.number if study.routing else 0
        made = route.save(study=study, user=request.user, settings=form.settings, seen=seen)
    except InvalidInput as error:
        form.add_error(None, str(error))
        return _page(request, membership, form, status=422)
    except Conflict as error:
        return _page(
            request, membership, form, {**_preview(study, form.settings), "notice": str(error)}, status=409
        )
    messages.success(
        request, _("Routing %(number)s is saved; it holds from now on.") % {"number": made.number}
    )
    return redirect("routing", study.slug)


@member_view("POST", roles=permissions.MANAGE, what=gettext_noop("route the records again"))
def again(request: PageRequest, membership: Membership) -> HttpResponse:
    """Route every record again by the routing there is."""
    try:
        route.apply(study=membership.study, user=request.user)
    except (Conflict, InvalidInput) as error:
        messages.warning(request, str(error))
    return redirect("routing", membership.study.slug)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def audited(request: PageRequest, membership: Membership) -> HttpResponse:
    """The records of the audit that people gave another code, or none."""
    keys = routing_preview.audit_wrong(membership.study)
    return _list(request, membership, keys, _("Drawn for the audit, and decided otherwise"))


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def listed(request: PageRequest, membership: Membership) -> HttpResponse:
    """The records behind a number of the preview: those of a ``rule``, a ``move`` or the ``sample``."""
    study = membership.study
    form = RoutingForm(study, selected.current(study), request.GET)
    if not form.is_valid() or form.settings is None:
        raise Http404(_("These settings are none."))
    rule, move, sample = (request.GET.get(name, "") for name in ("rule", "move", "sample"))
    if rule in Rule.values:
        keys = routing_preview.listed(study, form.settings, rule=rule)
        words = _("These settings would say of them: %(rule)s") % {"rule": Rule(rule).label}
    elif move in _moves():
        keys = routing_preview.listed(study, form.settings, move=move)
        words = _moves()[move]
    elif sample in {"accepted", "wrong"}:
        found = explorer.measured(study, LabelSource.REFERENCE, form.settings)
        keys = list(found.wrong if sample == "wrong" else found.accepted)
        words = _in_sample(sample)
    else:
        raise Http404(_("There is no such list."))
    return _list(request, membership, keys, words)


def _list(request: PageRequest, membership: Membership, keys: list[int], words: str) -> HttpResponse:
    page: Page[int] = Paginator(keys, A_PAGE).get_page(request.GET.get("page"))
    return study_page(
        request,
        membership,
        "routing/records.html",
        {
            "page": page,
            "rows": records.with_codes(page.object_list),
            "words": words,
            "back": reverse("routing", args=[membership.study.slug]),
            "back_words": _("Routing"),
        },
    )


def _in_sample(sample: str) -> str:
    if sample == "wrong":
        return _("These settings would accept them with another code than the known one")
    return _("Records with a known code that these settings would accept")


def _moves() -> dict[str, str]:
    return {
        "to_accepted": _("Waiting now, accepted with these settings"),
        "to_waiting": _("Accepted now, with a person with these settings"),
        "other_code": _("Accepted both ways, with another code"),
    }


def _page(
    request: PageRequest,
    membership: Membership,
    form: RoutingForm,
    context: dict[str, object] | None = None,
    *,
    filled: str = "",
    status: int = 200,
) -> HttpResponse:
    study = membership.study
    versions = list(selected.versions(study))
    state = selected.state(study)
    return study_page(
        request,
        membership,
        "routing/index.html",
        {
            "form": form,
            "filled": filled,
            "current": versions[0] if study.routing_id else None,
            "versions": history(versions),
            "state": state,
            "worker_is_there": jobs.worker_is_there(state.job.queue) if state.job else True,
            "audit": routing_preview.audit(study),
            "drawn": records_address(study, rule=Rule.AUDIT),
            "undecided": records_address(study, rule=Rule.AUDIT, status=RecordStatus.WAITING),
            "has_model": study.model_version_id is not None,
            **(context or {}),
        },
        status=status,
    )


def _preview(study: Study, settings: Settings) -> dict[str, object]:
    """What the template of the preview shows."""
    found = routing_preview.preview(study, settings)
    by_settings = f"{reverse('routing-records', args=[study.slug])}?{address_of(settings)}"
    measured = explorer.measured(study, LabelSource.REFERENCE, settings)
    return {
        "preview": found,
        "rules": [
            RuleRow(
                label=str(Rule(line.rule).label),
                accepts=line.accepts,
                now=line.now,
                then=line.then,
                href_now=records_address(study, **line.filter_now),
                href_then=f"{by_settings}&{urlencode({'rule': line.rule})}",
            )
            for line in found.lines
            if line.now or line.then
        ],
        "moves": [
            (words, getattr(found, name), f"{by_settings}&move={name}") for name, words in _moves().items()
        ],
        "measured": measured,
        "measured_accepted": f"{by_settings}&sample=accepted",
        "measured_wrong": f"{by_settings}&sample=wrong",
        "by_probability": settings.accept_by == AcceptBy.PROBABILITY,
        "unchanged": settings == selected.current(study),
        "digest": _digest(study, settings),
    }


def _digest(study: Study, settings: Settings) -> str:
    """Tells these settings, on top of the current routing, from any other."""
    return hashlib.sha256(f"{study.pk} {study.routing_id} {settings!r}".encode()).hexdigest()[:32]


def _version(study: Study, number: str) -> Routing:
    known = number.isdecimal() and len(number) < 10
    found = selected.versions(study).filter(number=int(number)).first() if known else None
    if found is None:
        raise Http404(_("There is no such version of the routing."))
    return found


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None

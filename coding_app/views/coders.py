"""Each coder's work: how much, how fast, how well, whether that drifts, and how far the machine leads."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coding_app import permissions
from coding_app.models import Membership
from coding_app.selectors import coder_stats, independent
from coding_app.selectors.coder_stats import By, CoderRow, Part
from coding_app.views.access import PageRequest, member_view, study_page
from coding_app.views.agreement import record_list
from coding_app.views.interval_chart import Chart, chart

SEE = gettext_noop("see the figures of the coders")
GOLD = "gold"


@dataclass(frozen=True, slots=True)
class Shown:
    """A coder's figures with the start of the addresses of their lists."""

    row: CoderRow
    list: str
    page: str


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of a coder's work, named, with the address of its records."""

    name: str
    part: Part
    href: str


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def index(request: PageRequest, membership: Membership) -> HttpResponse:
    """Everybody who coded; with ``coder``, how that one's agreement goes, by tenths of it or ``by`` week."""
    study = membership.study
    by = By.WEEK if request.GET.get("by") == By.WEEK else By.PARTS
    gold = request.GET.get("against") == GOLD
    rows = coder_stats.coders(study, independent.rated(study), by=by, against_gold=gold)
    here, listing = (reverse(name, args=[study.slug]) for name in ("coders", "coder-records"))
    chosen = next((row for row in rows if str(row.user) == request.GET.get("coder")), None)
    context: dict[str, object] = {
        "rows": [Shown(row, f"{listing}?coder={row.user}", f"{here}?coder={row.user}") for row in rows],
        "chosen": chosen,
        "longest": coder_stats.LONGEST // 60,
        "by": by,
    }
    if chosen is not None:
        now = (by, GOLD if gold else "final")
        against = f"&against={GOLD}" if gold else ""
        parts = _parts(chosen, by, f"{listing}?coder={chosen.user}&by={by.value}{against}")
        context |= {
            "parts": parts,
            "drawing": _drawing(parts),
            "against_gold": gold,
            "views": [
                (name, f"{here}?coder={chosen.user}&by={how.value}&against={what}", (how, what) == now)
                for how, what, name in (
                    (By.PARTS, "final", _("Final codes, by tenths of their work")),
                    (By.WEEK, "final", _("Final codes, by week")),
                    (By.PARTS, GOLD, _("Gold codes, by tenths of their work")),
                    (By.WEEK, GOLD, _("Gold codes, by week")),
                )
            ],
        }
    return study_page(request, membership, "agreement/coders.html", context)


@member_view("GET", "HEAD", roles=permissions.SUPERVISE, what=SEE)
def listed(request: PageRequest, membership: Membership) -> HttpResponse:
    """The records behind a coder's number: ``what`` says which, ``part`` one part of their work."""
    study = membership.study
    by = By.WEEK if request.GET.get("by") == By.WEEK else By.PARTS
    gold = request.GET.get("against") == GOLD
    rows = coder_stats.coders(study, independent.rated(study), by=by, against_gold=gold)
    chosen = next((row for row in rows if str(row.user) == request.GET.get("coder")), None)
    if chosen is None:
        raise Http404(_("There is no such coder in this study."))
    work = chosen.work
    number = request.GET.get("part", "")
    part = next((one for one in chosen.parts if str(one.number) == number), None)
    lists = {
        "decided": (_("Decided by %(name)s"), work.decisions),
        "cannot-code": (_("Which %(name)s said cannot be coded"), work.cannot_code),
        "wrong": (_("Where the final code is not that of %(name)s"), [*chosen.wrong]),
        "gold-wrong": (_("Where the gold code is not that of %(name)s"), [*chosen.gold_wrong]),
        "saw": (
            _("Where %(name)s saw the machine's first suggestion"),
            [key for key, _same in work.assisted],
        ),
        "did-not-see": (
            _("Where the machine had a first suggestion that %(name)s did not see"),
            [key for key, _same in work.blinded],
        ),
        "assisted": (
            _("Where %(name)s saw the machine's first suggestion and gave it"),
            work.gave_assisted,
        ),
        "blinded": (
            _("Where %(name)s gave the machine's first suggestion without seeing it"),
            work.gave_blinded,
        ),
    }
    if part is not None:
        lists["part"] = (_("Part of the work of %(name)s"), [*part.records])
    if request.GET.get("what") not in lists:
        raise Http404(_("There is no such list."))
    words, keys = lists[request.GET["what"]]
    return record_list(
        request,
        membership,
        sorted(set(keys)),
        words % {"name": chosen.name},
        back=reverse("coders", args=[study.slug]),
        back_words=_("Coders"),
    )


def _parts(chosen: CoderRow, by: By, listing: str) -> list[PartRow]:
    return [
        PartRow(
            date_format(part.monday, "Y-m-d")
            if by == By.WEEK and part.monday
            else _("part %(n)s of %(all)s") % {"n": part.number, "all": len(chosen.parts)},
            part,
            f"{listing}&what=part&part={part.number}",
        )
        for part in chosen.parts
    ]


def _drawing(parts: list[PartRow]) -> Chart | None:
    return chart([(one.name, one.part.agreed) for one in parts])

"""Whether a version may be promoted, in words and with the figures that decide it."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding_app.models import ModelVersion, Study
from coding_app.selectors import models as selected
from coding_app.selectors.progress import Rate
from coding_app.services import promotion


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those compared on the same held-out records; ``href`` leads to it."""

    label: str
    rate: Rate
    href: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, why in ``words``, and the figures of those that were compared."""

    promoted: bool
    words: str
    records_words: str
    rows: list[Contender]


def shown_verdict(study: Study, verdict: dict[str, Any], version: ModelVersion | None) -> Verdict | None:
    """A verdict of ``services.promotion`` about ``version``; ``None`` where there is none yet."""
    if not verdict:
        return None
    return Verdict(
        promoted=verdict["promoted"],
        words=promotion.explain(verdict),
        records_words=_records(verdict),
        rows=_contenders(study, verdict, version),
    )


def _records(verdict: dict[str, Any]) -> str:
    records, left_out = verdict["records"], verdict["left_out"]
    told = ngettext(
        "Judged on the same %(n)s held-out record.", "Judged on the same %(n)s held-out records.", records
    ) % {"n": f"{records:,}"}
    if not left_out:
        return told
    without = ngettext(
        "%(n)s is left out: the current model learnt from its text.",
        "%(n)s are left out: the current model learnt from their texts.",
        left_out,
    ) % {"n": f"{left_out:,}"}
    return f"{told} {without}"


def _contenders(study: Study, verdict: dict[str, Any], version: ModelVersion | None) -> list[Contender]:
    found = []
    if own := verdict.get("candidate"):
        label = _("Model %(n)s") % {"n": version.number} if version else _("The new model")
        href = reverse("model", args=[study.slug, version.number]) if version else ""
        found.append(Contender(label, Rate(own["k"], own["n"]), href))
    if current := verdict.get("current"):
        now = selected.current(study)
        is_now = now is not None and now.number == current["number"]
        told = _("Model %(n)s, the current one") if is_now else _("Model %(n)s, current then")
        label = told % {"n": current["number"]}
        there = selected.versions(study).filter(number=current["number"]).exists()
        href = reverse("model", args=[study.slug, current["number"]]) if there else ""
        found.append(Contender(label, Rate(current["k"], current["n"]), href))
    if instant := verdict.get("baseline"):
        found.append(Contender(_("The instant baseline"), Rate(instant["k"], instant["n"])))
    return found

"""Figures as a paper has them."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from coding_app.agreement import Estimate
from coding_app.document import Cell, Number, Rows
from coding_app.selectors.progress import Rate


def number(count: int | None) -> str:
    """A count with thousands apart; a dash where it is not known."""
    return "–" if count is None else f"{count:,}"


def linked(count: int, rows: Rows) -> Cell:
    """A count that leads to its rows, where it has any."""
    return Number(number(count), rows) if count else number(count)


def records(**query: str) -> Rows:
    """The list of the study's records, narrowed by the fields of ``RecordFilter``."""
    return Rows("records", query=query)


def only_if(count: int, text: str) -> str:
    """The text, where the count is not 0."""
    return text if count else ""


def span(first: datetime, last: datetime) -> str:
    """One day, or two with a dash."""
    days = [timezone.localdate(one).isoformat() for one in (first, last)]
    return days[0] if days[0] == days[1] else f"{days[0]} – {days[1]}"


def rate(found: Rate) -> str:
    """A rate in percent with its interval."""
    if found.value is None or found.interval is None:
        return "–"
    low, high = found.interval
    return f"{100 * found.value:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def percent(one: Estimate) -> str:
    """A share in percent with its interval."""
    if one.value is None:
        return "–"
    if one.interval is None:
        return f"{100 * one.value:.1f} %"
    return f"{100 * one.value:.1f} % ({100 * one.interval[0]:.1f}–{100 * one.interval[1]:.1f})"


def figure(one: Estimate | None) -> str:
    """A coefficient with its interval; a dash where there is none."""
    if one is None or one.value is None:
        return "–"
    if one.interval is None:
        return f"{one.value:.3f}"
    low, high = one.interval
    return f"{one.value:.3f} " + _("(%(low)s to %(high)s)") % {"low": f"{low:.3f}", "high": f"{high:.3f}"}

"""Template tags and filters of the pages."""

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from coding_app import stored_words
from coding_app.choices import Delimiter
from coding_app.models import Job
from coding_app.views.tables import table_label

register = template.Library()


@register.simple_tag(takes_context=True)
def current(context: Context, *names: str) -> SafeString | str:
    """Marks a link as leading to the page one is on: when the page's address has one of these names."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if match is None or match.url_name not in names:
        return ""
    return format_html(' aria-current="{}"', "page")


@register.filter
def percent(share: float | None) -> str:
    """A share between 0 and 1 as percent with one decimal; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


@register.filter
def whole_percent(share: float) -> str:
    """A share as whole percent."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


@register.filter
def threshold(share: float) -> str:
    """A threshold with two decimals, or three where it has them."""
    return f"{share:.2f}" if round(share, 2) == share else f"{share:.6g}"


@register.filter
def of(part: int, whole: int) -> float | None:
    """The share of ``part`` in ``whole``, between 0 and 1; ``None`` of nothing."""
    return part / whole if whole else None


@register.filter
def width(share: float | None) -> str:
    """A share between 0 and 1 as a length for an SVG attribute, such as ``37.50%``."""
    return f"{100 * (share or 0):.2f}%"


@register.filter
def tens(job: Job) -> int:
    """How far a job is, in whole tens of percent."""
    return (job.percent or 0) // 10 * 10


@register.filter
def remaining(job: Job) -> int:
    """How much of a job is left to do, once its total is known."""
    return (job.total or 0) - job.done


@register.filter
def in_words(stored: str) -> str:
    """A sentence stored in English, in the reader's language where it is one that is known."""
    return stored_words.in_words(stored)


@register.filter
def table_name(name: str) -> str:
    """A table of a dictionary in words; nothing where there is none."""
    return table_label(name) if name else ""


@register.filter
def delimiter_name(delimiter: str) -> str:
    """A delimiter in words, for a tab cannot be seen."""
    return str(Delimiter(delimiter).label) if delimiter in Delimiter.values else delimiter

"""Filters for the figures of models: rates, differences and p-values as ``docs/metrics.md`` has them."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()

_NOTHING = "–"


@register.filter
def interval(rate: Mapping[str, Any] | None) -> str:
    """The 95 % interval of a rate in percent, such as ``83.9–84.9``; nothing without trials."""
    if not rate or rate["value"] is None:
        return ""
    return f"{100 * rate['low']:.1f}–{100 * rate['high']:.1f}"


@register.filter
def points(difference: float | None) -> str:
    """A difference of shares in percentage points with its sign, such as ``+1.2``; a dash for none."""
    return _NOTHING if difference is None else f"{100 * difference:+.1f}".replace("-", "−")


@register.filter
def p_value(p: float | None) -> str:
    """A p-value as people write it."""
    if p is None:
        return _NOTHING
    return "<\N{NO-BREAK SPACE}0.001" if p < 0.001 else f"{p:.3f}"


@register.filter
def three(figure: float | None) -> str:
    """A figure with three decimals; a dash for none."""
    return _NOTHING if figure is None else f"{figure:.3f}"


@register.filter
def short(figure: float) -> str:
    """A number as people type it: ``0.3``, ``2e-05``."""
    return f"{figure:g}"

"""Versions of a routing in words: what changed from one to the next."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from coding_app.models import Routing
from coding_app.routing import Settings


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with what it changed, line by line; without a version before, against the defaults."""

    routing: Routing
    changes: tuple[str, ...]


def history(versions: list[Routing]) -> list[VersionRow]:
    """The versions as given, newest first, each against the one before."""
    rows = []
    for at, version in enumerate(versions):
        before = Settings.of(versions[at + 1]) if at + 1 < len(versions) else Settings()
        rows.append(VersionRow(version, tuple(changes(before, Settings.of(version)))))
    return rows


def changes(before: Settings, after: Settings) -> list[str]:
    """What is different, one line a setting."""
    old, new = _told(before), _told(after)
    return [
        _("%(name)s: %(before)s → %(after)s") % {"name": name, "before": old[name], "after": value}
        for name, value in new.items()
        if value != old[name]
    ]


def _told(settings: Settings) -> dict[str, str]:
    guards = [f"{one.group} ({', '.join(one.words)})" for one in settings.guarded]
    strata = [f"{one.column} = {', '.join(one.values)}" for one in settings.person_strata]
    return {
        _("accepted"): str(settings.accept_by.label),
        _("threshold"): f"{settings.threshold:.6g}",
        _("margin"): f"{settings.min_margin:.6g}",
        _("dictionary and model have to agree"): _("yes") if settings.require_agreement else _("no"),
        _("guarded"): _listed(guards),
        _("codes to a person"): _listed(list(settings.person_codes)),
        _("strata to a person"): _listed(strata),
        _("audit"): f"{100 * settings.audit_share:.6g}\N{NO-BREAK SPACE}%",
        _("seed"): str(settings.audit_seed),
    }


def _listed(parts: list[str]) -> str:
    return "; ".join(parts) or _("none")

"""The classifier's reports on disk: the page, and the figures it is made from."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _

from coding_app import model_folders


def page(folder: str) -> bytes:
    """``report.html`` of a folder below MEDIA_ROOT, as it was written.

    Raises:
        Http404: when there is none.
    """
    return _read(folder, model_folders.REPORT)


def figures(folder: str) -> dict[str, Any]:
    """What ``metrics.json`` of a folder says (``docs/metrics.md``).

    Raises:
        Http404: when there is none.
    """
    found: dict[str, Any] = json.loads(_read(folder, model_folders.METRICS))
    return found


def figures_if_any(folder: str) -> dict[str, Any] | None:
    """The same; ``None`` when there is none, for pages that show them beside other things."""
    try:
        return figures(folder)
    except Http404:
        return None


def _read(folder: str, name: str) -> bytes:
    if not folder:
        raise Http404(_("There is no report here."))
    try:
        return Path(settings.MEDIA_ROOT, folder, name).read_bytes()
    except FileNotFoundError as error:
        raise Http404(_("This report is no longer kept: judge the model again.")) from error

"""The classifier's reports in the study's scope: the page itself, and its figures as a file."""

import json

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from coding_app.selectors import reports

# The page brings its own styles, in it and on its figures, and has no scripts. It may load nothing and send
# nothing, and ``sandbox`` takes this server's cookies from it, whatever were to get into it.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)


def page(folder: str, *, name: str, as_file: bool) -> HttpResponse:
    """``report.html`` of a folder, to be read in the browser, or ``as_file`` called ``name``.

    Raises:
        Http404: when there is no report.
    """
    response = HttpResponse(reports.page(folder), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return _named(response, f"{name}.html", as_file=as_file)


def figures_file(folder: str, *, name: str) -> HttpResponse:
    """``metrics.json`` of a folder as a file called ``name``.

    Raises:
        Http404: when there is none.
    """
    text = json.dumps(reports.figures(folder), ensure_ascii=False, indent=1)
    return _named(HttpResponse(text, content_type="application/json"), f"{name}.json", as_file=True)


def _named(response: HttpResponse, name: str, *, as_file: bool) -> HttpResponse:
    response.headers["Content-Disposition"] = content_disposition_header(as_file, name) or "inline"
    return response

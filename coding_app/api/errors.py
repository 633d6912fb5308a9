"""Every error of the API in one shape: problem details (RFC 9457)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from coding_app.exceptions import Conflict, Faults, NotAllowed, TiebreakError

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: ("invalid-input", gettext_noop("What was sent cannot be used")),
    401: ("not-signed-in", gettext_noop("Sign in first")),
    403: ("not-allowed", gettext_noop("Not allowed")),
    404: ("not-found", gettext_noop("Not found")),
    405: ("method-not-allowed", gettext_noop("This address does not answer to that method")),
    409: ("conflict", gettext_noop("It changed meanwhile")),
    413: ("too-large", gettext_noop("Too large")),
    415: ("unsupported-media-type", gettext_noop("The body is in a format that is not read here")),
}


class TooLarge(exceptions.APIException):
    """A body that is longer than any request of this API has to be."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The body is too large for a request of this kind.")


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error; ``None`` for one that nobody expected, which goes to the log as our fault.

    The body has ``type``, ``title``, ``status`` and ``detail``; with a wrong input also ``errors``, which
    maps the name of each field (dotted where fields are nested) to what is wrong with it; and with a file
    that was refused as a whole ``faults``, one line a fault.
    """
    if isinstance(error, TiebreakError):
        set_rollback()
        extra = {"faults": list(error.faults)} if isinstance(error, Faults) else {}
        return _problem(_status_of(error), str(error), **extra)
    if isinstance(error, SuspiciousOperation | BadRequest):
        set_rollback()
        return _problem(413 if isinstance(error, RequestDataTooBig) else 400, str(error))
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = dict(_flat(error.detail))
        detail = " ".join(f"{name}: {text}" if name else text for name, text in _sentences(errors))
        answer = _problem(response.status_code, detail, errors=errors)
    else:
        answer = _problem(response.status_code, str(response.data.get("detail", error)))
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer


def _status_of(error: TiebreakError) -> int:
    if isinstance(error, NotAllowed):
        return status.HTTP_403_FORBIDDEN
    if isinstance(error, Conflict):
        return status.HTTP_409_CONFLICT
    return status.HTTP_400_BAD_REQUEST


def _problem(code: int, detail: str, **extra: object) -> Response:
    name, title = TITLES.get(code, ("other", gettext_noop("The request failed")))
    kind = f"urn:tiebreak:problem:{name}"
    body = {"type": kind, "title": _(title), "status": code, "detail": detail, **extra}
    return Response(body, status=code, content_type=MEDIA_TYPE)


def _sentences(errors: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for name, texts in errors.items():
        yield name, " ".join(texts)


def _flat(detail: Any, name: str = "") -> Iterator[tuple[str, list[str]]]:
    """Names of fields and what is wrong with each; ``""`` names the input as a whole."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            own = "" if key == "non_field_errors" else str(key)
            yield from _flat(inner, ".".join(part for part in (name, own) if part))
    elif isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        for place, inner in enumerate(detail):
            if inner:
                yield from _flat(inner, f"{name}.{place}" if name else str(place))
    else:
        yield name, [str(text) for text in (detail if isinstance(detail, list) else [detail])]

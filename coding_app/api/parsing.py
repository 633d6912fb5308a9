"""Reading bodies and choosing how to answer."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches

from coding_app.api.errors import TooLarge


class JSONBody(BaseParser):
    """JSON as UTF-8, no longer than ``DATA_UPLOAD_MAX_MEMORY_SIZE``."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """What the body says.

        Raises:
            TooLarge, ParseError
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge
        try:
            value = json.loads(body.decode("utf-8"), parse_constant=_no_number)
            # Half a character, written as an escape, could neither be kept nor be shown in an error.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise ParseError(_("The body has half a character in it (a lone surrogate).")) from error
        except ValueError as error:
            raise ParseError(_("The body is not JSON: %(reason)s") % {"reason": error}) from error
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
        return value


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


class AlwaysJSON(BaseContentNegotiation):
    """Answers are JSON, downloads the file, whatever the client says it accepts; bodies are what they say."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """The parser for the body's media type."""
        for parser in parsers:
            if parser.media_type and media_type_matches(parser.media_type, request.content_type):
                return parser
        return None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first renderer there is."""
        first = next(iter(renderers))
        return first, str(first.media_type)

"""A signed-in browser as far as the queue needs one: cookies, forms, and nothing cheaper than real HTTP."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from urllib.parse import urlencode

from coding_app.management.commands.serve import HOST

TIMEOUT = 30
"""Seconds after which the page gives up a request, as ``queue.js`` says."""

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_CANDIDATE = re.compile(r'name="choice" value="([^"]*)" data-code="([^"]*)"')
_FORM = '<form id="decide"'


class Dropped(Exception):
    """The connection was refused or broke off: nobody knows whether the request was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``asked`` and ``answered`` are seconds since the epoch."""

    status: int
    text: str
    asked: float
    answered: float


@dataclass(frozen=True, slots=True)
class Screen:
    """The queue's screen: the fields of its form, and codes by the value that chooses them.

    ``opened`` is when the server put the record there, by its own words; ``place`` is 0 on an empty queue.
    """

    fields: Mapping[str, str]
    candidates: tuple[tuple[str, str], ...]
    place: int = 0
    record: int = 0
    opened: float = 0.0

    @classmethod
    def of(cls, answer: Answer) -> Screen:
        """Read a screen.

        Raises:
            AssertionError: the answer is none.
        """
        assert 'id="screen"' in answer.text, f"no screen: {answer.status} {answer.text[:500]}"
        _, found, form = answer.text.partition(_FORM)
        if not found:
            return cls({}, ())
        fields = {name: unescape(value) for name, value in _HIDDEN.findall(form)}
        opened = fields["opened"].partition(" ")[2].rpartition(":")[0]
        return cls(
            fields,
            tuple(_CANDIDATE.findall(form)),
            int(fields["place"]),
            int(fields["record"]),
            datetime.fromisoformat(opened).timestamp(),
        )


class Browser:
    """Cookies of one person. A connection is for one request: a coder's come seconds apart."""

    def __init__(self, port: int, session: str) -> None:
        self._port = port
        self._cookies = {"sessionid": session}

    def get(self, path: str) -> Answer:
        """Load a page."""
        return self._ask("GET", path, None)

    def send(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form as HTMX does."""
        return self._ask("POST", path, fields)

    def send_and_leave(self, path: str, fields: Mapping[str, str]) -> None:
        """Send a form, and close the tab before the answer is there."""
        connection = http.client.HTTPConnection(HOST, self._port, timeout=TIMEOUT)
        try:
            self._request(connection, "POST", path, fields)
        except (OSError, http.client.HTTPException) as error:
            raise Dropped from error
        finally:
            connection.close()

    def _ask(self, method: str, path: str, fields: Mapping[str, str] | None) -> Answer:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=TIMEOUT)
        asked = time.time()
        try:
            self._request(connection, method, path, fields)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise Dropped from error
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return Answer(response.status, text, asked, time.time())

    def _request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        fields: Mapping[str, str] | None,
    ) -> None:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if fields is not None:
            headers |= {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(fields)
        connection.request(method, path, body, headers | {"Connection": "close"})

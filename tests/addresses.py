"""Every address of the URL configuration, so that no test of them can leave a new one out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """A pattern: ``name`` as ``reverse`` takes it, ``route`` with its parameters in angle brackets."""

    name: str
    route: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters, in order."""
        return tuple(_PARAMETER.findall(self.route))

    def filled(self, values: Mapping[str, object]) -> str:
        """The address with values for its parameters."""
        return "/" + _PARAMETER.sub(lambda found: str(values[found.group(1)]), self.route)


def addresses() -> list[Address]:
    """All of them, in the order of the configuration; a pattern that takes anything is asked for ``x``."""
    return list(_below(get_resolver().url_patterns, "", ""))


def _below(patterns: list[URLPattern | URLResolver], route: str, space: str) -> Iterator[Address]:
    for one in patterns:
        part = str(one.pattern) if isinstance(one.pattern, RoutePattern) else "x"
        if isinstance(one, URLResolver):
            part = str(one.pattern)
            yield from _below(
                one.url_patterns, route + part, f"{space}{one.namespace}:" if one.namespace else space
            )
        else:
            yield Address(f"{space}{one.name or part}", route + part)

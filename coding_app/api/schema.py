"""How the API describes itself (OpenAPI)."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction

from coding_app.api.errors import MEDIA_TYPE
from coding_app.api.serializers.problems import ProblemSerializer


class Schema(AutoSchema):
    """Adds the one shape of errors to every operation, and groups operations by resource."""

    def get_tags(self) -> list[str]:
        """The resource, which is the last part of the address before a key or an action."""
        parts = [part for part in self.path.split("/") if part][2:]
        inside = [part for part in parts if not part.startswith("{")]
        return [inside[1] if len(inside) > 1 and inside[0] == "studies" else inside[0]]

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction=direction)
        bodies["default"] = self._get_response_for_code(  # type: ignore[no-untyped-call]
            ProblemSerializer, "default", media_types=[MEDIA_TYPE], direction=direction
        )
        return bodies

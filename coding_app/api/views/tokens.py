"""Tokens, for programs that sign in."""

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app.api.parsing import AlwaysJSON, JSONBody
from coding_app.api.schema import Schema


class TokenView(ObtainAuthToken):
    """Name and password for a token; send it as ``Authorization: Token <token>``."""

    schema = Schema()
    parser_classes = [JSONBody, FormParser]
    content_negotiation_class = AlwaysJSON
    authentication_classes = []
    metadata_class = None

    @extend_schema(
        operation_id="auth_token_create",
        request=AuthTokenSerializer,
        auth=[],
        responses={200: inline_serializer("Token", {"token": serializers.CharField()})},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The user's token, made when there is none yet."""
        return super().post(request, *args, **kwargs)

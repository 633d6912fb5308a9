"""What all views of the API have in common: who asks, in which study, with which role."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_noop
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.parsing import AlwaysJSON, JSONBody
from coding_app.api.schema import Schema
from coding_app.choices import Role
from coding_app.models import Membership, Study
from coding_app.selectors.studies import membership_in

M = TypeVar("M", bound=Model)
I = TypeVar("I", bound=serializers.Serializer[Any])  # noqa: E741


class Need(NamedTuple):
    """Which roles may do something, and what it is called when it is refused."""

    roles: frozenset[Role]
    what: str


ANY_MEMBER = Need(permissions.CODE_RECORDS, gettext_noop("see this"))


class ApiViews(viewsets.GenericViewSet[M], Generic[M]):
    """JSON in and out; signed-in users only."""

    schema = Schema()
    parser_classes = [JSONBody]
    content_negotiation_class = AlwaysJSON
    metadata_class = None

    @property
    def user(self) -> User:
        """Who asks; the permission classes let no one else in."""
        return cast(User, self.request.user)

    def page(self, rows: QuerySet[Any], shape: type[serializers.BaseSerializer[Any]]) -> Response:
        """A page of a list."""
        found = self.paginate_queryset(rows)
        shown = shape(found, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shown.data)

    def shown(self, one: object, shape: type[serializers.BaseSerializer[Any]], status: int = 200) -> Response:
        """One thing."""
        return Response(shape(one, context=self.get_serializer_context()).data, status=status)

    def read(self, shape: type[I], *, partial: bool = False) -> I:
        """The checked body.

        Raises:
            ValidationError: by field.
        """
        given = shape(data=self.request.data, context=self.get_serializer_context(), partial=partial)
        given.is_valid(raise_exception=True)
        return given


class StudyViews(ApiViews[M], Generic[M]):
    """Addresses below a study.

    Attributes:
        needs: what each action asks of the member's role; an action that is not in it answers nobody.
        open_to_blinded: actions that a blinded coder may ask for; each leaves out, where
            ``membership.blinded``, all that ``selectors.blinding`` names.
        membership: that of the user who asks.
    """

    needs: ClassVar[Mapping[str, Need]]
    open_to_blinded: ClassVar[frozenset[str]] = frozenset()
    membership: Membership

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let members in whose role allows it.

        Raises:
            Http404: when the user is no member of the study.
            NotAllowed: when the role does not allow it, or the member is blinded and it is not open to them.
        """
        super().initial(request, *args, **kwargs)
        self.membership = membership_in(self.user, kwargs["slug"])
        # Neither has a view here: that the address does not answer to the method is said later.
        if self.action and self.action != "metadata":
            need = self.needs[self.action]
            # Before the role is asked: what it is that they may not do would tell them of it.
            permissions.require_open(self.membership, open_to_blinded=self.action in self.open_to_blinded)
            permissions.require(self.membership.role, need.roles, need.what)

    @property
    def study(self) -> Study:
        """The study of the address."""
        return self.membership.study

    def get_serializer_context(self) -> dict[str, Any]:
        """Beside the usual, the ``role`` of the user who asks."""
        return {**super().get_serializer_context(), "role": self.membership.role}

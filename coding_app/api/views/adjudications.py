"""Disputed records, one at a time, before whoever may settle them."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.serializers.adjudications import (
    AdjudicationCountsSerializer,
    DisputedSerializer,
    QuestionInput,
    SettledSerializer,
    SettleInput,
)
from coding_app.api.serializers.queue import HeldSerializer
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import Side
from coding_app.exceptions import NotAllowed
from coding_app.models import Adjudication, Code
from coding_app.selectors import adjudication as selected
from coding_app.selectors import api_lists
from coding_app.services import adjudicate

SETTLE = Need(permissions.CODE_RECORDS, gettext_noop("settle disputed records"))


class AdjudicationViews(StudyViews[Adjudication]):
    """One disputed record at a time is leased to an adjudicator, who is shown codes and no names.

    Supervisors and managers settle what is disputed; in an evaluation the coder whom it was exchanged to.
    """

    queryset = Adjudication.objects.none()
    pagination_class = None
    needs = dict.fromkeys(("counts", "next", "settle", "send_back", "undo", "renew", "release"), SETTLE)
    open_to_blinded = frozenset(needs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in whom anything may be for.

        Raises:
            NotAllowed: for a coder to whom nothing was ever exchanged.
        """
        super().initial(request, *args, **kwargs)
        if self.action in self.needs and not selected.may_adjudicate(self.membership):
            raise NotAllowed(_("There is nothing here for you to settle."))

    @extend_schema(operation_id="studies_adjudications_counts", responses=AdjudicationCountsSerializer)
    def counts(self, request: Request, **where: Any) -> Response:
        """What is left."""
        return self.shown(selected.counts(self.study, self.user), AdjudicationCountsSerializer)

    @extend_schema(
        operation_id="studies_adjudications_next",
        request=None,
        responses={200: DisputedSerializer, 204: None},
    )
    def next(self, request: Request, **where: Any) -> Response:
        """The record one holds, or else the next free one, leased; 204 when there is none."""
        found = adjudicate.open_next(study=self.study, user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT) if found is None else self._opened(found)

    @extend_schema(
        operation_id="studies_adjudications_settle", request=SettleInput, responses=SettledSerializer
    )
    def settle(self, request: Request, pk: int, **where: Any) -> Response:
        """Say what the record is. 409 when somebody else has it open, or it was settled meanwhile."""
        given = self.read(SettleInput).validated_data
        wanted = selected.adjudication_of(self.study, self.user, pk)
        side, code = self._answer(wanted, given)
        made = adjudicate.settle(
            adjudication=wanted,
            user=self.user,
            side=side,
            code=code,
            cannot_reason=given.get("cannot_reason", ""),
            reason=given["reason"],
            opened_at=given["opened_at"],
        )
        return self.shown(made, SettledSerializer)

    @extend_schema(
        operation_id="studies_adjudications_send_back", request=QuestionInput, responses=SettledSerializer
    )
    def send_back(self, request: Request, pk: int, **where: Any) -> Response:
        """Let the coders decide again, with a question. Not in an evaluation."""
        question = self.read(QuestionInput).validated_data["question"]
        wanted = selected.adjudication_of(self.study, self.user, pk)
        made = adjudicate.send_back(adjudication=wanted, user=self.user, question=question)
        return self.shown(made, SettledSerializer)

    @extend_schema(operation_id="studies_adjudications_undo", request=None, responses=DisputedSerializer)
    def undo(self, request: Request, **where: Any) -> Response:
        """Take back what one settled last; it is before one again."""
        return self._opened(adjudicate.undo(study=self.study, user=self.user))

    @extend_schema(operation_id="studies_adjudications_renew", request=None, responses=HeldSerializer)
    def renew(self, request: Request, **where: Any) -> Response:
        """Keep what one holds for another while; says whether one still holds anything."""
        return self.shown({"held": adjudicate.renew(study=self.study, user=self.user)}, HeldSerializer)

    @extend_schema(operation_id="studies_adjudications_release", request=None, responses={204: None})
    def release(self, request: Request, **where: Any) -> Response:
        """Give back what one holds, unsettled."""
        adjudicate.release(study=self.study, user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _opened(self, one: Adjudication) -> Response:
        found = selected.before(one, self.user)
        context = self.get_serializer_context()
        return Response(DisputedSerializer.of(found, timezone.now(), context).data)

    def _answer(self, wanted: Adjudication, given: dict[str, Any]) -> tuple[Side, Code | None]:
        if "choice" in given:
            for option in selected.before(wanted, self.user).options:
                if option.label == given["choice"]:
                    return option.side, option.code
            raise ValidationError({"choice": [_("There is no such option before you.")]})
        if "code" not in given:
            return Side.OTHER, None
        code = api_lists.code_of(self.study, given["code"])
        if code is None:
            told = _("There is no code %(code)r in %(classification)s.")
            told %= {"code": given["code"], "classification": self.study.classification}
            raise ValidationError({"code": [told]})
        return Side.OTHER, code

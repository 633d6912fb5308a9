"""Rounds: set up, watched, gone on with, closed."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.pagination import NewestFirst
from coding_app.api.serializers.rounds import (
    DrawSerializer,
    MovedSerializer,
    PlanInput,
    RoundDetailSerializer,
    RoundSerializer,
)
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import RoundKind
from coding_app.models import Round
from coding_app.round_plans import RoundPlan
from coding_app.selectors import lists, populations, round_faults
from coding_app.selectors import rounds as selected
from coding_app.services import rounds

SEE = Need(permissions.SUPERVISE, gettext_noop("see rounds"))
CHANGE = Need(permissions.SUPERVISE, gettext_noop("change rounds"))


class RoundViews(StudyViews[Round]):
    """Records drawn to be coded by certain people."""

    queryset = Round.objects.none()
    pagination_class = NewestFirst
    needs = {
        "list": SEE,
        "create": Need(permissions.SUPERVISE, gettext_noop("set up rounds")),
        "preview": SEE,
        "retrieve": SEE,
        "go_on": CHANGE,
        "close": CHANGE,
        "cancel": CHANGE,
    }

    @extend_schema(responses=RoundSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first."""
        return self.page(selected.rounds(self.study), RoundSerializer)

    @extend_schema(request=PlanInput, responses={202: RoundDetailSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Set up a round; its records are drawn in a job. Coders are named by their user names."""
        made = rounds.set_up(study=self.study, plan=self._checked(), user=self.user)
        return self._one(made.number, status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="studies_rounds_preview", request=PlanInput, responses=DrawSerializer)
    def preview(self, request: Request, **where: Any) -> Response:
        """What a plan would draw now; nothing is written."""
        plan = self._checked()
        strata = populations.strata(self.study, plan)
        sums = {name: sum(getattr(one, name) for one in strata) for name in ("population", "drawn")}
        return self.shown({**sums, "strata": strata}, DrawSerializer)

    @extend_schema(responses=RoundDetailSerializer)
    def retrieve(self, request: Request, number: int, **where: Any) -> Response:
        """One round with its progress."""
        return self._one(number)

    @extend_schema(operation_id="studies_rounds_go_on", request=None, responses=MovedSerializer)
    def go_on(self, request: Request, number: int, **where: Any) -> Response:
        """Exchange what differs from the machine's codes, in an evaluation. 409 before all is coded."""
        round_ = selected.round_of(self.study, number)
        return self.shown({"disputed": rounds.go_on(round_=round_, user=self.user)}, MovedSerializer)

    @extend_schema(operation_id="studies_rounds_close", request=None, responses={202: RoundDetailSerializer})
    def close(self, request: Request, number: int, **where: Any) -> Response:
        """End it; a job puts records without a result back where they were. 409 when it has ended."""
        rounds.close(round_=selected.round_of(self.study, number), user=self.user)
        return self._one(number, status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="studies_rounds_cancel", request=None, responses={202: RoundDetailSerializer})
    def cancel(self, request: Request, number: int, **where: Any) -> Response:
        """Give it up, drawn or not; its records go back in a job, too. 409 when it has ended."""
        rounds.cancel(round_=selected.round_of(self.study, number), user=self.user)
        return self._one(number, status.HTTP_202_ACCEPTED)

    def _one(self, number: int, code: int = status.HTTP_200_OK) -> Response:
        return self.shown(selected.round_of(self.study, number), RoundDetailSerializer, code)

    def _checked(self) -> RoundPlan:
        """The plan that was sent.

        Raises:
            ValidationError: with what is wrong with it for this study, by field.
        """
        given = self.read(PlanInput)
        members = {one.user.get_username(): one.user_id for one in lists.members(self.study)}
        named = [one["user"] for one in given.validated_data["coders"]]
        if unknown := [name for name in named if name not in members]:
            told = _("No member of this study is called %(names)s.") % {"names": ", ".join(unknown)}
            raise ValidationError({"coders": [told]})
        if given.validated_data["kind"] == RoundKind.EVALUATION:
            given.validated_data["blinded"] = True
        plan = given.plan(members)
        errors: dict[str, list[str]] = {}
        for fault in round_faults.faults(self.study, plan):
            errors.setdefault(fault.field, []).append(fault.message)
        if errors:
            raise ValidationError(errors)
        return plan

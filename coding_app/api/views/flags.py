"""What coders ask about records, and the answers."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.serializers.flags import AnswerInput, FlagInput, FlagParameters, FlagSerializer
from coding_app.api.views.base import Need, StudyViews
from coding_app.models import Flag
from coding_app.selectors import api_lists
from coding_app.selectors import flags as selected
from coding_app.services import flags

WORK = Need(permissions.CODE_RECORDS, gettext_noop("code records"))
ANSWER = Need(permissions.SUPERVISE, gettext_noop("answer flags"))


class FlagViews(StudyViews[Flag]):
    """Flags; coders see their own."""

    queryset = Flag.objects.none()
    needs = {"list": WORK, "create": WORK, "answer": ANSWER}
    open_to_blinded = frozenset(("list", "create"))

    @extend_schema(parameters=[FlagParameters], responses=FlagSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first: one's own, and to supervisors and managers everybody's."""
        waiting = FlagParameters.read(request)["waiting"]
        every = permissions.allows(self.membership.role, permissions.SUPERVISE)
        found = selected.of_study(self.study) if every else selected.own(self.study, self.user)
        if waiting is not None:
            found = found.filter(answered_at__isnull=waiting)
        return self.page(found, FlagSerializer)

    @extend_schema(request=FlagInput, responses={201: FlagSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Ask a supervisor about a record. 409 while an earlier flag of yours there waits for its answer."""
        given = self.read(FlagInput).validated_data
        record = api_lists.record_of(self.study, given["record"])
        if record is None or not selected.may_flag(record, self.membership):
            raise serializers.ValidationError({"record": [_("There is no such record in this study.")]})
        made = flags.raise_flag(record=record, user=self.user, note=given["note"])
        return self.shown(made, FlagSerializer, status.HTTP_201_CREATED)

    @extend_schema(operation_id="studies_flags_answer", request=AnswerInput, responses=FlagSerializer)
    def answer(self, request: Request, pk: int, **where: Any) -> Response:
        """Answer a flag. 409 when somebody answered it first."""
        flag = selected.flag_of(self.study, pk)
        given = self.read(AnswerInput).validated_data
        flags.answer(flag=flag, user=self.user, text=given["answer"])
        return self.shown(selected.flag_of(self.study, pk), FlagSerializer)

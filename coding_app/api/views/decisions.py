"""What people decide."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.filters import DecisionParameters
from coding_app.api.pagination import NewestFirst
from coding_app.api.serializers.decisions import (
    DecidedTogetherSerializer,
    DecisionInput,
    DecisionSerializer,
    SameTextInput,
)
from coding_app.api.serializers.own import OwnDecisionSerializer
from coding_app.api.serializers.queue import OpenRecordSerializer
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import CannotCodeReason, DecisionKind
from coding_app.models import Code, Decision, Record, Suggestion
from coding_app.selectors import api_lists
from coding_app.selectors.blinding import own_decisions
from coding_app.services import review, same_text

WORK = Need(permissions.CODE_RECORDS, gettext_noop("code records"))


class DecisionViews(StudyViews[Decision]):
    """Decisions; coders see their own."""

    queryset = Decision.objects.none()
    pagination_class = NewestFirst
    needs = dict.fromkeys(("list", "create", "same_text", "undo"), WORK)
    open_to_blinded = frozenset(("list", "create", "undo"))

    @extend_schema(parameters=[DecisionParameters], responses=DecisionSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first, undone ones too: one's own, and to supervisors and managers everybody's.

        Where a coder is to see nothing of a record but its literals, these come with them, and what the
        coder did not enter is left out.
        """
        coder = DecisionParameters.read(request).get("coder")
        if self.membership.blinded:
            return self.page(own_decisions(self.study, self.user), OwnDecisionSerializer)
        own = self.user.get_username()
        if not permissions.allows(self.membership.role, permissions.SUPERVISE):
            if coder not in (None, own):
                permissions.require(
                    self.membership.role, permissions.SUPERVISE, gettext_noop("see others' decisions")
                )
            coder = own
        return self.page(api_lists.decisions(self.study, self.user, coder=coder), DecisionSerializer)

    @extend_schema(request=DecisionInput, responses={201: DecisionSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Give a waiting record its code, or say why it cannot be coded. 409 when it changed meanwhile."""
        given = self.read(DecisionInput).validated_data
        record = self._record(given["record"])
        made = (
            self._code(record, given) if given["kind"] == DecisionKind.CODE else self._cannot(record, given)
        )
        shape = OwnDecisionSerializer if self.membership.blinded else DecisionSerializer
        return self.shown(made, shape, status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="studies_decisions_same_text",
        request=SameTextInput,
        responses={201: DecidedTogetherSerializer},
    )
    def same_text(self, request: Request, **where: Any) -> Response:
        """Give a record of the study's own queue its code, and with it others of the same text.

        Others that do not wait any more with this text, or that another coder has open, are left out. 409
        when the record itself changed meanwhile.
        """
        given = self.read(SameTextInput).validated_data
        record = self._record(given["record"])
        code, suggestion = self._chosen(record, given)
        others = set(given["others"]) - {record.pk}
        made = same_text.decide_same_text(
            record=record,
            user=self.user,
            code=code,
            seen_version=given["seen_version"],
            keys=others,
            suggestion=suggestion,
            note=given.get("note", ""),
            opened_at=given.get("opened_at"),
            place=given.get("place"),
        )
        left_out = sorted(others - {one.record_id for one in made})
        return self.shown(
            {"decisions": made, "left_out": left_out}, DecidedTogetherSerializer, status.HTTP_201_CREATED
        )

    @extend_schema(operation_id="studies_decisions_undo", request=None, responses=OpenRecordSerializer)
    def undo(self, request: Request, **where: Any) -> Response:
        """Take back one's latest decision; the record is before one again."""
        item = review.undo(study=self.study, user=self.user)
        return Response(OpenRecordSerializer.of(item, timezone.now()).data)

    def _record(self, key: int) -> Record:
        record = api_lists.record_of(self.study, key)
        if record is None:
            raise serializers.ValidationError({"record": [_("There is no such record in this study.")]})
        return record

    def _chosen(self, record: Record, given: dict[str, Any]) -> tuple[Code, Suggestion | None]:
        """The code that is meant, and the candidate that was picked.

        Raises:
            ValidationError: when there is no such code or candidate.
        """
        code = api_lists.code_of(self.study, given["code"])
        if code is None:
            told = _("There is no code %(code)r in %(classification)s.")
            told %= {"code": given["code"], "classification": self.study.classification}
            raise serializers.ValidationError({"code": [told]})
        suggestion = None
        if given.get("suggestion") is not None:
            if not self.membership.blinded:  # who sees no candidate picks none
                suggestion = api_lists.suggestion_of(record, given["suggestion"])
            if suggestion is None:
                raise serializers.ValidationError(
                    {"suggestion": [_("This record never had such a candidate.")]}
                )
        return code, suggestion

    def _code(self, record: Record, given: dict[str, Any]) -> Decision:
        code, suggestion = self._chosen(record, given)
        return review.decide(
            record=record,
            user=self.user,
            code=code,
            seen_version=given["seen_version"],
            suggestion=suggestion,
            note=given.get("note", ""),
            opened_at=given.get("opened_at"),
            place=given.get("place"),
        )

    def _cannot(self, record: Record, given: dict[str, Any]) -> Decision:
        return review.cannot_code(
            record=record,
            user=self.user,
            reason=CannotCodeReason(given["reason"]),
            seen_version=given["seen_version"],
            note=given.get("note", ""),
            opened_at=given.get("opened_at"),
            place=given.get("place"),
        )

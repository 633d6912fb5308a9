"""Codes in doubt, and who errs."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.serializers.labels import (
    OPEN,
    ListedSerializer,
    ReviewInput,
    SuspectParameters,
    SuspectSerializer,
)
from coding_app.api.views.base import Need, StudyViews
from coding_app.exceptions import InvalidInput
from coding_app.models import LabelSuspect
from coding_app.selectors import labels as selected
from coding_app.services import labels

REVIEW = Need(permissions.SUPERVISE, gettext_noop("review the codes in doubt"))


class SuspectViews(StudyViews[LabelSuspect]):
    """Records whose code is probably wrong."""

    queryset = LabelSuspect.objects.none()
    needs = {"list": REVIEW, "review": REVIEW, "disagreements": REVIEW}

    @extend_schema(parameters=[SuspectParameters], responses=SuspectSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """In the order they were found; a lower ``quality`` is a worse code."""
        wanted = SuspectParameters.read(request).get("verdict")
        return self.page(
            selected.suspects(self.study, verdict="" if wanted == OPEN else wanted), SuspectSerializer
        )

    @extend_schema(request=ReviewInput, responses=SuspectSerializer)
    def review(self, request: Request, pk: int, **where: Any) -> Response:
        """Say whether the data err or the model does. 409 when somebody else said so first."""
        given = self.read(ReviewInput).validated_data
        text = given.pop("corrected")
        corrected = selected.code_of(self.study, text) if text else None
        if text and corrected is None:
            raise InvalidInput(_("There is no code %(code)s in this classification.") % {"code": text})
        made = labels.review(
            suspect=selected.suspect_of(self.study, pk), user=self.user, corrected=corrected, **given
        )
        return self.shown(made, SuspectSerializer)

    @extend_schema(request=None, responses=ListedSerializer)
    def disagreements(self, request: Request, **where: Any) -> Response:
        """Put every code of a person that is not the machine's first suggestion among the codes in doubt."""
        listed = labels.list_disagreements(study=self.study, user=self.user)
        return self.shown({"listed": listed}, ListedSerializer)

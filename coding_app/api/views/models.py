"""Trained models, trainings and evaluations."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.pagination import NewestFirst
from coding_app.api.serializers.models import (
    EvaluationInput,
    EvaluationSerializer,
    ModelVersionDetailSerializer,
    ModelVersionSerializer,
    RollBackInput,
    TrainingInput,
    TrainingSerializer,
)
from coding_app.api.views.base import Need, StudyViews
from coding_app.choices import LabelSource
from coding_app.exceptions import Conflict
from coding_app.models import Evaluation, ModelVersion, Training
from coding_app.selectors import models as selected
from coding_app.selectors import reports
from coding_app.services import evaluations, promotion, training

SEE = Need(permissions.SUPERVISE, gettext_noop("see models"))


def _in_words(verdict: dict[str, Any]) -> dict[str, Any] | None:
    return {**verdict, "words": promotion.explain(verdict)} if verdict else None


class ModelVersionViews(StudyViews[ModelVersion]):
    """The registry of the study."""

    queryset = ModelVersion.objects.none()
    pagination_class = NewestFirst
    needs = {
        "list": SEE,
        "retrieve": SEE,
        "promote": Need(permissions.MANAGE, gettext_noop("promote models")),
        "roll_back": Need(permissions.MANAGE, gettext_noop("roll back models")),
    }

    def get_serializer_context(self) -> dict[str, Any]:
        """Beside the usual, the key of the ``current`` version."""
        current = selected.current(self.study)
        return {**super().get_serializer_context(), "current": current.pk if current else None}

    @extend_schema(responses=ModelVersionSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first."""
        return self.page(selected.versions(self.study), ModelVersionSerializer)

    @extend_schema(responses=ModelVersionDetailSerializer)
    def retrieve(self, request: Request, number: int, **where: Any) -> Response:
        """One version, with its card and whether it may be promoted."""
        return self._one(selected.version_of(self.study, number))

    @extend_schema(request=None, responses=ModelVersionDetailSerializer)
    def promote(self, request: Request, number: int, **where: Any) -> Response:
        """Make it current, if it won. 409 when it did not, saying why."""
        promotion.promote(version=selected.version_of(self.study, number), user=self.user)
        return self._one(selected.version_of(self.study, number))

    @extend_schema(request=RollBackInput, responses={200: ModelVersionDetailSerializer, 204: None})
    def roll_back(self, request: Request, **where: Any) -> Response:
        """Go back to the version that was current before; 204 when there was none."""
        seen = self.read(RollBackInput).validated_data["current"]
        current = selected.current(self.study)
        if current is None or current.number != seen:
            raise Conflict(_("Another model is current by now: look again."))
        now = promotion.roll_back(study=self.study, user=self.user)
        if now is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self._one(selected.version_of(self.study, now.number))

    def _one(self, version: ModelVersion) -> Response:
        context = self.get_serializer_context()
        is_current = version.pk == context["current"]
        context["standing"] = None if is_current else _in_words(promotion.standing(version))
        return Response(ModelVersionDetailSerializer(version, context=context).data)


class TrainingViews(StudyViews[Training]):
    """How versions are made."""

    queryset = Training.objects.none()
    pagination_class = NewestFirst
    needs = {
        "list": SEE,
        "create": Need(permissions.SUPERVISE, gettext_noop("train models")),
        "retrieve": SEE,
        "metrics": SEE,
    }

    def get_serializer_context(self) -> dict[str, Any]:
        """Beside the usual, ``verdicts``: what makes words of a training's verdict."""
        return {**super().get_serializer_context(), "verdicts": lambda one: _in_words(one.verdict)}

    @extend_schema(responses=TrainingSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first."""
        return self.page(selected.trainings(self.study), TrainingSerializer)

    @extend_schema(request=TrainingInput, responses={202: TrainingSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Train on the study's coded records. 409 while another training is under way."""
        given = self.read(TrainingInput).validated_data
        given["labels"] = LabelSource(given["labels"])
        may_promote = permissions.allows(self.membership.role, permissions.MANAGE)
        if given.setdefault("promote", may_promote) and not may_promote:
            permissions.require(self.membership.role, permissions.MANAGE, gettext_noop("promote models"))
        made = training.start(study=self.study, user=self.user, **given)
        found = selected.training_of(self.study, made.pk)
        return self.shown(found, TrainingSerializer, status.HTTP_202_ACCEPTED)

    @extend_schema(responses=TrainingSerializer)
    def retrieve(self, request: Request, pk: int, **where: Any) -> Response:
        """One training: stage, losses and job while it is under way, version and verdict when it is done."""
        return self.shown(selected.training_of(self.study, pk), TrainingSerializer)

    @extend_schema(operation_id="studies_trainings_metrics", responses=OpenApiTypes.OBJECT)
    def metrics(self, request: Request, pk: int, **where: Any) -> Response:
        """The figures behind the report (docs/metrics.md)."""
        return Response(reports.figures(selected.training_of(self.study, pk).report))


class EvaluationViews(StudyViews[Evaluation]):
    """Versions judged on the same coded records."""

    queryset = Evaluation.objects.none()
    pagination_class = NewestFirst
    needs = {
        "list": SEE,
        "create": Need(permissions.SUPERVISE, gettext_noop("evaluate models")),
        "retrieve": SEE,
        "metrics": SEE,
    }

    @extend_schema(responses=EvaluationSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first."""
        return self.page(selected.evaluations(self.study), EvaluationSerializer)

    @extend_schema(request=EvaluationInput, responses={202: EvaluationSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Judge versions on the study's coded records."""
        given = self.read(EvaluationInput).validated_data
        versions = [self._version(number) for number in given["versions"]]
        made = evaluations.start(
            study=self.study, user=self.user, versions=versions, labels=LabelSource(given["labels"])
        )
        found = selected.evaluation_of(self.study, made.pk)
        return self.shown(found, EvaluationSerializer, status.HTTP_202_ACCEPTED)

    @extend_schema(responses=EvaluationSerializer)
    def retrieve(self, request: Request, pk: int, **where: Any) -> Response:
        """One evaluation."""
        return self.shown(selected.evaluation_of(self.study, pk), EvaluationSerializer)

    @extend_schema(operation_id="studies_evaluations_metrics", responses=OpenApiTypes.OBJECT)
    def metrics(self, request: Request, pk: int, **where: Any) -> Response:
        """The figures behind the report (docs/metrics.md)."""
        return Response(reports.figures(selected.evaluation_of(self.study, pk).report))

    def _version(self, number: int) -> ModelVersion:
        try:
            return selected.version_of(self.study, number)
        except Http404 as error:
            told = _("There is no model %(n)s in this study.") % {"n": number}
            raise ValidationError({"versions": [told]}) from error

"""Classifications with their codes, dictionaries with their versions."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app.api.filters import CodeParameters
from coding_app.api.pagination import InFileOrder, NewestFirst
from coding_app.api.serializers.catalogue import (
    ClassificationSerializer,
    CodeSerializer,
    DictionarySerializer,
    DictionaryVersionSerializer,
)
from coding_app.api.views.base import ApiViews
from coding_app.models import Classification, Code, Dictionary, DictionaryVersion
from coding_app.selectors import api_lists


class ClassificationViews(ApiViews[Classification]):
    """Those of one's studies; all of them for users who may create studies."""

    queryset = Classification.objects.none()

    @extend_schema(responses=ClassificationSerializer(many=True))
    def list(self, request: Request) -> Response:
        """The classifications."""
        return self.page(api_lists.classifications_for(self.user), ClassificationSerializer)

    @extend_schema(responses=ClassificationSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One classification."""
        found = get_object_or_404(api_lists.classifications_for(self.user), pk=pk)
        return self.shown(found, ClassificationSerializer)


class CodeViews(ApiViews[Code]):
    """The codes of a classification."""

    queryset = Code.objects.none()
    pagination_class = InFileOrder

    @extend_schema(parameters=[CodeParameters], responses=CodeSerializer(many=True))
    def list(self, request: Request, pk: int) -> Response:
        """All of them in the order of the file; with ``q`` those found, best first, on one page."""
        classification = get_object_or_404(api_lists.classifications_for(self.user), pk=pk)
        query = CodeParameters.read(request).get("q", "")
        if not query:
            return self.page(api_lists.codes_of(classification), CodeSerializer)
        found = [hit.code for hit in api_lists.search_classification(classification, query)]
        shown = CodeSerializer(found, many=True, context=self.get_serializer_context())
        return Response({"next": None, "previous": None, "results": shown.data})


class DictionaryViews(ApiViews[Dictionary]):
    """Dictionaries for the classifications one may see."""

    queryset = Dictionary.objects.none()

    @extend_schema(responses=DictionarySerializer(many=True))
    def list(self, request: Request) -> Response:
        """The dictionaries."""
        return self.page(api_lists.dictionaries_for(self.user), DictionarySerializer)

    @extend_schema(responses=DictionarySerializer)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One dictionary."""
        return self.shown(
            get_object_or_404(api_lists.dictionaries_for(self.user), pk=pk), DictionarySerializer
        )


class DictionaryVersionViews(ApiViews[DictionaryVersion]):
    """The versions of a dictionary."""

    queryset = DictionaryVersion.objects.none()
    pagination_class = NewestFirst

    @extend_schema(responses=DictionaryVersionSerializer(many=True))
    def list(self, request: Request, pk: int) -> Response:
        """Newest first."""
        dictionary = get_object_or_404(api_lists.dictionaries_for(self.user), pk=pk)
        versions = api_lists.versions_for(self.user).filter(dictionary=dictionary)
        return self.page(versions, DictionaryVersionSerializer)

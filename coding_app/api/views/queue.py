"""The queue of what the machine left, and the search for codes that goes with it."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.filters import SearchParameters
from coding_app.api.serializers.catalogue import HitsSerializer
from coding_app.api.serializers.decisions import SameTextSerializer
from coding_app.api.serializers.queue import CountsSerializer, HeldSerializer, NextInput, OpenRecordSerializer
from coding_app.api.views.base import ANY_MEMBER, Need, StudyViews
from coding_app.models import Code, QueueItem, Record
from coding_app.selectors import api_lists, code_search, queue
from coding_app.selectors.queue_filter import QueueFilter
from coding_app.services import review
from coding_app.services.same_text import MOST

WORK = Need(permissions.CODE_RECORDS, gettext_noop("code records"))


class QueueViews(StudyViews[QueueItem]):
    """One record at a time is leased to a coder; nobody else gets it until the lease ends."""

    queryset = QueueItem.objects.none()
    pagination_class = None
    needs = dict.fromkeys(("counts", "next", "open", "same_text", "renew", "release"), WORK)
    open_to_blinded = frozenset(needs) - {"same_text"}

    @extend_schema(operation_id="studies_queue_counts", responses=CountsSerializer)
    def counts(self, request: Request, **where: Any) -> Response:
        """What is left."""
        counts = queue.queue_counts(self.study, self.user, blinded=self.membership.blinded)
        return self.shown(counts, CountsSerializer)

    @extend_schema(
        operation_id="studies_queue_next", request=NextInput, responses={200: OpenRecordSerializer, 204: None}
    )
    def next(self, request: Request, **where: Any) -> Response:
        """The record one holds, or else the next free one, leased; 204 when none is free.

        Records of rounds come first; the study's own queue is narrowed and ordered as asked.
        """
        given = self.read(NextInput)
        wanted = QueueFilter() if self.membership.blinded else given.wanted()
        item = review.open_next(
            study=self.study, user=self.user, order=wanted.served, only=wanted.only(self.study)
        )
        return Response(status=status.HTTP_204_NO_CONTENT) if item is None else self._opened(item)

    @extend_schema(operation_id="studies_queue_open", request=None, responses=OpenRecordSerializer)
    def open(self, request: Request, record: int, **where: Any) -> Response:
        """Lease a certain record; what one held before is given back."""
        return self._opened(review.open_record(record=self._record(record), user=self.user))

    @extend_schema(operation_id="studies_queue_same_text", responses=SameTextSerializer)
    def same_text(self, request: Request, record: int, **where: Any) -> Response:
        """The other records that wait with the text of this one, and that no other coder has open."""
        found = self._record(record)
        others = list(queue.same_text(found, self.user, blinded=self.membership.blinded)[: MOST + 1])
        return self.shown({"records": others[:MOST], "is_more": len(others) > MOST}, SameTextSerializer)

    @extend_schema(operation_id="studies_queue_renew", request=None, responses=HeldSerializer)
    def renew(self, request: Request, **where: Any) -> Response:
        """Keep what one holds for another while; says whether one still holds anything."""
        return self.shown({"held": review.renew(study=self.study, user=self.user)}, HeldSerializer)

    @extend_schema(operation_id="studies_queue_release", request=None, responses={204: None})
    def release(self, request: Request, **where: Any) -> Response:
        """Give back what one holds, undecided."""
        review.release(study=self.study, user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _record(self, key: int) -> Record:
        """A record of the study.

        Raises:
            Http404: when the study has none with this key.
        """
        found = api_lists.record_of(self.study, key)
        if found is None:
            raise Http404(_("There is no such record in this study."))
        return found

    def _opened(self, item: QueueItem) -> Response:
        return Response(OpenRecordSerializer.of(item, timezone.now()).data)


class SearchViews(StudyViews[Code]):
    """Finding a code by code, title or dictionary phrase."""

    queryset = Code.objects.none()
    pagination_class = None
    needs = {"search": ANY_MEMBER}
    open_to_blinded = frozenset(needs)

    @extend_schema(operation_id="studies_search", parameters=[SearchParameters], responses=HitsSerializer)
    def search(self, request: Request, **where: Any) -> Response:
        """The codes one may mean, best first."""
        wanted = SearchParameters.read(request)
        hits = code_search.search(
            self.study, wanted["q"], limit=wanted["limit"], with_dictionary=not self.membership.blinded
        )
        return self.shown({"results": hits}, HitsSerializer)

"""Jobs and runs."""

from typing import Any

from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from coding_app import permissions
from coding_app.api.filters import JobParameters
from coding_app.api.pagination import NewestFirst
from coding_app.api.serializers.jobs import JobSerializer, RunSerializer
from coding_app.api.views.base import ANY_MEMBER, Need, StudyViews
from coding_app.models import Job, Run
from coding_app.selectors import api_lists, lists
from coding_app.services import jobs, suggest


class JobViews(StudyViews[Job]):
    """Long work and how far it is."""

    queryset = Job.objects.none()
    pagination_class = NewestFirst
    needs = {
        "list": ANY_MEMBER,
        "retrieve": ANY_MEMBER,
        "stop": Need(permissions.SUPERVISE, gettext_noop("stop a job")),
        "resume": Need(permissions.SUPERVISE, gettext_noop("take up a job again")),
    }

    @extend_schema(parameters=[JobParameters], responses=JobSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first."""
        return self.page(api_lists.jobs(self.study).filter(**JobParameters.read(request)), JobSerializer)

    @extend_schema(responses=JobSerializer)
    def retrieve(self, request: Request, pk: int, **where: Any) -> Response:
        """One job as it is now."""
        return self.shown(lists.job_of(self.study, pk), JobSerializer)

    @extend_schema(request=None, responses={202: JobSerializer})
    def stop(self, request: Request, pk: int, **where: Any) -> Response:
        """Stop it: at once when no worker has it, else after its open chunk."""
        jobs.cancel(job=lists.job_of(self.study, pk), user=self.user)
        return self.shown(lists.job_of(self.study, pk), JobSerializer, status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: JobSerializer})
    def resume(self, request: Request, pk: int, **where: Any) -> Response:
        """Queue a failed or stopped job again; it goes on where it ended."""
        jobs.resume(job=lists.job_of(self.study, pk), user=self.user)
        return self.shown(lists.job_of(self.study, pk), JobSerializer, status.HTTP_202_ACCEPTED)


class RunViews(StudyViews[Run]):
    """Passes of the dictionary coder over the study."""

    queryset = Run.objects.none()
    pagination_class = NewestFirst
    needs = {"list": ANY_MEMBER, "create": Need(permissions.SUPERVISE, gettext_noop("start coding"))}

    @extend_schema(responses=RunSerializer(many=True))
    def list(self, request: Request, **where: Any) -> Response:
        """Newest first."""
        return self.page(lists.runs(self.study), RunSerializer)

    @extend_schema(request=None, responses={202: RunSerializer})
    def create(self, request: Request, **where: Any) -> Response:
        """Start coding every record that no person has decided."""
        job = suggest.start(study=self.study, user=self.user)
        found = lists.runs(self.study).get(job=job)
        return self.shown(found, RunSerializer, status.HTTP_202_ACCEPTED)

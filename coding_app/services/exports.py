"""Asking for an export; a worker writes it."""

from django.contrib.auth.models import User
from django.db import transaction

from coding_app.choices import FileKind, JobKind
from coding_app.models import Export, Study
from coding_app.services import jobs


@transaction.atomic
def request(*, study: Study, kind: FileKind, user: User | None) -> Export:
    """Queue an export of the coded data set in a format."""
    job = jobs.create(study=study, kind=JobKind.EXPORT, user=user)
    return Export.objects.create(study=study, job=job, kind=kind, created_by=user)

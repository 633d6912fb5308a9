"""Asking for an export; a worker writes it."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from coding_app.choices import FileKind, JobKind
from coding_app.models import Export, Study
from coding_app.services import jobs


@transaction.atomic
def request(*, study: Study, kind: FileKind, user: User | None) -> Export:
    """Queue an export of the coded data set in a format."""
    job = jobs.create(study=study, kind=JobKind.EXPORT, user=user)
    return Export.objects.create(study=study, job=job, kind=kind, created_by=user)


def file_name(export: Export) -> str:
    """What the file is called where it is downloaded: after the study and the day it was asked for."""
    return f"{export.study.slug}-{timezone.localtime(export.created_at):%Y-%m-%d}.{export.kind}"


def evidence_name(export: Export) -> str:
    """What its companion files are called where they are downloaded."""
    return f"{file_name(export)}.evidence.zip"

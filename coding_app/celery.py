"""The Celery application. Tasks live in :mod:`coding_app.tasks`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coding_app.settings")

app = Celery("coding_app")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["coding_app"])

"""The Tiebreak web application: the Django project and its one app."""

from coding_app.celery import app as celery_app

__all__ = ["celery_app"]

"""The application's configuration."""

from django.apps import AppConfig


class CodingAppConfig(AppConfig):
    """Tiebreak: occupation coding by machine and people together."""

    name = "coding_app"
    verbose_name = "Tiebreak"

    def ready(self) -> None:
        """Register the system checks and the worker's signals."""
        from coding_app import checks, worker_signals  # noqa: F401

"""System checks: an unsafe production refuses to start."""

from typing import Any

from django.conf import settings
from django.core import checks

from coding_app import env


@checks.register(checks.Tags.security, deploy=True)
def production_is_set_up(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """``manage.py check --deploy``: a secret of one's own, a server database and a broker."""
    found: list[checks.CheckMessage] = []
    if not env.text("SECRET_KEY"):
        found.append(
            checks.Error("SECRET_KEY is not set.", hint="Set it to a long random string.", id="tiebreak.E001")
        )
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            checks.Error(
                "DATABASE_URL is not set.", hint="postgres://user:password@host/name", id="tiebreak.E002"
            )
        )
    if not settings.REDIS_URL:
        found.append(checks.Error("REDIS_URL is not set.", hint="redis://host:6379/0", id="tiebreak.E003"))
    return found

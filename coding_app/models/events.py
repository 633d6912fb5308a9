"""The journal: every change of state, who made it and when. Rows are only ever added."""

from collections.abc import Iterable
from typing import Any, NoReturn

from django.conf import settings
from django.db import models

from coding_app.choices import Verb
from coding_app.models.records import Record
from coding_app.models.studies import Study


class EventQuerySet(models.QuerySet["Event"]):
    """Refuses every way of changing or removing what was written."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise TypeError("Events are append-only: write a new one.")

    def delete(self) -> NoReturn:
        """Refused."""
        raise TypeError("Events are append-only: they are not deleted.")

    def bulk_update(
        self, objs: Iterable["Event"], fields: Iterable[str], batch_size: int | None = None
    ) -> NoReturn:
        """Refused."""
        raise TypeError("Events are append-only: write a new one.")


class Event(models.Model):
    """One change of state. No ``actor`` means the machine; ``gesture`` groups what one action changed."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="events")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, null=True, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    verb = models.CharField(max_length=30, choices=Verb.choices)
    gesture = models.UUIDField()
    before = models.CharField(max_length=30, blank=True, help_text="state before")
    after = models.CharField(max_length=30, blank=True, help_text="state after")
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["record", "id"], name="event_of_record"),
            models.Index(fields=["study", "-id"], name="event_of_study"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new event; refuse to change one.

        Raises:
            TypeError: when the event is in the database already.
        """
        if not self._state.adding:
            raise TypeError("Events are append-only: write a new one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise TypeError("Events are append-only: they are not deleted.")

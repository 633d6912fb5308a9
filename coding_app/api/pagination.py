"""Pages of a list: each goes on after the key where the last ended, so the millionth row costs no more."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

LARGEST_KEY = 2**63 - 1


class Pages(CursorPagination):
    """Oldest first. Rows added meanwhile come at the end; none is shown twice or left out."""

    ordering = "pk"
    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The place a page starts at.

        Raises:
            NotFound: when it is no cursor at all.
            ValidationError: when it is none that this API gave.
        """
        cursor = super().decode_cursor(request)
        if cursor is not None and not _is_key(cursor.position):
            raise ValidationError({"cursor": [_("No such cursor was given out here: start without one.")]})
        return cursor


def _is_key(position: object) -> bool:
    """Whether a cursor's position can be compared with a key; none at all means the beginning."""
    if position is None:
        return True
    text = str(position)
    return text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= LARGEST_KEY


class NewestFirst(Pages):
    """Newest first."""

    ordering = "-pk"


class InFileOrder(Pages):
    """Codes in the order of the classification's file."""

    ordering = "position"


class ByLine(Pages):
    """Rows in the order of the file they came from."""

    ordering = "line"

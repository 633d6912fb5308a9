"""Addresses below the API's that lead nowhere."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from coding_app.api.parsing import AlwaysJSON


class NowhereView(APIView):
    """Says so in the shape of all errors."""

    schema = None
    content_negotiation_class = AlwaysJSON
    metadata_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refused for every method.

        Raises:
            NotFound: to users who have signed in; to others that they have not.
        """
        super().initial(request, *args, **kwargs)
        raise NotFound(
            _("There is no such address. Those of this API end with a slash, or with a file's name.")
        )

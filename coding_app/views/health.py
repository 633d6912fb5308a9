"""Whether the program is well, for whoever watches it."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from coding_app.selectors import jobs


@never_cache
@require_safe
def check(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503; also says whether a worker is there. No sign-in."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        worker = jobs.worker_is_there()
    except DatabaseError as error:
        return JsonResponse({"database": False, "fault": type(error).__name__}, status=503)
    return JsonResponse({"database": True, "worker": worker})

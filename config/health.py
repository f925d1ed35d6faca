"""Two answers for whoever watches the processes: is it running, can it work."""

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse

from tenants.access import public


@transaction.non_atomic_requests
@public("whoever watches the processes has no account, and the answer is one word")
def live(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all. Touches nothing."""
    return HttpResponse("alive\n", content_type="text/plain")


@transaction.non_atomic_requests
@public("whoever watches the processes has no account, and the answer is one word")
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and is migrated, else 503 with one word about what is missing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
    except DatabaseError:
        return HttpResponse("database\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")

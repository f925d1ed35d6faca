"""Two answers for whoever watches the processes: is it running, can it work."""

import pkgutil
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Min
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse

from config import probes
from renders.models import Render
from tenants.access import public
from tenants.scope import platform_transaction

_STATEMENT_MILLISECONDS = 2000


@transaction.non_atomic_requests
@public("whoever watches the processes has no account, and the answer is one word")
def live(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all. Touches nothing."""
    return HttpResponse("alive\n", content_type="text/plain")


@transaction.non_atomic_requests
@public(
    "whoever watches the processes has no account, and the answer is one word for each thing that is wrong"
)
def ready(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve people: 503 with one word when not.

    `database` and `migrations` are 503. `broker`, `storage` and `late` (a row has been due for too long) are told
    in a 200, "degraded: late": pages work, every process has the same trouble, and to take them all out of the
    balancer would turn a delay into an outage.
    """
    try:
        wrong, late = _ask_database()
    except DatabaseError:
        wrong, late = "database", 0.0
    if wrong:
        return HttpResponse(f"{wrong}\n", status=503, content_type="text/plain")
    troubles = {
        "broker": not probes.broker.goes_well(),
        "storage": not probes.storage.goes_well(),
        "late": late > settings.READY_LATE_SECONDS,
    }
    words = " ".join(word for word, is_so in troubles.items() if is_so)
    return HttpResponse(f"degraded: {words}\n" if words else "ready\n", content_type="text/plain")


def _ask_database() -> tuple[str, float]:
    """What is missing ("" if nothing), and for how many seconds the oldest due render has waited."""
    with platform_transaction("health: oldest due render"):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {_STATEMENT_MILLISECONDS}")
            cursor.execute("SELECT app, name FROM django_migrations")
            if known_migrations() - set(cursor.fetchall()):
                return "migrations", 0.0
        return "", oldest_due_seconds()


def oldest_due_seconds() -> float:
    """For how long the render that is due longest has been due; 0 when none is. Inside a platform transaction."""
    oldest = Render.objects.aggregate(at=Min("next_action_at"), now=Max(Now()))
    return max(0.0, (oldest["now"] - oldest["at"]).total_seconds()) if oldest["at"] else 0.0


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """(app, name) of every migration that this version of the product brings. Newer ones in the database are fine."""
    return frozenset(
        (app.label, module.name)
        for app in apps.get_app_configs()
        for module in pkgutil.iter_modules([str(Path(app.path) / "migrations")])
        if module.name[:1].isdecimal()
    )

"""Numbers for Prometheus, computed from the database when asked.

Not counted in the processes: those die, are several, and each would tell a part. The database knows everything
that has happened, and every web process gives the same answer.
"""

import hmac
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Avg, Count, F, Max, Min, Q, Sum
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from characters.models import Character
from renders.models import (
    Attempt,
    InboundEvent,
    LedgerEntry,
    Mismatch,
    MismatchKind,
    ProviderAccount,
    Render,
)
from renders.models.spend import Book
from renders.states import UNDER_WAY, State
from renders.sweep import SWEEP_LOCK
from tenants.access import public
from tenants.models import Chore
from tenants.scope import platform_transaction

_STATEMENT_MILLISECONDS = 5000
_LATELY = timedelta(minutes=15)

Row = tuple[dict[str, str], float]


@transaction.non_atomic_requests
@public("Prometheus has no account; a token opens it, and without one there is no such page")
def metrics(request: HttpRequest) -> HttpResponse:
    """The text format of Prometheus. Raises Http404 without the right token; 503 when the database is away."""
    given = request.headers.get("Authorization", "").encode()
    wanted = settings.METRICS_TOKEN
    if not wanted or not hmac.compare_digest(given, f"Bearer {wanted}".encode()):
        raise Http404
    try:
        with platform_transaction("metrics: counts and ages"):
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {_STATEMENT_MILLISECONDS}")
            text = "".join(_written(*family) for family in _families())
    except DatabaseError:
        return HttpResponse("database\n", status=503, content_type="text/plain")
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _families() -> Iterator[tuple[str, str, Iterable[Row]]]:
    yield from _renders()
    yield from _attempts()
    yield from _money()
    yield from _webhooks()
    yield from _accounts()
    yield from _mismatches()
    yield from _sweep()


def _renders() -> Iterator[tuple[str, str, Iterable[Row]]]:
    grouped = Render.objects.order_by().values("state")
    rows = {
        row["state"]: row
        for row in grouped.annotate(
            count=Count("pk"), since=Min("state_at"), due=Min("next_action_at"), now=Max(Now())
        )
    }
    yield (
        "dailies_renders",
        "Renders by state.",
        [({"state": state}, rows[state]["count"] if state in rows else 0) for state in State.values],
    )
    waiting = [state for state in State.values if state in UNDER_WAY]
    yield (
        "dailies_queue_age_seconds",
        "How long the render that is longest in a state has been there, while work goes on.",
        [({"state": state}, _age(rows.get(state), "since")) for state in waiting],
    )
    yield (
        "dailies_due_seconds",
        "How long the render that is due longest has been due.",
        [({"state": state}, _age(rows.get(state), "due")) for state in waiting],
    )


def _attempts() -> Iterator[tuple[str, str, Iterable[Row]]]:
    grouped = Attempt.objects.order_by().values("status", "render__failure_class").annotate(count=Count("pk"))
    yield (
        "dailies_attempts",
        "Attempts at a provider by their status and by the failure class of their render.",
        [
            ({"status": row["status"], "failure_class": row["render__failure_class"]}, row["count"])
            for row in grouped
        ],
    )


def _money() -> Iterator[tuple[str, str, Iterable[Row]]]:
    books = dict(
        LedgerEntry.objects.order_by()
        .values_list("book")
        .annotate(sum=Sum("amount_microusd"))
        .values_list("book", "sum")
    )
    yield (
        "dailies_spend_microusd",
        "Micro-dollars in the ledger: spent, and set aside.",
        [({"kind": "posted"}, books.get(Book.SPENT, 0)), ({"kind": "reserved"}, books.get(Book.RESERVED, 0))],
    )


def _webhooks() -> Iterator[tuple[str, str, Iterable[Row]]]:
    lately = Q(matched_at__isnull=False, received_at__gte=Now() - _LATELY)
    parked = Q(matched_at=None)
    row: dict[str, Any] = InboundEvent.objects.aggregate(
        parked=Count("pk", filter=parked),
        since=Min("received_at", filter=parked),
        lag=Avg(F("matched_at") - F("received_at"), filter=lately),
        now=Max(Now()),
    )
    yield "dailies_webhooks_parked", "Webhooks that no render claims yet.", [({}, row["parked"])]
    yield "dailies_webhooks_parked_seconds", "Age of the oldest of them.", [({}, _age(row, "since"))]
    lag = row["lag"].total_seconds() if row["lag"] else 0.0
    yield "dailies_webhook_lag_seconds", "From arrival to its render, mean of 15 minutes.", [({}, lag)]


def _accounts() -> Iterator[tuple[str, str, Iterable[Row]]]:
    accounts = list(
        ProviderAccount.objects.order_by("slug").values_list(
            "slug", "in_flight", "max_in_flight", "held_until_at", "is_active", "broken_at"
        )
    )
    now = timezone.now()
    yield (
        "dailies_account_in_flight",
        "Renders that a provider account is working on.",
        [({"account": slug}, in_flight) for slug, in_flight, *_ in accounts],
    )
    yield (
        "dailies_account_limit",
        "How many it may work on at once.",
        [({"account": slug}, limit) for slug, _, limit, *_ in accounts],
    )
    yield (
        "dailies_account_open",
        "1 while new work is sent through it, 0 while it is held, out of use or switched off.",
        [
            ({"account": slug}, float(active and broken is None and not (held and held > now)))
            for slug, _, _, held, active, broken in accounts
        ],
    )


def _mismatches() -> Iterator[tuple[str, str, Iterable[Row]]]:
    counts = dict(Mismatch.objects.open().order_by().values_list("kind").annotate(n=Count("pk")))
    yield (
        "dailies_mismatches_open",
        "Where a provider's list and our ledger do not agree, and nobody has cleared it up.",
        [({"kind": kind}, counts.get(kind, 0)) for kind in MismatchKind.values],
    )


def _sweep() -> Iterator[tuple[str, str, Iterable[Row]]]:
    """The sweep rings for what is due: whatever has been due for long shows that nobody does, or nobody hears it."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, [SWEEP_LOCK])
        lag, holders = cursor.fetchone() or (0, 0)
    yield (
        "dailies_sweep_lag_seconds",
        "How long the row that is due longest has been due.",
        [({}, float(lag))],
    )
    yield "dailies_sweep_running", "1 while a process holds the sweep's lock.", [({}, holders)]


_SWEEP = f"""
SELECT greatest(0, extract(epoch FROM now() - least(
         (SELECT min(next_action_at) FROM {Render._meta.db_table} WHERE next_action_at IS NOT NULL),
         (SELECT min(next_action_at) FROM {Character._meta.db_table} WHERE next_action_at IS NOT NULL),
         (SELECT min(provider_delete_at) FROM {Attempt._meta.db_table}
           WHERE provider_delete_at IS NOT NULL AND provider_deleted_at IS NULL),
         (SELECT min(due_at) FROM {Chore._meta.db_table}), now()))),
       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND objsubid = 1 AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""  # noqa: S608 - names of our own tables


def _age(row: dict[str, Any] | None, moment: str) -> float:
    if row is None or row[moment] is None:
        return 0.0
    return max(0.0, (row["now"] - row[moment]).total_seconds())


def _written(name: str, words: str, rows: Iterable[Row]) -> str:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
    for labels, value in rows:
        named = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{named}}} {value}" if named else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

"""How many creates of a model an account lets through now, by the provider's own headers. No number is ours.

The rows are shared by all workers. Before a send `take()` counts it; after its answer `learn()` writes down what the
headers say, less whatever went out since: those requests are on their way and not in the provider's count yet.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from renders.models import QuotaWindow
from renders.providers.port import Limits

UNSAID = 15.0  # seconds to wait after a 429 that does not say
SHORTEST, LONGEST = 0.2, 3600.0
JITTER = 0.1  # of the wait, added: workers of several machines must not come back in step
PROBE_SECONDS = 5.0  # the one request after a reset has so long to tell how many more may follow


@dataclass(frozen=True)
class Ticket:
    """One send that was counted. `number` counts the sends of the account and model."""

    account_id: int
    model: str
    number: int


def free_at(window: QuotaWindow, now: datetime) -> datetime | None:
    """When the next create of this model may go; None when it may go now."""
    if window.blocked_until_at is not None and window.blocked_until_at > now:
        return window.blocked_until_at
    if window.remaining == 0 and window.reset_at is not None and window.reset_at > now:
        return window.reset_at
    return None


def windows(account_id: int) -> dict[str, QuotaWindow]:
    """What is known of each model of an account. One query."""
    return {row.model: row for row in QuotaWindow.objects.filter(account=account_id)}


def take(account_id: int, model: str, window: QuotaWindow | None) -> Ticket:
    """Count a send, in the transaction of its intent and under the account's turn lock."""
    if window is None:
        return Ticket(account_id, model, 0)
    changes: dict[str, object] = {"sent": F("sent") + 1}
    if window.remaining:
        changes["remaining"] = Greatest(F("remaining") - 1, 0)
    elif window.remaining == 0:
        # Its time has come, but how many may go now only an answer tells: one goes ahead.
        changes["reset_at"] = Now() + timedelta(seconds=PROBE_SECONDS)
    QuotaWindow.objects.filter(pk=window.pk).update(**changes)
    return Ticket(account_id, model, window.sent + 1)


def give_back(ticket: Ticket) -> None:
    """It was not sent after all. A probe's turn is free again at once."""
    row = QuotaWindow.objects.filter(account=ticket.account_id, model=ticket.model)
    row.filter(remaining=0).update(reset_at=Now())
    row.filter(remaining__gt=0).update(remaining=F("remaining") + 1)


def learn(ticket: Ticket, limits: Limits) -> None:
    """Write down what an answer's headers say; nothing, when they say nothing."""
    if limits.remaining is None or limits.reset_seconds is None:
        return
    known = {
        "limit": limits.limit,
        "remaining": Greatest(limits.remaining - (F("sent") - ticket.number), 0),
        "reset_at": Now() + timedelta(seconds=min(limits.reset_seconds, LONGEST)),
        "seen_at": Now(),
    }
    row = QuotaWindow.objects.filter(account=ticket.account_id, model=ticket.model)
    if not row.update(**known):
        QuotaWindow.objects.get_or_create(account_id=ticket.account_id, model=ticket.model)
        row.update(**known)


def block(ticket: Ticket, retry_after: float | None) -> float:
    """After a 429: nothing more of this model goes before its time. Seconds until then."""
    said = retry_after if retry_after is not None else UNSAID
    wait = min(max(said, SHORTEST), LONGEST) * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311 - jitter, not a secret
    row, _made = QuotaWindow.objects.get_or_create(account_id=ticket.account_id, model=ticket.model)
    until = timezone.now() + timedelta(seconds=wait)
    later = QuotaWindow.objects.filter(pk=row.pk).exclude(blocked_until_at__gte=until)
    later.update(blocked_until_at=until, seen_at=Now())
    return wait

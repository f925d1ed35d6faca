"""The circuit breaker of an account: creates without a clear answer, again and again, take it out of use.

While it is open nothing is sent and what waits keeps waiting. After a pause one request goes ahead as a probe: a clear
answer, whatever it says, closes the breaker; another failure makes the pause longer. It decides only what is sent next.
What was sent already is the reconciler's, and is never sent again because of it.
"""

import random
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from renders.flags import raise_alert
from renders.models import BreakerTrip, ProviderAccount

log = structlog.get_logger(__name__)

LIMIT = 5  # creates without a clear answer, one after another
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 600.0  # seconds until a probe; twice as long after each that failed
PROBE_LEASE = 120.0  # longer than a create's own lease: a probe whose worker died is followed by another one


def begin_probe(account: ProviderAccount) -> None:
    """Under the account's turn lock: this request is the only one until its answer, or its lease ends."""
    due = Now() + timedelta(seconds=PROBE_LEASE)
    ProviderAccount.objects.filter(pk=account.pk, broken_at__isnull=False).update(probe_at=due)


def give_back_probe(account_id: int) -> None:
    """The probe was not sent after all: another one may go at once."""
    ProviderAccount.objects.filter(pk=account_id, broken_at__isnull=False).update(probe_at=Now())


@transaction.atomic
def succeeded(account_id: int) -> None:
    """A create got a clear answer. Writes nothing while all is well."""
    ill = ProviderAccount.objects.filter(pk=account_id).exclude(failed_creates=0, broken_at=None)
    if ill.update(**_WELL):
        BreakerTrip.objects.filter(account=account_id, closed_at=None).update(closed_at=Now())


_WELL = {
    "failed_creates": 0,
    "broken_at": None,
    "broken_reason": "",
    "probe_at": None,
    "failed_probes": 0,
}


@transaction.atomic
def failed(account: ProviderAccount, reason: str, *, was_probe: bool) -> None:
    """A create got no clear answer, or could not be sent. Takes the account out of use at the limit."""
    row = ProviderAccount.objects.filter(pk=account.pk)
    row.update(failed_creates=F("failed_creates") + 1)
    if was_probe:
        row.filter(broken_at__isnull=False).update(
            failed_probes=F("failed_probes") + 1,
            probe_at=timezone.now() + timedelta(seconds=pause(account.failed_probes + 1)),
        )
        return
    reason = " ".join(account.without_key(reason).split())[:300] or "no clear answer"
    opened = row.filter(broken_at=None, failed_creates__gte=LIMIT).update(
        broken_at=Now(), broken_reason=reason, probe_at=timezone.now() + timedelta(seconds=pause(0))
    )
    if opened:
        BreakerTrip.objects.create(account_id=account.pk, reason=reason)
        raise_alert(
            account,
            f"{account.name} gave {LIMIT} creates in a row no clear answer, so nothing more is sent. What waits keeps "
            f"waiting; one request tries it again in half a minute. The last answer: {reason}",
        )
        log.error("breaker_opened", account=account.slug, reason=reason)


def pause(failed_probes: int) -> float:
    """Seconds until the next probe: doubled after each failed one, up to the longest, with a tenth of jitter."""
    wait = min(FIRST_PAUSE * 2.0 ** min(failed_probes, 10), LONGEST_PAUSE)
    return wait * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, not a secret


def close_by_hand(account: ProviderAccount) -> bool:
    """Send again from now on; False when it was closed already."""
    return bool(ProviderAccount.objects.filter(pk=account.pk, broken_at__isnull=False).update(**_WELL))

"""Why an account lets nothing through now, and until when. Pure: rows in hand, no queries.

The dispatcher asks it before a send, and pages say the same in words.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from renders import quota
from renders.models import ProviderAccount, QuotaWindow


class Why(Enum):
    """What keeps creates back, in the order in which it is looked at."""

    OFF = "off"
    HELD = "held"
    BROKEN = "broken"
    QUOTA = "quota"
    FULL = "full"


@dataclass(frozen=True)
class Closed:
    """Nothing goes. `until`: when that may change by itself; None when nobody can say."""

    why: Why
    until: datetime | None = None


def closed(account: ProviderAccount, now: datetime) -> Closed | None:
    """What keeps everything of this account back; None when creates may go, as far as its quotas allow."""
    if not account.is_active:
        return Closed(Why.OFF)
    if account.held_until_at is not None and account.held_until_at > now:
        return Closed(Why.HELD, account.held_until_at)
    if account.probe_at is not None and account.probe_at > now:
        return Closed(Why.BROKEN, account.probe_at)
    if account.in_flight >= account.max_in_flight:
        return Closed(Why.FULL)
    return None


def closed_for(account: ProviderAccount, window: QuotaWindow | None, now: datetime) -> Closed | None:
    """The same for one model, whose quota may be used up. What lasts longer than a free slot is said first."""
    found = closed(account, now)
    until = quota.free_at(window, now) if window is not None else None
    if until is not None and (found is None or found.why is Why.FULL):
        return Closed(Why.QUOTA, until)
    return found

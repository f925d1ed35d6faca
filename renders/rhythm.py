"""When a render in flight is worth a look at its provider. Pure: no queries, no clock.

Looks come ever more seldom as a render grows older, up to LONGEST, and none comes before its kind can be done. Where
webhooks arrive nobody looks at all until a render is so late that its webhook must have been lost.
"""

import random
from datetime import datetime, timedelta

from renders.models import ProviderAccount
from renders.pace import Usual

FIRST, GROWTH, LONGEST = 2.0, 0.3, 8.0  # seconds between looks: a third of the age, within these bounds
TOO_EARLY = 0.8  # of the time that the quickest ones took: before it nobody looks
# A lost webhook is noticed so many seconds after the slowest usual clip, or after the start while nothing is learned.
LATE, LATE_UNLEARNED = 30.0, 60.0
TRUST_FOR, DISTRUST_FOR = timedelta(days=1), timedelta(minutes=10)


# The safety net under the rounds: a render that no round spoke of is asked for by itself after so long.
NET_SECONDS = 600.0


def trusts_webhooks(account: ProviderAccount, now: datetime) -> bool:
    """Whether they arrive: one did within a day, and none was missed lately."""
    if account.webhook_at is None or account.webhook_at < now - TRUST_FOR:
        return False
    return account.webhook_missed_at is None or account.webhook_missed_at < now - DISTRUST_FOR


def first_question(account: ProviderAccount) -> float:
    """Seconds until a render is asked for by itself: where rounds serve it by the list, only when none spoke of it."""
    return NET_SECONDS if account.capabilities.can_list else FIRST


def due_at(usual: Usual | None, *, with_webhooks: bool) -> float:
    """The age in seconds from which on a render is worth a look."""
    if with_webhooks:
        return usual.high + LATE if usual else LATE_UNLEARNED
    return usual.low * TOO_EARLY if usual else 0.0


def pause(age: float) -> float:
    """Seconds until the next look at a render of this age, give or take 15 %: looks must not march in step."""
    wait = min(max(age * GROWTH, FIRST), LONGEST)
    return wait * random.uniform(0.85, 1.15)  # noqa: S311 - jitter, not a secret

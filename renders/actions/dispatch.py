"""What staff decide about sending: an agency's share, and that an account which was taken out of use is tried again."""

import structlog
from django.db import transaction
from django.db.models.functions import Now

from renders import breaker, tasks
from renders.actions.words import reason_of
from renders.models import BreakerTrip, ProviderAccount
from tenants import audit
from tenants.audit import actor_ref
from tenants.errors import Refused
from tenants.models import Agency, User
from tenants.models.agencies import MOST_WEIGHT
from tenants.queue import ring

log = structlog.get_logger(__name__)

MAX_REASON = 300


class BadWeight(Refused):
    """The weight makes no sense."""


class AlreadyClosed(Refused):
    """Nothing keeps the account back any more."""


@transaction.atomic
def set_weight(*, agency: Agency, weight: int | None, reason: str, by: User) -> None:
    """Give the agency in scope its share of what an account takes. Raises BadWeight, ReasonMissing."""
    reason = reason_of(reason, ask="Say why: the audit trail keeps it.", most=MAX_REASON)
    if weight is None or not 1 <= weight <= MOST_WEIGHT:
        raise BadWeight(f"The share is a whole number from 1 to {MOST_WEIGHT}; 1 is the usual one.")
    was = Agency.objects.select_for_update().get(pk=agency.pk).dispatch_weight
    Agency.objects.filter(pk=agency.pk).update(dispatch_weight=weight)
    audit.record("dispatch.weight_set", by=by, on=agency, weight=weight, was=was, reason=reason)


@transaction.atomic
def close_breaker(*, account: ProviderAccount, reason: str, by: User) -> None:
    """Send through this account again, at once. Raises AlreadyClosed, ReasonMissing.

    Accounts belong to no agency, so that no agency's trail can hold this: the trip's own row does.
    """
    reason = reason_of(reason, ask="Say why you think that it works again.", most=MAX_REASON)
    if not breaker.close_by_hand(account):
        raise AlreadyClosed("It sends already: a request went well in the meantime.")
    BreakerTrip.objects.filter(account=account, closed_at=None).update(
        closed_at=Now(), closed_by=by, close_reason=reason
    )
    log.info("breaker_closed_by_hand", account=account.slug, by=actor_ref(by), reason=reason)
    ring(tasks.dispatch, account.pk)

"""Clear up what does not agree between a provider's list and our ledger; ask for a comparison now."""

import structlog
from django.db import transaction
from django.db.models.functions import Now

from renders import tasks
from renders.actions.words import reason_of
from renders.models import Mismatch, ProviderAccount
from tenants.audit import actor_ref
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring

log = structlog.get_logger(__name__)

MAX_REASON = 500


class CannotCompare(Refused):
    """Nothing can be compared with this account."""


class AlreadyResolved(Refused):
    """Somebody was quicker."""


@transaction.atomic
def resolve_mismatch(*, mismatch: Mismatch, reason: str, by: User) -> None:
    """Say how it was cleared up; the words stay with it. No money moves. Raises ReasonMissing, AlreadyResolved."""
    reason = reason_of(reason, ask="Say how it was cleared up: the words are kept with it.", most=MAX_REASON)
    row = Mismatch.objects.open().filter(pk=mismatch.pk)
    if not row.update(resolved_at=Now(), resolved_by=by, resolution=reason):
        raise AlreadyResolved("Somebody has cleared it up already. Their words are kept with it.")
    log.info("mismatch_resolved", mismatch=mismatch.pk, kind=mismatch.kind, by=actor_ref(by))


@transaction.atomic
def compare_now(*, account: ProviderAccount, by: User) -> None:
    """Let a worker compare the account's whole list now. It only reads. Raises CannotCompare."""
    if not account.is_active:
        raise CannotCompare(f"{account.name} is switched off, so it is not asked anything.")
    if not account.capabilities.can_list:
        raise CannotCompare(f"{account.name} cannot list its videos, so there is nothing to compare with.")
    ProviderAccount.objects.filter(pk=account.pk).update(compare_at=Now())
    log.info("comparison_asked", account=account.slug, by=actor_ref(by))
    ring(tasks.compare, account.pk)

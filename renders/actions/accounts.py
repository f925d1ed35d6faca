"""Set up provider accounts. What a vendor offers and asks is written here once, as dated data."""

from datetime import date
from typing import Any

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from renders import tasks
from renders.flags import FLAGS, is_on, turn
from renders.models import Mode, ModelOffer, PriceRow, ProviderAccount
from tenants.audit import actor_ref
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring

log = structlog.get_logger(__name__)

_HD = ["1280x720", "720x1280"]
_LARGE = ["1792x1024", "1024x1792"]
_VERIFIED = date(2026, 3, 22)

# model, label, purpose, sizes, seconds. The published schema of the Videos API, 2026-08-21.
OFFERS: tuple[tuple[str, str, str, list[str], list[int]], ...] = (
    ("sora-2", "Sora 2", "Fast and cheap: for finding the idea.", _HD, [4, 8, 12]),
    ("sora-2-pro", "Sora 2 Pro", "Slower, finer: for what the client gets.", [*_HD, *_LARGE], [4, 8, 12]),
)
# model, sizes, micro-dollars a second; batch is half of it.
PRICES: tuple[tuple[str, list[str], int], ...] = (
    ("sora-2", _HD, 100_000),
    ("sora-2-pro", _HD, 300_000),
    ("sora-2-pro", _LARGE, 500_000),
    ("sora-2-pro", ["1920x1080", "1080x1920"], 700_000),
)


@transaction.atomic
def set_up_account(
    *, slug: str, name: str, base_url: str, api_key: str, webhook_secrets: list[str], **habits: Any
) -> ProviderAccount:
    """Create or update an account with the Videos API's models and prices. `habits`: other fields of the account."""
    account, _created = ProviderAccount.objects.get_or_create(
        slug=slug, defaults={"name": name, "base_url": base_url}
    )
    for field, value in {"name": name, "base_url": base_url, **habits}.items():
        setattr(account, field, value)
    account.api_key = api_key
    account.webhook_secrets = webhook_secrets
    account.chains_verified_on = account.chains_verified_on or _VERIFIED
    account.check_at = timezone.now()  # another address or key: what the last test said is over
    account.save()
    were_on = [flag for flag in FLAGS if is_on(account, flag)]
    for order, (model, label, purpose, sizes, seconds) in enumerate(OFFERS):
        offer = {"label": label, "purpose": purpose, "sizes": sizes, "seconds": seconds, "order": order}
        ModelOffer.objects.update_or_create(
            account=account, model=model, defaults={**offer, "verified_on": _VERIFIED}
        )
    for model, sizes, rate in PRICES:
        for size in sizes:
            _set_price(account, model, size, Mode.STANDARD, rate)
            _set_price(account, model, size, Mode.BATCH, rate // 2)
    for flag in were_on:
        turn(account, flag, on=True)
    return account


@transaction.atomic
def ask_for_check(*, account: ProviderAccount, by: User) -> None:
    """Let a worker try the connection now. It reads two lists, so that it costs nothing.

    Accounts belong to the platform and to no agency, so that no agency's trail can hold this: the log does.
    """
    ProviderAccount.objects.filter(pk=account.pk).update(check_at=Now(), check_asked_at=Now())
    log.info("account_check_asked", account=account.slug, by=actor_ref(by))
    ring(tasks.check_account, account.pk)


class BadEligibility(Refused):
    """The dates make no sense, or nothing proves them."""


@transaction.atomic
def set_likeness(
    *, account: ProviderAccount, since: date | None, until: date | None, evidence: str, by: User
) -> None:
    """Write down that the provider has agreed to likenesses of people, from when to when, and where it says so.

    No date and no evidence take it away. Raises BadEligibility. Logged, as ask_for_check is.
    """
    evidence = " ".join(evidence.split())[:500]
    if (since is None) != (not evidence):
        raise BadEligibility(
            "Both are needed: from when it holds, and where that is written down. Or neither."
        )
    if until is not None and (since is None or until < since):
        raise BadEligibility("It cannot end before it begins.")
    ProviderAccount.objects.filter(pk=account.pk).update(
        likeness_from=since, likeness_until=until, likeness_evidence=evidence
    )
    log.info(
        "account_likeness_set", account=account.slug, since=str(since), until=str(until), by=actor_ref(by)
    )


def _set_price(account: ProviderAccount, model: str, size: str, mode: str, rate: int) -> None:
    PriceRow.objects.get_or_create(
        account=account,
        model=model,
        size=size,
        mode=mode,
        valid_from=_VERIFIED,
        defaults={"microusd_per_second": rate, "verified_on": _VERIFIED},
    )

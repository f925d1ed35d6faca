"""Choices that sources disagree on: sent only where an account has proved them, and taken back when it refuses one.

A flag is on while the account's offers hold its choices, so that forms, prices and checks need not know of flags.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction

from renders import pricing
from renders.models import AccountAlert, ModelOffer, ProviderAccount, Render
from renders.states import Kind
from tenants.errors import Refused

log = structlog.get_logger(__name__)


class CannotSwitch(Refused):
    """Nothing of this account could be switched on."""


@dataclass(frozen=True)
class Flag:
    """Seconds and sizes that go on and off together. `why`: what the sources say."""

    name: str
    title: str
    why: str
    seconds: tuple[int, ...] = ()
    sizes: tuple[str, ...] = ()
    # Where the sources disagree: a server of open weights renders what its owner says.
    dialects: frozenset[str] = frozenset({"openai", "litellm", "relay"})

    def holds(self, *, size: str, seconds: int) -> bool:
        """Whether this choice is one of the flag's."""
        return size in self.sizes or seconds in self.seconds


FLAGS = (
    Flag(
        "long",
        "16 and 20 seconds",
        "The vendor’s guide has them; the published document stops at 12.",
        seconds=(16, 20),
    ),
    Flag(
        "full_hd",
        "1080p",
        "The vendor’s guide has it on the larger model; the published document does not.",
        sizes=("1920x1080", "1080x1920"),
    ),
)
BY_NAME = {flag.name: flag for flag in FLAGS}


def disputed(account: ProviderAccount) -> list[Flag]:
    """The flags that mean something at this account."""
    return [flag for flag in FLAGS if account.dialect in flag.dialects]


def is_on(account: ProviderAccount, flag: Flag) -> bool:
    """Whether any model of the account offers one of the flag's choices; uses a prefetch of offers."""
    return any(
        set(flag.seconds) & set(o.seconds) or set(flag.sizes) & set(o.sizes) for o in account.offers.all()
    )


@transaction.atomic
def turn(account: ProviderAccount, flag: Flag, *, on: bool) -> None:
    """Put the flag's choices into the account's offers, or take them out.

    Sizes go only to models that have a price for them. Raises CannotSwitch when that is none.
    """
    changed = 0
    for offer in ModelOffer.objects.select_for_update().filter(account=account):
        seconds = sorted({*offer.seconds} - {*flag.seconds} | ({*flag.seconds} if on else set()))
        sizes = [size for size in offer.sizes if size not in flag.sizes]
        sizes += [size for size in flag.sizes if on and _has_price(account, offer, size)]
        if not sizes or not seconds or (sizes, seconds) == (offer.sizes, offer.seconds):
            continue
        ModelOffer.objects.filter(pk=offer.pk).update(sizes=sizes, seconds=seconds)
        changed += 1
    if on and not changed:
        raise CannotSwitch(
            f"No model of {account.name} has a price for {flag.title}. Add a price first; then it can be switched on."
        )


def _has_price(account: ProviderAccount, offer: ModelOffer, size: str) -> bool:
    try:
        pricing.quote(account, model=offer.model, size=size, seconds=1)
    except pricing.NoPrice:
        return False
    return True


def strike(render: Render, detail: Any) -> None:
    """The provider called a new clip's parameters invalid: switch off the flag that allowed them, and tell staff."""
    if render.kind != Kind.CREATE:
        return
    account = render.account
    named = str(detail.get("param") or "") if isinstance(detail, dict) else ""
    for flag in disputed(account):
        field = "seconds" if flag.seconds else "size"
        if (
            (named and named != field)
            or not flag.holds(size=render.size, seconds=render.seconds)
            or not is_on(account, flag)
        ):
            continue
        turn(account, flag, on=False)
        words = str(detail.get("message") or "") if isinstance(detail, dict) else str(detail or "")
        raise_alert(
            account,
            f"{account.name} refused {render.seconds} s at {render.size} of {render.model} as invalid, so {flag.title} "
            f"are switched off. Nothing was charged. Its words: {account.without_key(words) or 'none'}",
        )
        log.error("flag_switched_off", account=account.slug, flag=flag.name, render=render.public_id)


def raise_alert(account: ProviderAccount, text: str) -> None:
    """Put something in front of the platform's staff, until one of them has seen it."""
    AccountAlert.objects.create(account=account, text=" ".join(text.split())[:500])

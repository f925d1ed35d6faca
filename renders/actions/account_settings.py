"""Provider accounts as the platform's staff set them up: address, key, limits, money, models. No key is ever given back.

Accounts belong to the platform and to no agency, so that no agency's trail can hold these: the log does.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import slugify

from renders import flags, pricing, tasks
from renders.capabilities import CAPABILITIES, SWITCHES
from renders.models import AccountAlert, Mode, ModelOffer, PriceRow, ProviderAccount, SettlementRule
from renders.states import FailureClass
from tenants.audit import actor_ref
from tenants.errors import Refused
from tenants.models import User
from tenants.queue import ring

log = structlog.get_logger(__name__)

# After these a provider may have charged: it was accepted, and came to nothing.
CHARGEABLE = (
    FailureClass.POLICY_OUTPUT,
    FailureClass.RENDER_FAILED,
    FailureClass.PROVIDER_LOST,
    FailureClass.EXPIRED_BEFORE_DOWNLOAD,
)
_RESERVED_SLUGS = {"new"}


class BadAccount(Refused):
    """Something about the account makes no sense. `field` names the form's field."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class AccountSettings:
    """What staff decide. `api_key`, `webhook_secret`: empty leaves what is stored.

    `settlement`: FailureClass -> SettlementRule; `overrides`: capabilities.SWITCHES -> whether it does.
    """

    name: str
    base_url: str
    dialect: str
    api_key: str = ""
    webhook_secret: str = ""
    is_active: bool = True
    sunset_on: date | None = None
    max_in_flight: int = 4
    max_retries: int = 3
    list_grace_seconds: int = 600
    hard_limit_seconds: int = 3600
    deletes_after_copy: bool = True
    registers_free: bool = True
    moderates: bool = False
    settlement: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, bool] = field(default_factory=dict)


def check_address(text: str) -> str:
    """The base address, without its last slash. Raises BadAccount.

    https, for the key travels with every request; plain http only to this very machine, where the emulator is.
    """
    text = text.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise BadAccount(
            "This is no address. Enter one such as https://videos.example.net/v1.", field="base_url"
        ) from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise BadAccount(
            "Leave names and passwords out of the address: the key has a field of its own.", field="base_url"
        )
    if parts.scheme not in {"http", "https"} or not host or any(letter.isspace() for letter in text):
        raise BadAccount("Enter the whole address, such as https://videos.example.net/v1.", field="base_url")
    if parts.query or parts.fragment:
        raise BadAccount(
            "The address ends before “?” and “#”: it is only the beginning of each call.", field="base_url"
        )
    if parts.scheme == "http" and not _is_this_machine(host):
        raise BadAccount(
            "Use https: with http the key could be read on the way. Only a server on this machine may do without.",
            field="base_url",
        )
    if len(text) > 300:
        raise BadAccount("The address is longer than 300 characters.", field="base_url")
    return text


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_key(text: str) -> str:
    """The key as it can go into a header. Raises BadAccount; the text is never repeated."""
    key = text.strip()
    if key and (not key.isascii() or not key.isprintable() or " " in key or len(key) > 500):
        raise BadAccount(
            "This cannot be a key: a key has no spaces and only plain letters, digits and signs.",
            field="api_key",
        )
    return key


@transaction.atomic
def add_account(*, settings: AccountSettings, by: User) -> ProviderAccount:
    """A new account, without models yet. Raises BadAccount."""
    account = ProviderAccount(slug=_free_slug(settings.name))
    if not settings.api_key.strip():
        raise BadAccount("Enter the key. It is encrypted, and never shown again.", field="api_key")
    _apply(account, settings, is_new=True)
    log.info("account_added", account=account.slug, host=account.host, by=actor_ref(by))
    return account


@transaction.atomic
def change_account(*, account: ProviderAccount, settings: AccountSettings, by: User) -> None:
    """Change an account; what is with it already goes on. Raises BadAccount."""
    account = ProviderAccount.objects.select_for_update().get(pk=account.pk)
    _apply(account, settings, is_new=False)
    log.info("account_changed", account=account.slug, host=account.host, by=actor_ref(by))


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:30] or "provider"
    taken = set(ProviderAccount.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    taken |= _RESERVED_SLUGS
    return next(slug for slug in [wanted, *(f"{wanted}-{n}" for n in range(2, 1000))] if slug not in taken)


def _apply(account: ProviderAccount, settings: AccountSettings, *, is_new: bool) -> None:
    name, address, key = (
        " ".join(settings.name.split()),
        check_address(settings.base_url),
        check_key(settings.api_key),
    )
    if not name:
        raise BadAccount("Give it a name that teams recognise.", field="name")
    if settings.dialect not in CAPABILITIES:
        raise BadAccount("Choose how it speaks.", field="dialect")
    moves = not is_new and urlsplit(account.base_url).netloc != urlsplit(address).netloc
    if moves and account.has_key and not key:
        raise BadAccount(
            "The server is another one now, so enter the key again: the old one was not meant for it.",
            field="api_key",
        )
    unknown = set(settings.settlement) - {failure.value for failure in CHARGEABLE}
    if unknown or not set(settings.settlement.values()) <= set(SettlementRule.values):
        raise BadAccount("There is no such rule.", field="settlement")
    account.name, account.base_url, account.dialect = name[:80], address, settings.dialect
    for attribute in (
        "is_active", "sunset_on", "max_in_flight", "max_retries", "list_grace_seconds", "hard_limit_seconds", "deletes_after_copy",
        "registers_free", "moderates",
    ):  # fmt: skip
        setattr(account, attribute, getattr(settings, attribute))
    account.settlement = {**account.settlement, **settings.settlement}
    account.capability_overrides = {
        switch: does for switch, does in settings.overrides.items() if switch in SWITCHES
    }
    if key:
        account.api_key = key
    if secret := settings.webhook_secret.strip():
        # The one before it stays valid beside it: the provider changes over within a day.
        account.webhook_secrets = [secret, *account.webhook_secrets[:1]]
    account.check_at = timezone.now()  # what the last test said is over
    account.save()
    if account.is_active:
        ring(tasks.check_account, account.pk)


@dataclass(frozen=True)
class OfferSettings:
    """One model as staff offer it. `rates`: size -> micro-dollars a second, in the order in which sizes are shown."""

    model: str
    label: str
    purpose: str
    wire_model: str
    seconds: list[int]
    rates: dict[str, int]
    is_enabled: bool = True


@transaction.atomic
def save_offer(*, account: ProviderAccount, offer: OfferSettings, by: User) -> ModelOffer:
    """Offer a model, or change how it is offered. A changed price ends the old row today; quoted takes keep theirs.

    Raises BadAccount.
    """
    if not offer.model or not offer.label:
        raise BadAccount("A model has a name of ours and one for people.", field="model")
    if not offer.rates:
        raise BadAccount("Enter at least one size with its price.", field="rates")
    if not offer.seconds or not all(1 <= seconds <= 600 for seconds in offer.seconds):
        raise BadAccount("Enter the lengths that it renders, in whole seconds.", field="seconds")
    for size, rate in offer.rates.items():
        _check_rate(size, rate)
    values = {
        "label": offer.label,
        "purpose": offer.purpose,
        "wire_model": offer.wire_model,
        "sizes": list(offer.rates),
        "seconds": sorted(set(offer.seconds)),
        "is_enabled": offer.is_enabled,
        "verified_on": pricing.today(),
    }
    saved, _created = ModelOffer.objects.update_or_create(
        account=account,
        model=offer.model,
        defaults=values,
        create_defaults={**values, "order": account.offers.count()},
    )
    for size, rate in offer.rates.items():
        set_rate(account, model=offer.model, size=size, microusd_per_second=rate)
    log.info("account_offer_saved", account=account.slug, model=offer.model, by=actor_ref(by))
    return saved


def _check_rate(size: str, rate: int) -> None:
    width, _x, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal() and min(int(width), int(height)) >= 16):
        raise BadAccount(f"“{size}” is no size. Write it as 1280x720.", field="rates")
    if max(int(width), int(height)) > pricing.MOST_PIXELS:
        raise BadAccount(f"{size} is more than 1080p, which is never sent.", field="rates")
    if not 0 <= rate <= 100 * pricing.MICROUSD:
        raise BadAccount(f"The price for {size} is not between $0 and $100 a second.", field="rates")


def set_rate(account: ProviderAccount, *, model: str, size: str, microusd_per_second: int) -> None:
    """The price from today on. What is quoted already keeps its own."""
    today = pricing.today()
    row = (
        account.prices.on(today)
        .filter(model=model, size=size, mode=Mode.STANDARD)
        .order_by("-valid_from")
        .first()
    )
    if row is not None and row.microusd_per_second == microusd_per_second:
        return
    if row is not None and row.valid_from == today:
        row.microusd_per_second, row.verified_on = microusd_per_second, today
        row.save(update_fields=["microusd_per_second", "verified_on"])
        return
    if row is not None:
        row.valid_to = today
        row.save(update_fields=["valid_to"])
    PriceRow.objects.create(
        account=account,
        model=model,
        size=size,
        mode=Mode.STANDARD,
        microusd_per_second=microusd_per_second,
        valid_from=today,
        verified_on=today,
    )


@transaction.atomic
def switch_flag(*, account: ProviderAccount, name: str, on: bool, by: User) -> None:
    """Switch disputed choices on or off for an account. Raises flags.CannotSwitch."""
    flag = flags.BY_NAME.get(name)
    if flag is None or flag not in flags.disputed(account):
        raise flags.CannotSwitch("There is no such switch.")
    flags.turn(account, flag, on=on)
    log.info("account_flag_switched", account=account.slug, flag=name, on=on, by=actor_ref(by))


@transaction.atomic
def see_alert(*, alert: AccountAlert, by: User) -> None:
    """Put an alert away: somebody has seen it."""
    AccountAlert.objects.filter(pk=alert.pk, seen_at=None).update(seen_at=Now(), seen_by=by)

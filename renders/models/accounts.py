"""Provider accounts: everything about a vendor is data, for the protocol outlives the vendor."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from renders.capabilities import CAPABILITIES, Capabilities, lack
from tenants.models import User
from tenants.secrets import SecretUnreadable, seal, unseal

# A provider's list of models that is older than this decides nothing.
LIST_FRESH = timedelta(hours=1)
# A price that nobody has compared with the provider's list for longer may have changed.
PRICE_FRESH = timedelta(days=90)


class CheckFailure(models.TextChoices):
    """What the last check of an account found wrong."""

    UNREACHABLE = "unreachable", "Cannot be reached"
    KEY_REFUSED = "key_refused", "Key refused"
    NO_VIDEO = "no_video", "No access to video"
    BUSY = "busy", "Asked us to wait"
    NONSENSE = "nonsense", "Answers nonsense"


class SettlementRule(models.TextChoices):
    """What a failed attempt costs: vendors differ."""

    RELEASE = "release"
    CHARGE = "charge"


def _extension_seconds() -> list[int]:
    """What the vendor's guide says that an extension may add."""
    return [4, 8, 12, 16, 20]


class ProviderAccountQuerySet(models.QuerySet["ProviderAccount"]):
    def usable(self) -> "ProviderAccountQuerySet":
        return self.filter(is_active=True)

    def going_on(self) -> "ProviderAccountQuerySet":
        """Those whose service has not ended."""
        return self.filter(Q(sunset_on=None) | Q(sunset_on__gt=timezone.now().date()))

    def for_new_renders(self) -> "ProviderAccount | None":
        """The platform's account that takes new work, with its offers; None when there is none.

        The first one in use whose service goes on; one that has ended only when there is no other.
        """
        accounts = list(self.usable().order_by("pk").prefetch_related("offers"))
        return next(
            (account for account in accounts if not account.has_ended), accounts[0] if accounts else None
        )

    def due_for_check(self) -> "ProviderAccountQuerySet":
        """Accounts in use whose connection was not tried lately."""
        return self.usable().filter(check_at__lte=Now())

    def take_slot(self, pk: int) -> bool:
        """Count one more render in flight, unless the account is full or held. Exact: one conditional UPDATE."""
        free = self.filter(pk=pk, is_active=True, in_flight__lt=F("max_in_flight"))
        free = free.filter(Q(held_until_at=None) | Q(held_until_at__lte=Now()))
        return free.update(in_flight=F("in_flight") + 1) == 1

    def give_slot(self, pk: int) -> None:
        """Count one render in flight less."""
        self.filter(pk=pk, in_flight__gt=0).update(in_flight=F("in_flight") - 1)

    def hold(self, pk: int, until: Any, reason: str) -> None:
        """Send nothing more through this account until then."""
        self.filter(pk=pk).update(held_until_at=until, held_reason=reason[:200])


class ProviderAccount(models.Model):
    """A server that speaks the Videos protocol, the key we have there, and its habits."""

    slug = models.SlugField(unique=True, max_length=40)
    name = models.CharField(max_length=80)
    dialect = models.CharField(max_length=20, default="openai")
    base_url = models.URLField(max_length=300)
    api_key_sealed = models.TextField(blank=True, editable=False)
    # Newest first; during a rotation the old one stays valid beside the new one.
    webhook_secrets_sealed = ArrayField(models.TextField(), default=list, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    is_emulator = models.BooleanField(default=False)
    sunset_on = models.DateField(null=True, blank=True)
    max_in_flight = models.PositiveIntegerField(default=4)
    in_flight = models.PositiveIntegerField(default=0, editable=False)
    held_until_at = models.DateTimeField(null=True, blank=True)
    held_reason = models.CharField(max_length=200, blank=True)
    # What this account does otherwise than its dialect: name of a switch in capabilities.SWITCHES -> whether it does.
    capability_overrides = models.JSONField(default=dict, blank=True)
    # How long after an unanswered create the provider's list may still lack it.
    list_grace_seconds = models.PositiveIntegerField(default=600)
    # Past this a render still pending counts as lost.
    hard_limit_seconds = models.PositiveIntegerField(default=3600)
    # Whether the provider's copy is deleted once ours is verified, and how long after that: as long as it is there, a
    # remix, an edit or an extension can name it.
    deletes_after_copy = models.BooleanField(default=True)
    keeps_copy_seconds = models.PositiveIntegerField(default=0)
    # The limits of a chain of extensions. Both bind, and they come from one source: they carry the day they were verified.
    extension_seconds = ArrayField(models.PositiveSmallIntegerField(), default=_extension_seconds)
    max_extensions = models.PositiveSmallIntegerField(default=6)
    max_chain_seconds = models.PositiveSmallIntegerField(default=120)
    chains_verified_on = models.DateField(null=True, blank=True)
    # Whether telling it of a character costs nothing: then one that got no clear answer may be told once more.
    registers_free = models.BooleanField(default=True)
    # From when to when the provider has agreed to likenesses of real people with this account, and where that is
    # written down. Without it none goes there.
    likeness_from = models.DateField(null=True, blank=True)
    likeness_until = models.DateField(null=True, blank=True)
    likeness_evidence = models.CharField(max_length=500, blank=True)
    # Whether its safety check (POST /moderations) is asked before each create; while it is out, takes wait.
    moderates = models.BooleanField(default=False)
    # FailureClass -> SettlementRule; what is not named is released.
    settlement = models.JSONField(default=dict, blank=True)
    models_seen = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    models_seen_at = models.DateTimeField(null=True, blank=True)
    # The connection is tried again from then on; a claim moves it, so that a killed worker's check is repeated.
    check_at = models.DateTimeField(db_default=Now(), editable=False)
    check_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    check_failure = models.CharField(max_length=12, choices=CheckFailure.choices, blank=True, editable=False)
    check_problem = models.CharField(max_length=300, blank=True, editable=False)
    # How often a create that is proved not sent is tried again, after 2, 4, 8 … seconds.
    max_retries = models.PositiveSmallIntegerField(default=3)
    # Creates without a clear answer, one after another. Too many, and nothing is sent until a probe goes well.
    failed_creates = models.PositiveSmallIntegerField(default=0, editable=False)
    broken_at = models.DateTimeField(null=True, blank=True, editable=False)
    broken_reason = models.CharField(max_length=300, blank=True, editable=False)
    probe_at = models.DateTimeField(null=True, blank=True, editable=False)
    failed_probes = models.PositiveSmallIntegerField(default=0, editable=False)
    # Fair turns: the virtual clock, how many were sent, and when somebody looked last.
    turn_clock = models.PositiveBigIntegerField(default=0, editable=False)
    turns = models.PositiveBigIntegerField(default=0, editable=False)
    # Looks at what is in flight: when the next one is due, how many failed, and whether webhooks can be relied on.
    poll_at = models.DateTimeField(db_default=Now(), editable=False)
    failed_rounds = models.PositiveSmallIntegerField(default=0, editable=False)
    webhook_at = models.DateTimeField(null=True, blank=True, editable=False)
    webhook_missed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Its whole list is compared with our ledger from then on, once a day.
    compare_at = models.DateTimeField(db_default=Now(), editable=False)
    turn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ProviderAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(check_failure="", check_problem="")
                | (~Q(check_failure="") & ~Q(check_problem="") & Q(checked_at__isnull=False)),
                name="failed_check_says_why",
            ),
            models.CheckConstraint(
                condition=Q(likeness_from=None, likeness_until=None, likeness_evidence="")
                | (Q(likeness_from__isnull=False) & ~Q(likeness_evidence="")),
                name="likeness_eligibility_is_dated_and_proved",
            ),
            models.CheckConstraint(
                condition=Q(broken_at=None, broken_reason="", probe_at=None)
                | (Q(broken_at__isnull=False, probe_at__isnull=False) & ~Q(broken_reason="")),
                name="broken_account_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def capabilities(self) -> Capabilities:
        """What can be asked of it: its dialect's profile, with what is known to be different here."""
        profile = CAPABILITIES.get(self.dialect, CAPABILITIES["openai"])
        return profile.with_overrides(self.capability_overrides)

    def why_cannot(self, name: str) -> str:
        """Why one of capabilities.SWITCHES cannot be had here, for people; empty when it can."""
        return "" if getattr(self.capabilities, name) else lack(name, account=self.name)

    @property
    def has_ended(self) -> bool:
        """Whether its service has ended, by its sunset date: nothing new is sent from that day on."""
        return self.sunset_on is not None and self.sunset_on <= timezone.now().date()

    @property
    def deletes_copies(self) -> bool:
        """Whether its copy is deleted once ours is verified: we want it, and it can."""
        return self.deletes_after_copy and self.capabilities.can_delete

    @property
    def has_key(self) -> bool:
        """Whether a key is stored; it may still be refused."""
        return bool(self.api_key_sealed)

    @property
    def host(self) -> str:
        """Where it is, for people: no path, and no password that somebody put into the address."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    def takes_likeness(self, day: date | None = None) -> bool:
        """Whether the provider has agreed, on this day (today by UTC), to likenesses of real people."""
        day = day or timezone.now().date()
        if self.likeness_from is None or day < self.likeness_from:
            return False
        return self.likeness_until is None or day <= self.likeness_until

    @property
    def is_being_checked(self) -> bool:
        """True from the moment a person asked until the answer is written."""
        if self.check_asked_at is None:
            return False
        return self.checked_at is None or self.checked_at < self.check_asked_at

    @property
    def list_is_fresh(self) -> bool:
        """Whether its list of models may decide what is offered: read lately, and the last check went well."""
        if self.models_seen_at is None or self.check_failure:
            return False
        return self.models_seen_at > timezone.now() - LIST_FRESH

    @property
    def api_key(self) -> str:
        """The key in clear; never logged, never rendered. Raises SecretUnreadable."""
        return unseal(self.api_key_sealed) if self.api_key_sealed else ""

    @api_key.setter
    def api_key(self, value: str) -> None:
        self.api_key_sealed = seal(value) if value else ""

    def without_key(self, text: str) -> str:
        """A provider's words for staff to read: some servers repeat the key that they were given."""
        try:
            key = self.api_key
        except SecretUnreadable:
            return text
        return text.replace(key, "…") if key else text

    @property
    def webhook_secrets(self) -> list[str]:
        """Every secret that may sign an inbound webhook today."""
        return [unseal(sealed) for sealed in self.webhook_secrets_sealed]

    @webhook_secrets.setter
    def webhook_secrets(self, values: list[str]) -> None:
        self.webhook_secrets_sealed = [seal(value) for value in values]

    def settlement_rule(self, failure_class: str) -> SettlementRule:
        """Whether an attempt that ended so is charged or released."""
        return SettlementRule(self.settlement.get(failure_class, SettlementRule.RELEASE))


class AccountAlert(models.Model):
    """Something about an account that the platform's staff have to know, until one of them has seen it."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="alerts")
    text = models.CharField(max_length=500)
    raised_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seen_at=None, seen_by=None) | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="seen_alert_names_who",
            )
        ]

    def __str__(self) -> str:
        return self.text


class ModelOffer(models.Model):
    """One model of an account, with the sizes and seconds it takes."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="offers")
    model = models.CharField(max_length=80)
    # What is sent on the wire; an alias can move to another snapshot without code.
    wire_model = models.CharField(max_length=80, blank=True)
    label = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200)
    sizes = ArrayField(models.CharField(max_length=11))
    seconds = ArrayField(models.PositiveSmallIntegerField())
    is_enabled = models.BooleanField(default=True)
    # Since when the provider's own list lacks it.
    missing_since_at = models.DateTimeField(null=True, blank=True, editable=False)
    order = models.PositiveSmallIntegerField(default=0)
    verified_on = models.DateField()

    class Meta:
        ordering = ["order", "model"]
        constraints = [models.UniqueConstraint(fields=["account", "model"], name="one_offer_per_model")]

    def __str__(self) -> str:
        return self.label

    @property
    def name_on_the_wire(self) -> str:
        """What the provider calls it."""
        return self.wire_model or self.model


class Mode(models.TextChoices):
    STANDARD = "standard"
    BATCH = "batch"


class PriceRowQuerySet(models.QuerySet["PriceRow"]):
    def unverified(self, day: date) -> "PriceRowQuerySet":
        """Those that were not compared with the provider's list lately."""
        return self.filter(verified_on__lt=day - PRICE_FRESH)

    def on(self, day: Any) -> "PriceRowQuerySet":
        """Rows that are valid on a day."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


class PriceRow(models.Model):
    """What one second of one size of one model costs, while it is valid. No row: no price, no submit."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="prices")
    model = models.CharField(max_length=80)
    size = models.CharField(max_length=11)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.STANDARD)
    microusd_per_second = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    verified_on = models.DateField()

    objects = PriceRowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "model", "size", "mode", "valid_from"], name="one_price_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.size} {self.mode}: {self.microusd_per_second} µ$/s"

    @property
    def is_unverified(self) -> bool:
        """Whether nobody has compared it with the provider's list lately."""
        return self.verified_on < timezone.now().date() - PRICE_FRESH

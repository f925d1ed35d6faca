"""Whose turn it is at an account, what the provider still lets through, and when it was taken out of use.

An account may be shared by agencies, so these are tables of the platform. They hold counters, and nothing of anybody's work.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from renders.models.accounts import ProviderAccount
from tenants.models import Agency, Client, User


class AgencyTurn(models.Model):
    """How far an agency has been served at an account, on the account's virtual clock.

    Start-time fair queueing (Goyal, Vin and Cheng, 1996): each take that is sent costs its agency ONE / weight.
    """

    ONE = 1_000_000  # virtual time of one take at weight 1

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    passed = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "agency"], name="one_turn_per_agency")]

    def __str__(self) -> str:
        return f"{self.agency_id}: {self.passed}"


class ClientTurn(models.Model):
    """When a client was served last at an account: the number of that send, counted per account."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    served = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "client"], name="one_turn_per_client")]

    def __str__(self) -> str:
        return f"{self.client_id}: {self.served}"


class QuotaWindow(models.Model):
    """What a provider said last, in its headers, of how many creates of one model it takes."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="quotas")
    model = models.CharField(max_length=80)
    limit = models.PositiveIntegerField(null=True, blank=True)
    # Null: it did not say, so only 429s bind.
    remaining = models.PositiveIntegerField(null=True, blank=True)
    reset_at = models.DateTimeField(null=True, blank=True)
    # After a 429: nothing is sent before.
    blocked_until_at = models.DateTimeField(null=True, blank=True)
    # Numbers the sends, so that an answer knows how many went out after its own request.
    sent = models.PositiveBigIntegerField(default=0)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["model"]
        constraints = [models.UniqueConstraint(fields=["account", "model"], name="one_quota_per_model")]

    def __str__(self) -> str:
        return f"{self.model}: {self.remaining} of {self.limit}"


class BreakerTrip(models.Model):
    """One time that an account was taken out of use because its creates failed again and again."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="trips")
    opened_at = models.DateTimeField(db_default=Now())
    reason = models.CharField(max_length=300)
    closed_at = models.DateTimeField(null=True, blank=True)
    # Nobody: a probe went well.
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    close_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(closed_at=None), name="one_open_trip_per_account"
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | (Q(closed_at__isnull=False) & ~Q(close_reason="")),
                name="trip_closed_by_hand_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Pace(models.Model):
    """How long an account takes to make a clip of one kind: the latest of them, in seconds."""

    KEPT = 50

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="paces")
    model = models.CharField(max_length=80)
    size = models.CharField(max_length=11)
    seconds = models.PositiveSmallIntegerField()
    latest = ArrayField(models.FloatField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "model", "size", "seconds"], name="one_pace_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.size} {self.seconds} s"

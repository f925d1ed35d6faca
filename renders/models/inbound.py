"""Webhooks as they came. They arrive without an agency, so this is a table of the platform."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from renders.models.accounts import ProviderAccount


class InboundEvent(models.Model):
    """One delivery that was verified. Its webhook id makes a repeat harmless.

    Kept for as long as the retention policy says: a repeat that is older than five minutes is refused by its signature.
    """

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    webhook_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    video_id = models.CharField(max_length=300)
    received_at = models.DateTimeField(db_default=Now())
    # Null while parked: it came before we knew the id.
    matched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "webhook_id"], name="one_effect_per_delivery")
        ]
        indexes = [
            models.Index(
                fields=["account", "video_id"], name="inbound_parked", condition=Q(matched_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.video_id}"

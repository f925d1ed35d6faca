"""The daily comparison of our ledger with a provider's own list: how far it has come, and what does not agree.

A video without an owner belongs to no agency, so these are tables of the platform.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from renders.models.accounts import ProviderAccount
from tenants.models import Agency, User


class Comparison(models.Model):
    """One walk through an account's whole list. `cursor`: the last video that was compared; empty at the beginning."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="comparisons")
    started_at = models.DateTimeField(db_default=Now())
    cursor = models.CharField(max_length=1000, blank=True)
    pages = models.PositiveIntegerField(default=0)
    videos = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(finished_at=None), name="one_walk_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pages} pages, {self.videos} videos"


class MismatchKind(models.TextChoices):
    """What does not agree."""

    ORPHAN = "orphan", _("Nobody’s video")
    LOSS = "loss", _("Paid and gone")
    OVERAGE = "overage", _("Dearer than settled")


class MismatchQuerySet(models.QuerySet["Mismatch"]):
    def open(self) -> "MismatchQuerySet":
        """Those that nobody has cleared up."""
        return self.filter(resolved_at=None)


class Mismatch(models.Model):
    """One thing in which ledger and list disagree. Once only: the next walk that finds it again changes nothing.

    `amount_microusd`: what it is about, when that is known. `evidence`: facts of the list and of our row, no prompt.
    """

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="mismatches")
    kind = models.CharField(max_length=8, choices=MismatchKind.choices)
    video_id = models.CharField(max_length=1000)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    attempt_id = models.UUIDField(null=True, blank=True)
    amount_microusd = models.BigIntegerField(null=True, blank=True)
    evidence = models.JSONField(default=dict)
    opened_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True, blank=True)
    # Nobody: a later walk found that it had been cleared up.
    resolved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    resolution = models.CharField(max_length=500, blank=True)

    objects = MismatchQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "video_id"], name="one_case_per_mismatch"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolution="", resolved_by=None)
                | (Q(resolved_at__isnull=False) & ~Q(resolution="")),
                name="resolved_mismatch_says_how",
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="mismatch_open", condition=Q(resolved_at=None))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.video_id}"

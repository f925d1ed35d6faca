"""Stored files, each with its hash."""

from fractions import Fraction
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from renders.models.renders import Render
from tenants.models import OrgForeignKey, OrgManager, OrgModel, OrgQuerySet


class AssetKind(models.TextChoices):
    ORIGINAL = "original"  # the provider's MP4, byte for byte
    PROVIDER_THUMBNAIL = "provider_thumbnail"  # the provider's own WebP
    PROVIDER_SHEET = "provider_sheet"  # the provider's own JPEG sheet
    PROXY = "proxy"  # review copy: short GOP, so that stepping a frame is quick
    POSTER = "poster"
    HOVER_SHEET = "hover_sheet"
    WAVEFORM = "waveform"


class AssetState(models.TextChoices):
    """The life of a file. A deleted one leaves its row: the hash on a certificate can still be explained."""

    STORED = "stored"
    ARCHIVED = "archived"
    DELETED = "deleted"  # decided; the bytes are gone once purged_at is set


class AssetQuerySet(OrgQuerySet):
    def to_purge(self) -> Any:
        """Deleted files whose bytes are still there. None of a take under hold, whatever its files say."""
        return self.filter(state=AssetState.DELETED, purged_at=None, render__held_at=None)


class Asset(OrgModel):
    """One file in our storage. The key is made by the server from the agency and the hash."""

    prefix = "ast"

    render = OrgForeignKey(Render, on_delete=models.PROTECT, related_name="assets")
    kind = models.CharField(max_length=20, choices=AssetKind.choices)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    storage_key = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frames = models.PositiveIntegerField(null=True, blank=True)
    fps_num = models.PositiveIntegerField(null=True, blank=True)
    fps_den = models.PositiveIntegerField(null=True, blank=True)
    has_audio = models.BooleanField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=AssetState.choices, default=AssetState.STORED)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OrgManager.of(AssetQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "render", "kind"], name="one_asset_per_kind"),
            models.CheckConstraint(
                condition=~Q(kind__in=["original", "proxy"])
                | Q(frames__isnull=False, fps_num__isnull=False, fps_den__isnull=False),
                name="clip_has_frames_and_rate",
            ),
            models.CheckConstraint(
                condition=Q(state="stored", archived_at=None, deleted_at=None, purged_at=None)
                | Q(state="archived", archived_at__isnull=False, deleted_at=None, purged_at=None)
                | Q(state="deleted", deleted_at__isnull=False),
                name="asset_state_has_its_moments",
            ),
        ]
        indexes = [
            # "Does another take share these bytes?"
            models.Index(fields=["org", "storage_key"], name="asset_by_key"),
            models.Index(
                fields=["deleted_at"], name="asset_purge_due", condition=Q(state="deleted", purged_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"

    @property
    def is_kept(self) -> bool:
        """Whether it is there and may be shown."""
        return self.state != AssetState.DELETED

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return Fraction(self.fps_num or 30, self.fps_den or 1)

    @property
    def duration_seconds(self) -> float:
        """Length, from the number of frames."""
        return float((self.frames or 0) / self.fps)

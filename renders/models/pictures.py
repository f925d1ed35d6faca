"""Images that open a clip: what was uploaded or taken from a clip, and the files that were made of it."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from characters.models import Likeness
from tenants.models import OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


class PictureOrigin(models.TextChoices):
    UPLOAD = "upload", gettext_lazy("Uploaded")
    FRAME = "frame", gettext_lazy("Last frame of a take")


class Picture(OrgModel):
    """One image that may open clips, of one agency. Its files are in PictureFile."""

    prefix = "pic"

    origin = models.CharField(max_length=8, choices=PictureOrigin.choices)
    # The take whose last frame it is.
    take = OrgForeignKey(
        "renders.Render", on_delete=models.PROTECT, null=True, blank=True, related_name="frames"
    )
    # What the decoder found: see tenants.media.picture.
    facts = models.JSONField()
    likeness = models.CharField(max_length=8, choices=Likeness.choices, default=Likeness.NONE)
    # Why the face detector is not sure.
    doubt = models.CharField(max_length=300, blank=True)
    likeness_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    likeness_at = models.DateTimeField(null=True, blank=True)
    likeness_reason = models.CharField(max_length=300, blank=True)
    # Who said that nobody can be recognised in it.
    attested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    attested_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(origin="upload", take=None) | Q(origin="frame", take__isnull=False),
                name="frame_names_its_take",
            ),
            models.CheckConstraint(
                condition=Q(attested_by=None, attested_at=None)
                | Q(attested_by__isnull=False, attested_at__isnull=False),
                name="picture_attested_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(likeness__in=["none", "doubtful"], likeness_by=None, likeness_at=None)
                | (
                    Q(likeness__in=["cleared", "eligible", "refused"])
                    & Q(likeness_by__isnull=False, likeness_at__isnull=False)
                    & ~Q(likeness_reason="")
                ),
                name="picture_verdict_names_person",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="picture_doubtful", condition=Q(likeness="doubtful"))
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_vouched(self) -> bool:
        """Somebody attested that nobody is in it, the staff looked, or it is the frame of a clip that was made here."""
        cleared = self.likeness in {Likeness.CLEARED, Likeness.ELIGIBLE}
        return cleared or self.attested_at is not None or self.origin == PictureOrigin.FRAME

    def file(self, kind: str) -> Any:
        """Its newest file of this kind, or None when there is none or it was deleted; uses a prefetch of files."""
        kept = [file for file in self.files.all() if file.kind == kind and file.is_kept]
        return max(kept, key=lambda file: file.created_at, default=None)

    @property
    def preview(self) -> Any:
        """Small, for pages; None when it was deleted; uses a prefetch of files."""
        return self.file(PictureFileKind.PREVIEW)


class PictureFileKind(models.TextChoices):
    ORIGINAL = "original"  # byte for byte what was sent, or the frame pixel for pixel
    FIT = "fit"  # a part of it, at exactly the size of a clip
    PREVIEW = "preview"  # small, for pages


class PictureFileQuerySet(OrgQuerySet):
    def to_purge(self) -> Any:
        """Marked files whose bytes are still there."""
        return self.filter(deleted_at__isnull=False, purged_at=None)


class PictureFile(OrgModel):
    """One stored file of a picture. Its key lies apart from takes' and characters' files: they never share bytes."""

    prefix = "pif"

    picture = OrgForeignKey(Picture, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=8, choices=PictureFileKind.choices)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    storage_key = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    # Pixels, as shown.
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    # Of a fit: what was chosen and the rectangle that it gave; see renders.pictures.plan.
    cut = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OrgManager.of(PictureFileQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "picture", "kind", "sha256"], name="picture_file_once_per_picture"
            ),
        ]
        indexes = [models.Index(fields=["org", "storage_key"], name="picture_file_by_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"

    @property
    def is_kept(self) -> bool:
        """Whether it is there and may be shown."""
        return self.deleted_at is None

    @property
    def size(self) -> str:
        """WIDTHxHEIGHT."""
        return f"{self.width}x{self.height}"

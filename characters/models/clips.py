"""Source clips, and the files that belong to characters."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from characters import rules
from characters.models.characters import Character
from tenants.models import OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


class Origin(models.TextChoices):
    UPLOAD = "upload", gettext_lazy("Uploaded")
    CUT = "cut", gettext_lazy("Trimmed and cropped")
    TAKE = "take", gettext_lazy("Cut from a take")


class Likeness(models.TextChoices):
    """What is known of somebody's likeness in a clip."""

    NONE = "none", gettext_lazy("Nobody doubts it")
    DOUBTFUL = "doubtful", gettext_lazy("Waits for the platform’s staff")
    CLEARED = "cleared", gettext_lazy("No likeness, said the staff")
    ELIGIBLE = "eligible", gettext_lazy("A likeness: only for accounts that are eligible")
    REFUSED = "refused", gettext_lazy("Refused by the staff")


class Clip(OrgModel):
    """One candidate for a character's source clip. A character keeps all it had, and uses one."""

    prefix = "chc"

    character = OrgForeignKey(Character, on_delete=models.PROTECT, related_name="clips")
    number = models.PositiveIntegerField()
    origin = models.CharField(max_length=8, choices=Origin.choices)
    parent = OrgForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Of a cut: seconds and pixels. Of a take: its public id as well.
    cut = models.JSONField(default=dict, blank=True)
    # What the decoder found: see tenants.media.source.inspect.
    facts = models.JSONField()
    likeness = models.CharField(max_length=8, choices=Likeness.choices, default=Likeness.NONE)
    # Why somebody, or the face detector, is not sure.
    doubt = models.CharField(max_length=300, blank=True)
    likeness_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    likeness_at = models.DateTimeField(null=True, blank=True)
    likeness_reason = models.CharField(max_length=300, blank=True)
    # Who said that nobody is in it: the name as it was, and the very words.
    attested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    attested_at = models.DateTimeField(null=True, blank=True)
    attested_name = models.CharField(max_length=120, blank=True)
    attested_text = models.TextField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["org", "character", "number"], name="clip_number_once_per_character"
            ),
            models.CheckConstraint(
                condition=Q(attested_by=None, attested_at=None, attested_name="", attested_text="")
                | (
                    Q(attested_by__isnull=False, attested_at__isnull=False)
                    & ~Q(attested_name="")
                    & ~Q(attested_text="")
                ),
                name="attestation_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(likeness__in=["none", "doubtful"], likeness_by=None, likeness_at=None)
                | (
                    Q(likeness__in=["cleared", "eligible", "refused"])
                    & Q(likeness_by__isnull=False, likeness_at__isnull=False)
                    & ~Q(likeness_reason="")
                ),
                name="likeness_verdict_names_person_and_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="clip_doubtful", condition=Q(likeness="doubtful"))
        ]

    def __str__(self) -> str:
        return f"clip {self.number}"

    @property
    def problems(self) -> list[rules.Problem]:
        """The rules that it breaks."""
        return rules.check(self.facts)

    @property
    def is_mendable(self) -> bool:
        """Trim and crop can make all of it right."""
        return all(problem.is_mendable for problem in self.problems)

    @property
    def is_legal(self) -> bool:
        return not self.problems

    @property
    def is_attested(self) -> bool:
        return self.attested_at is not None

    @property
    def is_vouched(self) -> bool:
        """Its maker attested that nobody is in it, or the platform's staff looked and let it through."""
        return self.is_attested or self.likeness in {Likeness.CLEARED, Likeness.ELIGIBLE}

    def file(self, kind: str) -> Any:
        """Its file of this kind, or None when there is none or it was deleted; uses a prefetch of files."""
        return next((f for f in self.files.all() if f.kind == kind and f.is_kept), None)

    @property
    def source(self) -> Any:
        return self.file(FileKind.SOURCE)

    @property
    def preview(self) -> Any:
        return self.file(FileKind.PREVIEW)

    @property
    def poster(self) -> Any:
        return self.file(FileKind.POSTER)


class FileKind(models.TextChoices):
    SOURCE = "source"  # byte for byte what was sent, or what the cut wrote
    PREVIEW = "preview"  # small, without sound, for pages
    POSTER = "poster"
    EVIDENCE = "evidence"  # of the rights


class CharacterFileQuerySet(OrgQuerySet):
    def to_purge(self) -> Any:
        """Marked files whose bytes are still there."""
        return self.filter(deleted_at__isnull=False, purged_at=None)


class CharacterFile(OrgModel):
    """One stored file of a character. Its key lies apart from takes' files: the two never share bytes."""

    prefix = "chf"

    character = OrgForeignKey(Character, on_delete=models.PROTECT, related_name="files")
    clip = OrgForeignKey(Clip, on_delete=models.PROTECT, null=True, blank=True, related_name="files")
    kind = models.CharField(max_length=8, choices=FileKind.choices)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    storage_key = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OrgManager.of(CharacterFileQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "clip", "kind"],
                condition=Q(clip__isnull=False),
                name="one_file_per_clip_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="evidence", clip=None) | (~Q(kind="evidence") & Q(clip__isnull=False)),
                name="evidence_belongs_to_no_clip",
            ),
        ]
        indexes = [models.Index(fields=["org", "storage_key"], name="character_file_by_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"

    @property
    def is_kept(self) -> bool:
        """Whether it is there and may be shown."""
        return self.deleted_at is None

"""A round of review of one take, its stages, and what is said in it."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from renders.models import Render
from tenants.models import OrgForeignKey, OrgManager, OrgModel, OrgOneToOneField, OrgQuerySet, User


class Round(OrgModel):
    """The review of one take: first inside, then by the client."""

    prefix = "rvw"

    render = OrgOneToOneField(Render, on_delete=models.PROTECT, related_name="round")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Review of {self.render}"


class StageKind(models.TextChoices):
    INTERNAL = "internal", "Team"
    CLIENT = "client", "Client"


class Stage(OrgModel):
    """One step of a round. Within a stage the latest decision counts; earlier ones stay on record."""

    prefix = "stg"

    round = OrgForeignKey(Round, on_delete=models.PROTECT, related_name="stages")
    kind = models.CharField(max_length=8, choices=StageKind.choices)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["org", "round", "kind"], name="one_stage_per_kind")]

    def __str__(self) -> str:
        return self.get_kind_display()


class Visibility(models.TextChoices):
    TEAM = "team", "Team only"
    SHARED = "shared", "Team and client"


class CommentQuerySet(OrgQuerySet):
    def threads(self) -> Any:
        """Top comments in the order of their frames."""
        return self.filter(parent=None).order_by(F("frame_in").asc(nulls_last=True), "created_at")

    def unresolved(self) -> Any:
        return self.filter(parent=None, resolved_at=None, deleted_at=None)


class Comment(OrgModel):
    """What somebody says, at a frame, over a range, or about the whole clip."""

    prefix = "cmt"

    round = OrgForeignKey(Round, on_delete=models.PROTECT, related_name="comments")
    parent = OrgForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replies")
    # The original's hash: a comment stays with the version it was made on.
    asset_sha256 = models.CharField(max_length=64)
    frame_in = models.PositiveIntegerField(null=True, blank=True)
    frame_out = models.PositiveIntegerField(null=True, blank=True)
    body = models.TextField(max_length=4000)
    visibility = models.CharField(max_length=6, choices=Visibility.choices)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    guest = OrgForeignKey(
        "reviews.Guest", on_delete=models.PROTECT, null=True, blank=True, related_name="comments"
    )
    # One comment per form that was shown: a double click or Back says it once.
    form_key = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 - unique when known
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[Any] = OrgManager.of(CommentQuerySet)

    # Set by visibility.threads_for and by the pages, not columns.
    thread: list["Comment"]
    timecode: str

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "form_key"], name="one_comment_per_form"),
            models.CheckConstraint(
                condition=Q(author__isnull=False, guest=None) | Q(author=None, guest__isnull=False),
                name="comment_has_one_author",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="comment_resolved_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(frame_out=None) | Q(frame_in__isnull=False, frame_out__gte=F("frame_in")),
                name="comment_range_is_in_order",
            ),
        ]
        indexes = [models.Index(fields=["org", "round", "frame_in", "created_at"], name="comment_in_order")]

    def __str__(self) -> str:
        return self.body[:40]

    @property
    def author_name(self) -> str:
        """Who wrote it, as people read it."""
        return str(self.author or self.guest)

    @property
    def is_erased(self) -> bool:
        """Its words are gone: nobody can write an empty comment."""
        return not self.body

    @property
    def is_from_client(self) -> bool:
        return self.guest_id is not None

"""What the team wants to see: projects, briefs, and the versions that never change."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import OuterRef, Subquery

from renders.models.pictures import PictureFile
from renders.prompts import compose
from renders.states import TONES, State
from tenants.models import AppendOnlyModel, Client, OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


class Project(OrgModel):
    """A campaign of one client."""

    prefix = "prj"

    client = OrgForeignKey(Client, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "client", "name"], name="project_name_once_per_client")
        ]

    def __str__(self) -> str:
        return self.name


class BriefFields(models.Model):
    """The typed fields of a shot, kept apart so that each can be checked, reused and compared."""

    subject = models.TextField(max_length=4000, blank=True)
    setting = models.TextField(max_length=4000, blank=True)
    action = models.TextField(max_length=4000, blank=True)
    camera = models.TextField(max_length=4000, blank=True)
    lighting = models.TextField(max_length=4000, blank=True)
    motion = models.TextField(max_length=4000, blank=True)
    audio = models.TextField(max_length=4000, blank=True)
    brand_constraints = models.TextField(max_length=4000, blank=True)
    safety_tags = models.TextField(max_length=1000, blank=True)
    reviewer_notes = models.TextField(max_length=4000, blank=True)

    class Meta:
        abstract = True

    TEXT_FIELDS = (
        "subject",
        "setting",
        "action",
        "camera",
        "lighting",
        "motion",
        "audio",
        "brand_constraints",
        "safety_tags",
        "reviewer_notes",
    )

    def texts(self) -> dict[str, str]:
        """The typed fields by name."""
        return {name: getattr(self, name) for name in self.TEXT_FIELDS}

    def composed(self, names: Iterable[str] = ()) -> str:
        """The prompt that these fields make. `names`: of the characters in it."""
        return compose(self, names)


class BriefQuerySet(OrgQuerySet):
    def listed(self) -> Any:
        """Newest first, with what a list shows."""
        return (
            self.filter(archived_at=None)
            .select_related("project__client", "created_by")
            .order_by("-updated_at")
        )

    def with_latest_take(self) -> Any:
        """Adds latest_state: the state of the newest take, or None."""
        from_brief = self.model._meta.get_field("renders").related_model._base_manager.filter(
            brief=OuterRef("pk")
        )
        latest = from_brief.order_by("-take").values("state")[:1]
        return self.annotate(latest_state=Subquery(latest))


class Brief(BriefFields, OrgModel):
    """A shot being worked on: a draft of the next version, and the settings it will be rendered with."""

    prefix = "brf"

    project = OrgForeignKey(Project, on_delete=models.PROTECT, related_name="briefs")
    title = models.CharField(max_length=120)
    model = models.CharField(max_length=80, blank=True)
    size = models.CharField(max_length=11, blank=True)
    seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    # The image that a new clip opens with. It may not fit the size yet: then it has to be cut before a submit.
    picture = OrgForeignKey(
        PictureFile, on_delete=models.PROTECT, null=True, blank=True, related_name="in_briefs"
    )
    versions = models.PositiveIntegerField(default=0, editable=False)
    takes = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OrgManager.of(BriefQuerySet)

    class Meta:
        indexes = [models.Index(fields=["org", "-updated_at"], name="brief_by_update")]

    def __str__(self) -> str:
        return self.title

    @property
    def latest_label(self) -> str:
        """Words for the newest take's state; needs with_latest_take()."""
        return str(State(self.latest_state).label)  # type: ignore[attr-defined]

    @property
    def latest_tone(self) -> str:
        """Colour family of the newest take's state; needs with_latest_take()."""
        return TONES[State(self.latest_state)]  # type: ignore[attr-defined]


class BriefVersion(BriefFields, AppendOnlyModel):
    """What was rendered: a brief's texts at the moment of a submit, never edited."""

    prefix = "brv"

    brief = OrgForeignKey(Brief, on_delete=models.PROTECT, related_name="history")
    number = models.PositiveIntegerField()
    composed_prompt = models.TextField()
    digest = models.CharField(max_length=64)
    # The image that the clip opens with: its bytes by their hash are in the digest.
    picture = OrgForeignKey(
        PictureFile, on_delete=models.PROTECT, null=True, blank=True, related_name="in_versions"
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "brief", "number"], name="version_number_once_per_brief")
        ]

    def __str__(self) -> str:
        return f"v{self.number}"

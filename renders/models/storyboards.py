"""A storyboard: a first scene and its extensions, planned and paid for as one, made one after the other."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from renders.models.briefs import Brief
from renders.storyboard_states import TONES, Progress
from tenants.models import (
    AppendOnlyModel,
    OrgForeignKey,
    OrgManager,
    OrgModel,
    OrgOneToOneField,
    OrgQuerySet,
    User,
)


class StoryboardQuerySet(OrgQuerySet):
    def listed(self) -> Any:
        """Last touched first, with what a list shows."""
        related = self.select_related("brief__project__client", "created_by")
        return related.prefetch_related("scenes").order_by("-updated_at", "-id")

    def due(self) -> Any:
        """Being made, and to be looked at by the database's clock."""
        return self.filter(state=Progress.RUNNING, next_action_at__lte=Now()).order_by("next_action_at")


class Storyboard(OrgModel):
    """Scenes of one clip that grows. Title, project, model, size and the first scene are its brief's."""

    prefix = "sbd"

    brief = OrgOneToOneField(Brief, on_delete=models.CASCADE, related_name="storyboard")
    state = models.CharField(max_length=8, choices=Progress.choices, default=Progress.PLANNED)
    state_at = models.DateTimeField(db_default=Now())
    # Fencing token, as a render's.
    version = models.PositiveIntegerField(default=0)
    next_action_at = models.DateTimeField(null=True, blank=True)
    # Why it stands where it stands.
    note = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = OrgManager.of(StoryboardQuerySet)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="running", next_action_at__isnull=False)
                | (~Q(state="running") & Q(next_action_at=None)),
                name="running_storyboard_is_looked_at",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-updated_at", "-id"], name="storyboard_by_update"),
            models.Index(
                fields=["next_action_at"], name="storyboard_due", condition=Q(next_action_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.brief.title

    @property
    def tone(self) -> str:
        """Colour family of its pill."""
        return TONES[Progress(self.state)]

    @property
    def seconds(self) -> int:
        """How long the clip is planned to be; uses prefetches of brief and scenes."""
        return (self.brief.seconds or 0) + sum(scene.seconds or 0 for scene in self.scenes.all())


class Scene(OrgModel):
    """One link: the first scene, whose words and length are the brief's, or an extension with its own."""

    prefix = "scn"

    storyboard = OrgForeignKey(Storyboard, on_delete=models.CASCADE, related_name="scenes")
    position = models.PositiveSmallIntegerField()
    prompt = models.TextField(max_length=4000, blank=True)
    seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    # Raised when it is made anew: part of its take's submit key, so that one round makes one take.
    round = models.PositiveSmallIntegerField(default=1)
    # What was agreed to be paid for it: words, settings and price; see renders.storyboards.scene_digest.
    agreed_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["org", "storyboard", "position"], name="scene_position_once_per_storyboard"
            ),
            models.CheckConstraint(
                condition=Q(position=1, prompt="", seconds=None) | Q(position__gt=1, seconds__isnull=False),
                name="first_scene_is_the_briefs",
            ),
        ]

    def __str__(self) -> str:
        return f"scene {self.position}"

    @property
    def is_first(self) -> bool:
        return self.position == 1

    @property
    def submit_key(self) -> str:
        """Of the take of this round: however often it is sent for, there is one."""
        return f"scene-{self.pk.hex}-{self.round}"


class StoryboardEvent(AppendOnlyModel):
    """One transition of a storyboard, written in its transaction."""

    prefix = "sbe"

    storyboard = OrgForeignKey(Storyboard, on_delete=models.PROTECT, related_name="events")
    happened_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField()
    source = models.CharField(max_length=8, choices=Progress.choices)
    target = models.CharField(max_length=8, choices=Progress.choices)
    actor = models.CharField(max_length=80)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "storyboard", "version"], name="one_event_per_storyboard_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"

    @property
    def tone(self) -> str:
        """Colour family of the state it led to."""
        return TONES[Progress(self.target)]


class ContinuityItem(models.TextChoices):
    """What has to persist from scene to scene."""

    LIGHTING = "lighting", "Lighting"
    CHARACTERS = "characters", "Characters"
    SETTING = "setting", "Setting"


class Continuity(OrgModel):
    """What somebody found of one item, watching the whole clip: it holds, or breaks at a scene."""

    prefix = "cty"

    storyboard = OrgForeignKey(Storyboard, on_delete=models.CASCADE, related_name="continuity")
    item = models.CharField(max_length=10, choices=ContinuityItem.choices)
    # The scene at which it breaks; none while it holds.
    breaks_at = models.PositiveSmallIntegerField(null=True, blank=True)
    # How many scenes were there to be watched.
    scenes_seen = models.PositiveSmallIntegerField()
    judged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "storyboard", "item"], name="one_verdict_per_item")
        ]

    def __str__(self) -> str:
        return f"{self.item}: {'holds' if self.breaks_at is None else f'breaks at scene {self.breaks_at}'}"

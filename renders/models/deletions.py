"""Deletions of files of takes, characters and pictures: the tombstone that was laid first, the receipt that is written last, requests for many."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from characters.models import Character
from renders.models.briefs import Project
from renders.models.pictures import Picture
from renders.models.renders import Render
from tenants.models import (
    AppendOnlyModel,
    OrgForeignKey,
    OrgManager,
    OrgModel,
    OrgOneToOneField,
    OrgQuerySet,
    User,
)


class Cause(models.TextChoices):
    """Why files go."""

    PERSON = "person", "Deleted by hand"
    BULK = "bulk", "Deleted together with others"
    RETENTION = "retention", "Deleted by the retention policy"


class DeletionState(models.TextChoices):
    WAITING = "waiting", "Can be undone"
    RUNNING = "running", "Being removed"
    DONE = "done", "Gone"
    UNDONE = "undone", "Taken back"


class PurgeVerdict(models.TextChoices):
    OPEN = "", "Waits for a second person"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class PurgeRequest(OrgModel):
    """Somebody wants the files of many takes gone. Somebody else has to say yes."""

    prefix = "prg"

    project = OrgForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    # The takes that were counted when it was asked for: what comes later is not part of it.
    render_ids = ArrayField(models.UUIDField(), editable=False)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    verdict = models.CharField(max_length=10, choices=PurgeVerdict.choices, blank=True, default="")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    # {"laid": n, "left": [[public id, why]]} once it is approved.
    outcome = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="", decided_by=None, decided_at=None)
                | (~Q(verdict="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="purge_verdict_has_its_person",
            ),
            # Two people: neither an action nor a script can let the one who asked say yes.
            models.CheckConstraint(
                condition=Q(verdict__in=["", "withdrawn", "refused"]) | ~Q(decided_by=F("asked_by")),
                name="purge_is_approved_by_another",
            ),
        ]
        indexes = [models.Index(fields=["org", "-asked_at"], name="purge_newest")]

    def __str__(self) -> str:
        return self.title

    @property
    def tone(self) -> str:
        """Colour family of its pill."""
        return {"": "warning", "approved": "success"}.get(self.verdict, "neutral")


class DeletionQuerySet(OrgQuerySet):
    def open(self) -> Any:
        return self.filter(state__in=[DeletionState.WAITING, DeletionState.RUNNING])

    def newest(self) -> Any:
        """The last one with what its card shows, and `is_over`: its undo window has passed. None when there is none."""
        rows = self.select_related("asked_by", "receipt", "request")
        return rows.annotate(is_over=Q(begins_at__lte=Now())).order_by("-asked_at").first()

    def due(self) -> Any:
        """Ready to begin or to go on, by the database's clock; none of a take under hold.

        Nor of a character, or of a picture, with which such a take was made.
        """
        held = Render.objects.filter(held_at__isnull=False)
        cast = held.filter(brief_version__cast__character=OuterRef("character"))
        opened = held.filter(brief_version__picture__picture=OuterRef("picture"))
        rows = self.open().filter(next_action_at__lte=Now(), render__held_at=None)
        rows = rows.exclude(Q(character__isnull=False) & Exists(cast))
        return rows.exclude(Q(picture__isnull=False) & Exists(opened))


class Deletion(OrgModel):
    """The tombstone of a take's files, a character's or a picture's. It is laid before anything goes, and it stays."""

    prefix = "del"

    # One of the three.
    render = OrgForeignKey(Render, on_delete=models.PROTECT, null=True, blank=True, related_name="deletions")
    character = OrgForeignKey(
        Character, on_delete=models.PROTECT, null=True, blank=True, related_name="deletions"
    )
    picture = OrgForeignKey(
        Picture, on_delete=models.PROTECT, null=True, blank=True, related_name="deletions"
    )
    cause = models.CharField(max_length=10, choices=Cause.choices)
    rule = models.CharField(max_length=40, blank=True)
    request = OrgForeignKey(
        PurgeRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="deletions"
    )
    # Empty: the retention policy.
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    # Hashes only. Of a take {kind: {"sha256", "bytes"}}; of the others {file's id: {"kind", "sha256", "bytes"}}.
    files = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=DeletionState.choices, default=DeletionState.WAITING)
    # Until then it can be undone.
    begins_at = models.DateTimeField()
    next_action_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OrgManager.of(DeletionQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "render"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_open_deletion_per_take",
            ),
            models.UniqueConstraint(
                fields=["org", "character"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_open_deletion_per_character",
            ),
            models.UniqueConstraint(
                fields=["org", "picture"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_open_deletion_per_picture",
            ),
            models.CheckConstraint(
                condition=Q(render__isnull=False, character=None, picture=None)
                | Q(render=None, character__isnull=False, picture=None)
                | Q(render=None, character=None, picture__isnull=False),
                name="deletion_has_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="waiting", begun_at=None, done_at=None, undone_at=None, next_action_at__isnull=False
                )
                | Q(state="running", begun_at__isnull=False, next_action_at__isnull=False, done_at=None)
                | Q(state="done", done_at__isnull=False, next_action_at=None)
                | Q(state="undone", undone_at__isnull=False, next_action_at=None, done_at=None),
                name="deletion_state_has_its_moments",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_action_at"], name="deletion_due", condition=Q(next_action_at__isnull=False)
            ),
            models.Index(fields=["org", "-asked_at", "-id"], name="deletion_newest"),
        ]

    def __str__(self) -> str:
        return f"Deletion of {self.render or self.character or self.picture}"

    @property
    def tone(self) -> str:
        """Colour family of its pill."""
        return {"waiting": "info", "running": "progress", "done": "success"}.get(self.state, "neutral")

    @property
    def subject(self) -> tuple[str, Any]:
        """(field, id) of whose files it removes."""
        ids = {name: getattr(self, f"{name}_id") for name in ("render", "character", "picture")}
        return next((name, pk) for name, pk in ids.items() if pk is not None)

    @property
    def size_bytes(self) -> int:
        """Of all its files."""
        return sum(int(file["bytes"]) for file in self.files.values())


class DeletionReceipt(AppendOnlyModel):
    """Proof that the files are gone: signed, hashes only. One per deletion, written when nothing is left."""

    prefix = "rct"

    deletion = OrgOneToOneField(Deletion, on_delete=models.PROTECT, related_name="receipt")
    issued_at = models.DateTimeField()
    key_id = models.CharField(max_length=32)
    document = models.JSONField()

    def __str__(self) -> str:
        return self.public_id

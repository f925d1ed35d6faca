"""Render (what the team wants), Attempt (one possible charge), RenderEvent (what happened)."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.text import slugify

from renders.models.accounts import Mode, PriceRow, ProviderAccount
from renders.models.briefs import Brief, BriefVersion
from renders.models.orders import Order
from renders.models.storyboards import Scene
from renders.states import (
    FAILURES,
    REVIEWABLE,
    TONES,
    UNDER_WAY,
    WORKING,
    FailureClass,
    Kind,
    Pause,
    State,
    Who,
)
from tenants.models import AppendOnlyModel, Client, OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


def _values(states: Iterable[State]) -> list[str]:
    return sorted(state.value for state in states)


# Until its own clip is made, a take that starts from another one needs that one's clip.
_NEEDS_SOURCE = (UNDER_WAY | {State.NEEDS_HUMAN}) - {State.DOWNLOADING, State.STORED}


class RenderQuerySet(OrgQuerySet):
    def working(self) -> Any:
        return self.filter(state__in=_values(WORKING))

    def due(self) -> Any:
        """Rows whose next action is due by the database's clock."""
        return self.filter(next_action_at__lte=Now()).order_by("next_action_at")

    def listed(self) -> Any:
        """Newest first, with what a list shows; two queries whatever the number of rows."""
        related = self.select_related("brief__project__client", "created_by", "account", "scene__storyboard")
        return related.prefetch_related("assets").order_by("-created_at", "-id")

    def on_lists(self, *, archived: bool = False) -> Any:
        """Takes that lists show by default, or those that were put away."""
        return self.filter(archived_at__isnull=not archived)

    def starting_from(self, parent: Any) -> Any:
        """Remixes, edits and extensions of this take that are not made yet: they need its clip."""
        return self.filter(parent=parent, state__in=_values(_NEEDS_SOURCE)).exclude(kind=Kind.CREATE)

    def for_client(self, client: Any) -> Any:
        return self.filter(brief__project__client=client)


class Render(OrgModel):
    """A take of a brief: one clip that the team asked for, with the price it was quoted."""

    prefix = "rnd"

    brief = OrgForeignKey(Brief, on_delete=models.PROTECT, related_name="renders")
    brief_version = OrgForeignKey(BriefVersion, on_delete=models.PROTECT, related_name="renders")
    # The brief's client, once more: clients take turns, and picking the next one reads nothing else.
    client = OrgForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    take = models.PositiveIntegerField()
    parent = OrgForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CREATE)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=80)
    size = models.CharField(max_length=11)
    # What is paid for: an extension's own part, a remix's or an edit's whole clip.
    seconds = models.PositiveSmallIntegerField()
    # How long the clip is that comes out, and how many extensions are in it.
    clip_seconds = models.PositiveSmallIntegerField()
    extensions = models.PositiveSmallIntegerField(default=0)
    # The dearer take of a brief whose draft was approved, its parent.
    is_final = models.BooleanField(default=False)
    # The submit that it came with, when that made several takes or needed an approval.
    order = OrgForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="renders")
    # The scene of a storyboard that it is a take of.
    scene = OrgForeignKey(Scene, on_delete=models.PROTECT, null=True, blank=True, related_name="takes")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.STANDARD)
    params_digest = models.CharField(max_length=64)
    # The quote is a snapshot: a later change of price changes nothing here.
    price_row = models.ForeignKey(PriceRow, on_delete=models.PROTECT, related_name="+")
    microusd_per_second = models.PositiveIntegerField()
    quoted_microusd = models.PositiveBigIntegerField()
    submit_key = models.CharField(max_length=64)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    state_at = models.DateTimeField(db_default=Now())
    # Fencing token: each claim and each transition raises it; a stale worker's write finds another number.
    version = models.PositiveIntegerField(default=0)
    next_action_at = models.DateTimeField(null=True, db_default=Now())
    progress = models.PositiveSmallIntegerField(default=0)
    failure_class = models.CharField(max_length=24, choices=FailureClass.choices, blank=True)
    delayed_until_at = models.DateTimeField(null=True, blank=True)
    # An equal request of which nobody knows yet whether it was accepted goes first.
    waits_for_lane = models.BooleanField(default=False)
    # Raised before each step and cleared after it: what kills its worker is set aside at three.
    crash_count = models.PositiveSmallIntegerField(default=0)
    retry_count = models.PositiveSmallIntegerField(default=0)
    # Why it is paused; only in HELD.
    paused_for = models.CharField(max_length=12, choices=Pause.choices, blank=True)
    # The rules under which its brief passed pre-flight; others are in force: it is read again before it is sent.
    rules_version = models.CharField(max_length=40, blank=True)
    # When the provider's safety check let its prompt through.
    moderated_at = models.DateTimeField(null=True, blank=True)

    # Nobody wants it any more, although it was sent: it is made, paid and put away.
    abandoned_at = models.DateTimeField(null=True, blank=True)
    abandoned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    # Taken down by the platform: nobody sees its files until they are restored. Nothing is removed by it.
    taken_down_at = models.DateTimeField(null=True, blank=True)
    taken_down_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    take_down_reason = models.CharField(max_length=300, blank=True)
    # Off the lists. Its files are archived in the same transaction.
    archived_at = models.DateTimeField(null=True, blank=True)
    # A legal hold is on the take, for all of its files: while it stands nothing of it is removed.
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    hold_reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[Any] = OrgManager.of(RenderQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "submit_key"], name="one_render_per_submit_key"),
            models.UniqueConstraint(fields=["org", "brief", "take"], name="take_number_once_per_brief"),
            # A take that waits for the safety check is asked about again; one that was stopped is not.
            models.CheckConstraint(
                condition=Q(state__in=_values(WORKING), next_action_at__isnull=False)
                | Q(state=State.HELD, paused_for=Pause.SAFETY_CHECK, next_action_at__isnull=False)
                | Q(state=State.HELD, paused_for=Pause.STOPPED, next_action_at__isnull=True)
                | Q(state=State.AWAITING_APPROVAL, next_action_at__isnull=True)
                | (~Q(state__in=_values(UNDER_WAY)) & Q(next_action_at__isnull=True)),
                name="working_render_has_next_action",
            ),
            # A clip's length is what was paid for, unless it goes on from another one.
            models.CheckConstraint(
                condition=Q(kind=Kind.CREATE, clip_seconds=F("seconds"), extensions=0)
                | Q(kind__in=[Kind.REMIX, Kind.EDIT], clip_seconds=F("seconds"), parent__isnull=False)
                | Q(
                    kind=Kind.EXTEND,
                    clip_seconds__gt=F("seconds"),
                    extensions__gte=1,
                    parent__isnull=False,
                ),
                name="length_fits_the_kind",
            ),
            models.CheckConstraint(
                condition=Q(is_final=False) | Q(kind=Kind.CREATE, parent__isnull=False),
                name="final_has_a_draft",
            ),
            models.CheckConstraint(
                condition=Q(state=State.HELD) & ~Q(paused_for="") | ~Q(state=State.HELD) & Q(paused_for=""),
                name="paused_render_says_why",
            ),
            models.CheckConstraint(
                condition=Q(taken_down_at=None, taken_down_by=None, take_down_reason="")
                | (Q(taken_down_at__isnull=False, taken_down_by__isnull=False) & ~Q(take_down_reason="")),
                name="take_down_names_person_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(abandoned_at=None, abandoned_by=None)
                | Q(abandoned_at__isnull=False, abandoned_by__isnull=False),
                name="abandoned_by_a_person",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="progress_is_percent"),
            models.CheckConstraint(
                condition=Q(held_at=None, held_by=None, hold_reason="")
                | (Q(held_at__isnull=False, held_by__isnull=False) & ~Q(hold_reason="")),
                name="hold_names_person_and_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_action_at"], name="render_due", condition=Q(next_action_at__isnull=False)
            ),
            # Whose turn it is at an account: skips from agency to agency and from client to client.
            models.Index(
                fields=["account", "org", "client", "created_at", "id"],
                name="render_turns",
                condition=Q(state=State.QUEUED),
            ),
            models.Index(fields=["org", "-created_at", "-id"], name="render_newest"),
            models.Index(fields=["org", "state", "-created_at", "-id"], name="render_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.brief.title}, take {self.take}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A take belongs to its brief's client."""
        if self._state.adding:
            self.client_id = self.brief.project.client_id
        super().save(*args, **kwargs)

    @property
    def tone(self) -> str:
        """Colour family of the status pill."""
        return TONES[State(self.state)]

    @property
    def is_working(self) -> bool:
        """Somebody, or something, still has to do with it before there is a clip."""
        return self.state in UNDER_WAY

    @property
    def is_reviewable(self) -> bool:
        return self.state in REVIEWABLE

    @property
    def is_needed(self) -> bool:
        """Whether another take is being made from this clip; uses a prefetch of children."""
        children = (child for child in self.children.all() if child.kind != Kind.CREATE)
        return any(child.state in _NEEDS_SOURCE for child in children)

    @property
    def is_failure(self) -> bool:
        return self.state in FAILURES

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.size.partition("x")[0])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.size.partition("x")[2])

    @property
    def download_name(self) -> str:
        """File name for people: the brief's title and the take."""
        return f"{slugify(self.brief.title)[:60] or 'take'}-take-{self.take}.mp4"

    @property
    def is_held(self) -> bool:
        """Under a legal hold."""
        return self.held_at is not None

    @property
    def is_abandoned(self) -> bool:
        """Nobody wants it any more."""
        return self.abandoned_at is not None

    @property
    def is_taken_down(self) -> bool:
        """Hidden by the platform."""
        return self.taken_down_at is not None

    def asset(self, kind: str) -> Any:
        """The file of this kind, or None when there is none, or nobody may see it; uses a prefetch of assets."""
        if self.is_taken_down:
            return None
        return next((a for a in self.assets.all() if a.kind == kind and a.is_kept), None)

    def asset_record(self, kind: str) -> Any:
        """What is known of the file of this kind, also when its bytes are gone; None when there never was one."""
        return next((a for a in self.assets.all() if a.kind == kind), None)


class AttemptStatus(models.TextChoices):
    """How far one possible charge has come."""

    RESERVED = "reserved"  # money set aside, nothing sent
    INTENT = "intent"  # the request may be on the wire
    IN_DOUBT = "in_doubt"  # sent or not, nobody knows yet
    BOUND = "bound"  # accepted: the provider's id is known
    COMPLETED = "completed"
    FAILED = "failed"
    NOT_ACCEPTED = "not_accepted"  # proved never to have arrived
    WITHDRAWN = "withdrawn"  # never sent


class Attempt(OrgModel):
    """One possible charge at a provider. A second one exists only after the first was proved not accepted."""

    prefix = "att"

    render = OrgForeignKey(Render, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=14, choices=AttemptStatus.choices, default=AttemptStatus.RESERVED)
    # Lane: no second identical request goes out while one is unresolved, or a listing could not tell them apart.
    lane = models.CharField(max_length=64)
    prompt_sha256 = models.CharField(max_length=64)
    reserved_microusd = models.PositiveBigIntegerField()
    reserved_on = models.DateField()
    budget_periods = ArrayField(models.UUIDField(), default=list, blank=True, editable=False)
    settled_microusd = models.PositiveBigIntegerField(null=True, blank=True)
    intent_at = models.DateTimeField(null=True, blank=True)
    provider_video_id = models.CharField(max_length=1000, null=True, blank=True)  # noqa: DJ001 - unique when known
    provider_status = models.CharField(max_length=40, blank=True)
    payload = models.JSONField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    poll_count = models.PositiveIntegerField(default=0)
    absent_scans = models.PositiveSmallIntegerField(default=0)
    missing_count = models.PositiveSmallIntegerField(default=0)
    provider_delete_at = models.DateTimeField(null=True, blank=True)
    provider_deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["org", "render", "number"], name="attempt_number_once_per_render"
            ),
            # These two are global on purpose: an account may be shared by agencies, and one video there has one owner.
            models.UniqueConstraint(
                fields=["account", "provider_video_id"], name="one_owner_per_provider_video"
            ),
            models.UniqueConstraint(
                fields=["account", "lane"],
                condition=Q(status__in=["intent", "in_doubt"]),
                name="one_unresolved_attempt_per_lane",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["bound", "completed"]) | Q(provider_video_id__isnull=False),
                name="bound_attempt_has_provider_id",
            ),
        ]
        indexes = [
            models.Index(fields=["account"], name="attempt_in_flight", condition=Q(status="bound")),
            models.Index(
                fields=["provider_delete_at"],
                name="attempt_delete_due",
                condition=Q(provider_delete_at__isnull=False, provider_deleted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"

    @property
    def is_open(self) -> bool:
        """True while money is set aside for it."""
        return self.settled_microusd is None


class RenderEvent(AppendOnlyModel):
    """One transition of a render, written in its transaction."""

    prefix = "rev"

    render = OrgForeignKey(Render, on_delete=models.PROTECT, related_name="events")
    happened_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField()
    source = models.CharField(max_length=16, blank=True)
    target = models.CharField(max_length=16, choices=State.choices)
    who = models.CharField(max_length=12, choices=Who.choices)
    actor = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "render", "version"], name="one_event_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"

    @property
    def tone(self) -> str:
        """Colour family of the state it led to."""
        return TONES[State(self.target)]

"""Character (who or what it is, and whether it may be used) and what happened to it."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from characters.names import asked, findable
from characters.states import PUT_AWAY, TONES, USABLE, WORKING, State, Who
from tenants.models import AppendOnlyModel, Client, OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


class Kind(models.TextChoices):
    """What it is. There is no kind for a person, on purpose."""

    MASCOT = "mascot", gettext_lazy("Mascot")
    PRODUCT = "product", gettext_lazy("Product")
    PROP = "prop", gettext_lazy("Prop")
    ANIMAL = "animal", gettext_lazy("Animal")
    FICTIONAL = "fictional", gettext_lazy("Fictional, non-human")


_AFTER_ALL = "\U0010ffff"  # sorts behind every letter, byte by byte


class CharacterQuerySet(OrgQuerySet):
    def listed(self) -> Any:
        """With what a card shows; three queries whatever the number of rows."""
        return self.select_related("client", "clip").prefetch_related("clip__files")

    def on_lists(self) -> Any:
        """What lists show unless something else is asked for."""
        return self.exclude(state__in=sorted(PUT_AWAY))

    def named(self, query: str) -> Any:
        """Those in whose name a word begins with each of these words; none when nothing is asked that could be found."""
        rows = self
        words = asked(query)
        rows = self if words else self.none()
        for word in words:
            # Row security lets an index serve operators that give nothing away. These two are such; LIKE is not.
            found = CharacterWord.objects.filter(
                character=OuterRef("pk"), word__gte=word, word__lt=word + _AFTER_ALL
            )
            rows = rows.filter(Exists(found))
        return rows

    def waiting_for_approval(self) -> Any:
        return self.filter(state=State.VALIDATED)

    def due(self) -> Any:
        """Rows that a worker has to look at, by the database's clock."""
        return self.filter(next_action_at__lte=Now()).order_by("next_action_at")

    def offered(self) -> Any:
        """What a composer shows: in use or on the way there."""
        return self.filter(state__in=sorted(USABLE | {State.VALIDATED})).order_by(Lower("name"))


class Character(OrgModel):
    """A mascot, a product, a prop, an animal: made once, used in many renders. Never a person."""

    prefix = "chr"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    # Verbatim in every prompt that uses it, and what the provider is told: so it is fixed once it is approved.
    name = models.CharField(max_length=80)
    client = OrgForeignKey(Client, on_delete=models.PROTECT, null=True, blank=True, related_name="characters")
    look = models.TextField(max_length=4000, blank=True)
    dos = models.TextField(max_length=2000, blank=True)
    donts = models.TextField(max_length=2000, blank=True)
    rights_holder = models.CharField(max_length=120, blank=True)
    rights_evidence = models.TextField(max_length=1000, blank=True)
    # The last day on which it may be used; none: no end is agreed.
    rights_until = models.DateField(null=True, blank=True)
    clip = OrgForeignKey("Clip", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    state_at = models.DateTimeField(db_default=Now())
    # Fencing token, as a render's: each claim and each transition raises it.
    version = models.PositiveIntegerField(default=0)
    next_action_at = models.DateTimeField(null=True, blank=True)
    # What the present state should tell people: why it was refused, retired, revoked, sent back.
    note = models.CharField(max_length=300, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OrgManager.of(CharacterQuerySet)

    class Meta:
        constraints = [
            # A prompt names it: two of one name could not be told apart.
            models.UniqueConstraint(
                "org",
                Lower("name"),
                condition=~Q(state__in=sorted(state.value for state in PUT_AWAY)),
                name="character_name_once_per_agency",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="character_has_a_name"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in WORKING), next_action_at__isnull=False)
                | (~Q(state__in=sorted(s.value for s in WORKING)) & Q(next_action_at=None)),
                name="awaiting_character_has_next_action",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="approval_has_person_and_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(state.value for state in USABLE))
                | Q(approved_by__isnull=False, clip__isnull=False),
                name="usable_character_is_approved_and_has_a_clip",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-created_at", "-id"], name="character_newest"),
            models.Index(fields=["org", "state", "-created_at", "-id"], name="character_by_state"),
            models.Index(
                fields=["next_action_at"], name="character_due", condition=Q(next_action_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """With the words that its name is found by."""
        is_new, fields = self._state.adding, kwargs.get("update_fields")
        super().save(*args, **kwargs)
        if fields is None or "name" in fields:
            CharacterWord.write(self, is_new=is_new)

    @property
    def tone(self) -> str:
        """Colour family of the status pill."""
        return TONES[State(self.state)]

    @property
    def is_usable(self) -> bool:
        return self.state in USABLE

    @property
    def is_put_away(self) -> bool:
        return self.state in PUT_AWAY

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    def has_expired(self, day: date | None = None) -> bool:
        """Whether the rights have ended by this day (today by UTC)."""
        return self.rights_until is not None and self.rights_until < (day or timezone.now().date())

    def why_not(self, day: date | None = None) -> str:
        """Why no brief may use it, in a sentence; empty when one may, as far as we are concerned."""
        name = {"name": self.name}
        if self.state == State.REVOKED:
            return _("The rights to %(name)s were revoked, so nothing may be made with it.") % name
        if self.state == State.RETIRED:
            return _("%(name)s is retired. Bring it back first, or choose another.") % name
        if self.state == State.VALIDATED:
            return _("%(name)s waits for the approval of a colleague.") % name
        if not self.is_usable:
            return _("%(name)s is not finished: it needs a clip, rights and an approval.") % name
        if self.has_expired(day):
            until = {**name, "day": f"{self.rights_until:%-d %b %Y}"}
            return _("The rights to %(name)s ended on %(day)s. Enter a later date with its evidence.") % until
        return ""


class CharacterWord(OrgModel):
    """A word that a character is found by; kept beside the name for its index, and by nobody but Character.save()."""

    character = OrgForeignKey(Character, on_delete=models.CASCADE, related_name="words")
    # Compared byte by byte: a language's own order does not keep a word's beginnings together.
    word = models.TextField(db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "character", "word"], name="word_once_per_character")
        ]
        indexes = [models.Index(fields=["org", "word", "character"], name="character_by_word")]

    def __str__(self) -> str:
        return self.word

    @classmethod
    def write(cls, character: Character, *, is_new: bool) -> None:
        """Make the rows say what the name says."""
        wanted = findable(character.name)
        known = set() if is_new else set(character.words.values_list("word", flat=True))
        if gone := known - wanted:
            character.words.filter(word__in=gone).delete()
        cls.objects.bulk_create(
            cls(org_id=character.org_id, character=character, word=word) for word in sorted(wanted - known)
        )


class CharacterEvent(AppendOnlyModel):
    """One transition of a character, written in its transaction."""

    prefix = "che"

    character = OrgForeignKey(Character, on_delete=models.PROTECT, related_name="events")
    happened_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField()
    source = models.CharField(max_length=12, blank=True)
    target = models.CharField(max_length=12, choices=State.choices)
    who = models.CharField(max_length=12, choices=Who.choices)
    # Null when a worker did it.
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "character", "version"], name="one_event_per_character_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"

    @property
    def tone(self) -> str:
        """Colour family of the state it led to."""
        return TONES[State(self.target)]

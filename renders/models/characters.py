"""Which account knows which character, and which brief and version use it."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from characters.models import Character
from renders.models.accounts import ProviderAccount
from renders.models.briefs import Brief, BriefVersion
from tenants.models import AppendOnlyModel, OrgForeignKey, OrgManager, OrgModel, OrgQuerySet

MOST = 2  # characters in one video; the Videos API's guide


class RegistrationStatus(models.TextChoices):
    """How far one attempt to make a character known to an account has come."""

    WAITING = "waiting", gettext_lazy("Waiting")  # nothing sent, or proved not accepted
    SENDING = "sending", gettext_lazy("Sending")  # the clip may be on the wire
    DOUBT = "doubt", gettext_lazy("No clear answer")  # the provider may hold a copy that nobody can name
    REGISTERED = "registered", gettext_lazy("Registered")
    REFUSED = "refused", gettext_lazy("Refused")
    LOST = "lost", gettext_lazy("Lost by the provider")  # it was known there once
    DUPLICATE = "duplicate", gettext_lazy("Answered too late")  # a copy of one that is registered


OPEN = (RegistrationStatus.WAITING, RegistrationStatus.SENDING, RegistrationStatus.REGISTERED)


class RegistrationQuerySet(OrgQuerySet):
    def known_to(self, account: ProviderAccount | int) -> Any:
        """What this account knows."""
        return self.filter(account=account, status=RegistrationStatus.REGISTERED)


class Registration(OrgModel):
    """One attempt to make a character known to one account. A second one exists only after the first has ended."""

    prefix = "reg"

    character = OrgForeignKey(Character, on_delete=models.PROTECT, related_name="registrations")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=12, choices=RegistrationStatus.choices, default=RegistrationStatus.WAITING
    )
    # What was sent: the name, and the bytes by their hash.
    name = models.CharField(max_length=80)
    clip_sha256 = models.CharField(max_length=64)
    intent_at = models.DateTimeField(null=True, blank=True)
    # Since when the character waits to be registered: attempts of one asking count together.
    asked_at = models.DateTimeField()
    # Written with each intent: an answer to an earlier one changes nothing.
    sending = models.PositiveSmallIntegerField(default=0)
    provider_character_id = models.CharField(max_length=300, null=True, blank=True)  # noqa: DJ001 - unique when known
    registered_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # A sentence for the team, and the provider's own words for staff.
    problem = models.CharField(max_length=300, blank=True)
    error = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OrgManager.of(RegistrationQuerySet)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["org", "character", "account", "number"], name="registration_number_once"
            ),
            models.UniqueConstraint(
                fields=["org", "character", "account"],
                condition=Q(status__in=[status.value for status in OPEN]),
                name="one_open_registration_per_account",
            ),
            # Global on purpose: an account may be shared by agencies, and one character there has one owner.
            models.UniqueConstraint(
                fields=["account", "provider_character_id"], name="one_owner_per_provider_character"
            ),
            models.CheckConstraint(
                condition=~Q(status="registered")
                | Q(provider_character_id__isnull=False, registered_at__isnull=False),
                name="registered_character_has_provider_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.account_id}, attempt {self.number}"

    @property
    def tone(self) -> str:
        """Colour family of the status pill."""
        return {
            RegistrationStatus.WAITING: "progress",
            RegistrationStatus.SENDING: "progress",
            RegistrationStatus.REGISTERED: "success",
            RegistrationStatus.REFUSED: "danger",
            RegistrationStatus.LOST: "danger",
        }.get(RegistrationStatus(self.status), "warning")


_position = Q(position__in=range(1, MOST + 1))


class BriefCharacter(OrgModel):
    """A character in a brief that is being written."""

    prefix = "bch"

    brief = OrgForeignKey(Brief, on_delete=models.CASCADE, related_name="cast")
    character = OrgForeignKey(Character, on_delete=models.PROTECT, related_name="in_briefs")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["org", "brief", "character"], name="character_once_per_brief"),
            models.UniqueConstraint(fields=["org", "brief", "position"], name="place_once_per_brief"),
            models.CheckConstraint(condition=_position, name="at_most_two_characters_in_a_brief"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.character_id}"


class VersionCharacter(AppendOnlyModel):
    """A character in a version that was submitted: its name and its clip as they were."""

    prefix = "vch"

    version = OrgForeignKey(BriefVersion, on_delete=models.PROTECT, related_name="cast")
    character = OrgForeignKey(Character, on_delete=models.PROTECT, related_name="in_versions")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    clip_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["org", "version", "character"], name="character_once_per_version"
            ),
            models.UniqueConstraint(fields=["org", "version", "position"], name="place_once_per_version"),
            models.CheckConstraint(condition=_position, name="at_most_two_characters_in_a_version"),
        ]

    def __str__(self) -> str:
        return self.name

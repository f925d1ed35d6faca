"""Agencies (the tenants), their clients and their people."""

import uuid
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.urls import reverse

from tenants import public_ids
from tenants.models.base import OrgManager, OrgModel, OrgQuerySet
from tenants.models.people import User
from tenants.roles import Role, allows

MOST_WEIGHT = 100
_weight = [MinValueValidator(1), MaxValueValidator(MOST_WEIGHT)]
_hue = [MinValueValidator(0), MaxValueValidator(359)]


class Agency(models.Model):
    """A tenant. Its id is the org_id on every row that belongs to it."""

    prefix = "agy"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True, max_length=40, validators=[RegexValidator(r"^[a-z0-9-]+\Z")])
    name = models.CharField(max_length=80)
    hue = models.PositiveSmallIntegerField(default=250, validators=_hue)
    logo = models.FileField(upload_to="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Generation is switched off: nothing new is sent to a provider. Nobody's name: a rule did it by itself.
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stop_reason = models.CharField(max_length=300, blank=True)
    # From when on the platform counts results that a provider's policy blocked.
    breaker_from_at = models.DateTimeField(null=True, blank=True)
    # Its share of what a provider takes, when agencies wait for the same account: twice the weight, twice the takes.
    dispatch_weight = models.PositiveSmallIntegerField(default=1, validators=_weight)

    class Meta:
        verbose_name_plural = "agencies"
        constraints = [
            models.CheckConstraint(
                condition=Q(stopped_at=None, stopped_by=None, stop_reason="")
                | (Q(stopped_at__isnull=False) & ~Q(stop_reason="")),
                name="stopped_agency_says_why",
            ),
            models.CheckConstraint(
                condition=Q(dispatch_weight__gte=1, dispatch_weight__lte=MOST_WEIGHT),
                name="dispatch_weight_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        """The id that people see and copy: agy_…"""
        return public_ids.encode(self.prefix, self.id)

    @property
    def is_stopped(self) -> bool:
        """Whether generation is switched off."""
        return self.stopped_at is not None

    @property
    def logo_url(self) -> str:
        """Where the logo is, or empty."""
        if not self.logo:
            return ""
        name = str(self.logo).rpartition("/")[2].removesuffix(".webp")
        return reverse("tenants:logo", args=[self.id, name])


class Client(OrgModel):
    """A customer of the agency: the brand that signs off."""

    prefix = "cli"

    name = models.CharField(max_length=80)
    hue = models.PositiveSmallIntegerField(default=150, validators=_hue)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("org", Lower("name"), name="client_name_once_per_agency")]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(OrgQuerySet):
    def active(self) -> Any:
        return self.filter(is_active=True, user__is_active=True)

    def owners(self) -> Any:
        return self.active().filter(role=Role.OWNER)


class Membership(OrgModel):
    """What one person is in one agency."""

    prefix = "mem"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=Role.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Since when they are no member any more; empty while they are.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OrgManager.of(MembershipQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "user"], name="one_membership_per_person"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"

    def may(self, permission: str) -> bool:
        """True when this member has the permission."""
        return allows(self.role, permission)


class InvitationQuerySet(OrgQuerySet):
    def open(self) -> Any:
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=Now())


class Invitation(OrgModel):
    """A way in, sent by mail. Only the token's hash is kept."""

    prefix = "inv"

    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=12, choices=Role.choices)
    token_hash = models.CharField(max_length=64, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OrgManager.of(InvitationQuerySet)

    class Meta:
        indexes = [models.Index(fields=["token_hash"], name="invitation_by_token")]
        constraints = [
            models.UniqueConstraint(
                "org",
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address",
            ),
        ]

    def __str__(self) -> str:
        return self.email

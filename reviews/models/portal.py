"""Links for clients, and who came through them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models.rounds import Round
from tenants.models import OrgForeignKey, OrgManager, OrgModel, OrgQuerySet, User


class PortalLinkQuerySet(OrgQuerySet):
    def open(self) -> Any:
        """Neither revoked nor ended, by the database's clock."""
        return self.filter(Q(expires_at__gt=Now()), revoked_at=None)


class PortalLink(OrgModel):
    """A client's way in without an account. Only the hash of its token is kept."""

    prefix = "lnk"

    round = OrgForeignKey(Round, on_delete=models.PROTECT, related_name="links")
    label = models.CharField(max_length=120)
    token_hash = models.CharField(max_length=64, editable=False)
    passcode_hash = models.CharField(max_length=200, blank=True, editable=False)
    may_comment = models.BooleanField(default=True)
    may_decide = models.BooleanField(default=True)
    may_download = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    locked_until_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OrgManager.of(PortalLinkQuerySet)

    class Meta:
        # Global on purpose: a token arrives without an agency. It is 192 random bits, so nothing can be probed.
        constraints = [models.UniqueConstraint(fields=["token_hash"], name="one_link_per_token")]

    def __str__(self) -> str:
        return self.label

    @property
    def needs_passcode(self) -> bool:
        return bool(self.passcode_hash)

    @property
    def is_over(self) -> bool:
        """Past its end, for words in lists; the gate asks the database's clock."""
        return self.expires_at <= timezone.now()


class Guest(OrgModel):
    """Somebody who came through a link and said who they are."""

    prefix = "gst"

    link = OrgForeignKey(PortalLink, on_delete=models.PROTECT, related_name="guests")
    name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254)
    # Who they are comes with the first thing they say: a double click makes one guest.
    form_key = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 - unique when known
    created_at = models.DateTimeField(auto_now_add=True)
    # Name and address are gone since then; what they decided stays, under their id.
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "form_key"], name="one_guest_per_form"),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(name="", email=""), name="erased_guest_has_no_name"
            ),
        ]
        indexes = [models.Index(fields=["org", "email"], name="guest_by_email")]

    def __str__(self) -> str:
        return self.name or _("Name erased")

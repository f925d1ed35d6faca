"""Invite people, and say what they may do."""

from datetime import timedelta
from uuid import UUID

from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit, scope
from tenants.errors import Refused
from tenants.models import Invitation, Membership, User
from tenants.roles import Role
from tenants.secrets import new_token, token_hash

INVITATION_LIFE = timedelta(days=7)


class CannotInvite(Refused):
    """The address is a member already."""


class CannotAccept(Refused):
    """The invitation is unknown, used, revoked, too old, or meant for another address."""


class LastOwner(Refused):
    """An agency must keep one owner."""


@transaction.atomic
def invite_member(*, email: str, role: Role, by: User, accept_url: str) -> Invitation:
    """Send an invitation by mail; an earlier open one to the same address is replaced.

    `accept_url` holds {token}. Raises CannotInvite.
    """
    email = email.strip().lower()
    if Membership.objects.active().filter(user__email__iexact=email).exists():
        raise CannotInvite(f"{email} is a member already. Change the role in the list instead.")
    now = timezone.now()
    Invitation.objects.filter(email__iexact=email, accepted_at=None, revoked_at=None).update(revoked_at=now)
    token = new_token()
    invitation = Invitation.objects.create(
        email=email, role=role, token_hash=token_hash(token), invited_by=by, expires_at=now + INVITATION_LIFE
    )
    audit.record("member.invited", by=by, on=invitation, role=role)
    url, scope_id = accept_url.format(token=token), scope.require_org()
    transaction.on_commit(lambda: _send_invitation(scope_id, invitation, url), robust=True)
    return invitation


def _send_invitation(org_id: UUID, invitation: Invitation, url: str) -> None:
    with scope.org_transaction(org_id):
        agency = invitation.org.name
    send_mail(
        subject=_("Join %(agency)s on Dailies") % {"agency": agency},
        message=_(
            "%(by)s invites you to work with %(agency)s on Dailies, as %(role)s.\n\n"
            "Accept here (the link works until %(until)s):\n%(url)s\n\n"
            "If you did not expect this, there is nothing to do."
        )
        % {
            "by": invitation.invited_by,
            "agency": agency,
            "role": invitation.get_role_display().lower(),
            "until": invitation.expires_at.strftime("%-d %B %Y"),
            "url": url,
        },
        from_email=None,
        recipient_list=[invitation.email],
    )


def find_invitation(token: str) -> tuple[UUID, UUID] | None:
    """(agency's id, invitation's id) of an open invitation, or None. The token comes without an agency."""
    with scope.platform_transaction("invitation: token to agency"):
        open_ones = Invitation.objects.open().filter(token_hash=token_hash(token))
        return open_ones.values_list("org_id", "id").first()


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: User) -> Membership:
    """Make the person a member. Raises CannotAccept."""
    if by.email.lower() != invitation.email.lower():
        raise CannotAccept(
            f"This invitation is for {invitation.email}, and you are signed in as {by.email}. "
            "Sign out and open the link again, or ask for an invitation to this address."
        )
    used = Invitation.objects.open().filter(pk=invitation.pk).update(accepted_at=timezone.now())
    if not used:
        raise CannotAccept("This invitation was used, withdrawn or has ended. Ask for a new one.")
    membership, _created = Membership.objects.update_or_create(
        user=by, defaults={"role": invitation.role, "is_active": True, "removed_at": None}
    )
    audit.record("member.joined", by=by, on=membership, role=invitation.role)
    return membership


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> None:
    """Make the link useless. Harmless when it is already."""
    if Invitation.objects.open().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
        audit.record("member.invitation_revoked", by=by, on=invitation)


def _keep_an_owner(membership: Membership) -> None:
    owners = list(Membership.objects.owners().select_for_update().values_list("pk", flat=True))
    if owners == [membership.pk]:
        raise LastOwner("This is the only owner. Make somebody else an owner first.")


@transaction.atomic
def change_role(*, membership: Membership, role: Role, by: User) -> None:
    """Give a member another role. Raises LastOwner."""
    if membership.role == role:
        return
    if role != Role.OWNER:
        _keep_an_owner(membership)
    was, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    audit.record("member.role_changed", by=by, on=membership, was=was, role=role)


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> None:
    """Take a member's access away, from the next request on. Raises LastOwner."""
    _keep_an_owner(membership)
    membership.is_active, membership.removed_at = False, timezone.now()
    membership.save(update_fields=["is_active", "removed_at"])
    audit.record("member.removed", by=by, on=membership)

"""Erase who a former member was. The trail keeps its reference, which leads to nobody."""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.functions import Now

from tenants import audit, scope
from tenants.errors import Refused
from tenants.models import Chore, ChoreKind, Erasure, Membership, User

_more: list[Callable[[User], None]] = []


def also_erases(function: Callable[[User], None]) -> Callable[[User], None]:
    """A higher layer keeps somebody's name in a column of its own: called inside each erasure. Safe to repeat."""
    _more.append(function)
    return function


class CannotEraseMember(Refused):
    """The account stays as it is."""


def check_can_erase(membership: Membership) -> None:
    """Raises CannotEraseMember while somebody is a member here or anywhere, and for the platform's own people."""
    user = membership.user
    if membership.is_active:
        raise CannotEraseMember("Take the membership away first; then the name can be erased.")
    if user.is_staff:
        raise CannotEraseMember("This is one of the platform's own people; the platform erases them.")
    with scope.person_lookup(user.pk):
        elsewhere = Membership._base_manager.filter(user=user, is_active=True).exists()
    if elsewhere:
        raise CannotEraseMember(
            "This person works for another agency here, too, so the account is in use. They can ask there."
        )


@transaction.atomic
def erase_member(*, membership: Membership, typed: str, by: User) -> None:
    """Erase name, address and ways to sign in of somebody who has left. `typed`: the name, to confirm.

    Raises CannotEraseMember.
    """
    check_can_erase(membership)
    if typed.strip() != membership.user.display_name:
        raise CannotEraseMember(
            f"Type “{membership.user.display_name}” to confirm: nobody can bring it back."
        )
    user = User.objects.select_for_update().get(pk=membership.user_id)
    wipe(user)
    Erasure.objects.create(subjects=[membership.public_id], asked_by=by)
    Chore.objects.update_or_create(kind=ChoreKind.AUDIT, defaults={"due_at": Now()})
    audit.record("member.erased", by=by, on=membership)


def wipe(user: User) -> None:
    """The writes alone: also what a restored database is told again. Harmless to repeat."""
    user.name, user.email, user.is_active = "", f"erased-{user.pk}@erased.invalid", False
    user.set_unusable_password()
    user.save(update_fields=["name", "email", "is_active", "password"])
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    for erase in _more:
        erase(user)

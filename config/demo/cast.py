"""The people of the demo."""

from allauth.account.models import EmailAddress
from django.db import transaction

from config.up.banner import PASSWORD
from renders.actions.budgets import set_agency_budget, set_budget
from renders.models import Period, Project
from tenants import scope
from tenants.actions.agencies import create_agency
from tenants.models import Agency, Client, Membership, User
from tenants.roles import Role


def person(email: str, name: str, *, is_staff: bool = False) -> User:
    """Somebody who can sign in with the demo's password; the address is verified."""
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, PASSWORD, name=name, is_staff=is_staff)
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def agency(slug: str, name: str, hue: int, owner: User) -> Agency:
    """The agency with its owner and a budget."""
    # person_lookup sets something for one transaction: outside of one it would show nothing.
    with transaction.atomic(), scope.person_lookup(owner.pk):
        found = Agency._base_manager.filter(slug=slug).first()
    if found is None:
        found = create_agency(name=name, slug=slug, hue=hue, by=owner)
        with scope.org_transaction(found.pk):
            set_agency_budget(limit_microusd=250_000_000, by=owner)
    return found


def member(user: User, role: Role) -> None:
    """Put somebody into the agency in scope."""
    Membership.objects.get_or_create(user=user, defaults={"role": role})


def narrow_budgets(client: str, project: str, by: User) -> None:
    """One client's limit a month and one project's in total, in the agency in scope."""
    acme = Client.objects.get(name=client)
    set_budget(client=acme, limit_microusd=120_000_000, by=by)
    found = Project.objects.get(client=acme, name=project)
    set_budget(project=found, period=Period.TOTAL, limit_microusd=40_000_000, by=by)

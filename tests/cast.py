"""The people of the tests: Amara (owner, makes), Bruno (reviews), Clara (client), Dmitri (rival), Sol (staff)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client as Browser

from renders.actions.budgets import set_agency_budget
from tenants.actions.agencies import add_client, create_agency
from tenants.models import Agency, Client, Membership, User
from tenants.roles import Role
from tenants.scope import org_transaction

PASSWORD = "correct horse battery"
BUDGET = 1_000_000_000  # micro-dollars


@dataclass
class Cast:
    """Two agencies that must never see each other."""

    northlight: Agency
    rivalry: Agency
    acme: Client
    amara: User
    bruno: User
    fay: User
    vera: User
    dmitri: User
    sol: User

    @contextmanager
    def at(self, agency: Agency | None = None) -> Iterator[None]:
        """Act inside an agency (Northlight unless said otherwise)."""
        with org_transaction((agency or self.northlight).pk):
            yield


def person(email: str, name: str, *, is_staff: bool = False) -> User:
    """Somebody with a verified address."""
    user = User.objects.create_user(email, PASSWORD, name=name, is_staff=is_staff)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def browser(user: User | None = None, *, second_factor: bool = True) -> Browser:
    """A browser in which the person is signed in (nobody without one); staff have shown their second factor."""
    found = Browser()
    if user is not None:
        found.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        if user.is_staff and second_factor:
            show_second_factor(found, user)
    return found


def show_second_factor(found: Browser, user: User) -> None:
    """As if the person had typed a one-time code."""
    code, _made = Authenticator.objects.get_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": "JBSWY3DPEHPK3PXP"}}
    )
    session = found.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "id": code.pk, "at": time.time()}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def assemble() -> Cast:
    """The whole cast, in the database."""
    amara = person("amara@northlight.test", "Amara Diallo")
    bruno = person("bruno@northlight.test", "Bruno Keller")
    fay, vera = person("fay@northlight.test", "Fay Lindqvist"), person("vera@northlight.test", "Vera Tan")
    dmitri, sol = (
        person("dmitri@rivalry.test", "Dmitri Volkov"),
        person("sol@dailies.test", "Sol", is_staff=True),
    )
    northlight = create_agency(name="Northlight", slug="northlight", by=amara)
    rivalry = create_agency(name="Rivalry", slug="rivalry", by=dmitri)
    with org_transaction(northlight.pk):
        for user, role in ((bruno, Role.REVIEWER), (fay, Role.FINANCE), (vera, Role.VIEWER)):
            Membership.objects.create(user=user, role=role)
        acme = add_client(name="Acme", by=amara)
        set_agency_budget(limit_microusd=BUDGET, by=amara)
    return Cast(northlight, rivalry, acme, amara, bruno, fay, vera, dmitri, sol)

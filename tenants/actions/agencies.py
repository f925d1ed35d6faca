"""Start an agency; keep its clients."""

import uuid

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.text import slugify

from tenants import audit, scope
from tenants.errors import Refused
from tenants.models import Agency, Client, Membership, User
from tenants.roles import Role


class SlugTaken(Refused):
    """Another agency has this address."""


class ClientExists(Refused):
    """The agency has a client with this name."""


@transaction.atomic
def create_agency(*, name: str, by: User, slug: str = "", hue: int = 250) -> Agency:
    """A new agency whose owner is `by`. Raises SlugTaken."""
    slug = slug or slugify(name)[:40] or "agency"
    agency = Agency(id=uuid.uuid4(), name=name.strip(), slug=slug, hue=hue)
    with scope.entered(agency.id):
        # The row policy hides other agencies, so only the unique index can tell that the slug is taken.
        inserted = Agency._base_manager.bulk_create([agency], ignore_conflicts=True)
        if not inserted or not Agency._base_manager.filter(pk=agency.pk).exists():
            raise SlugTaken(f"The address “{slug}” is taken. Choose another name, or add a word to it.")
        Membership.objects.create(user=by, role=Role.OWNER)
        audit.record("agency.created", by=by, on=agency, name=agency.name)
    return agency


@transaction.atomic
def add_client(*, name: str, by: User, hue: int = 150) -> Client:
    """A new client of the agency in scope. Raises ClientExists."""
    name = name.strip()
    if Client.objects.annotate(lower=Lower("name")).filter(lower=name.lower()).exists():
        raise ClientExists(f"There is a client called “{name}” already.")
    client = Client.objects.create(name=name, hue=hue)
    audit.record("client.added", by=by, on=client, name=name)
    return client

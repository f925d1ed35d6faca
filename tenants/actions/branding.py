"""What clients see of an agency: its name, its colour, its logo."""

from typing import BinaryIO

from django.db import transaction

from tenants import audit, branding, storage
from tenants.models import Agency, User


@transaction.atomic
def set_brand(
    *, agency: Agency, name: str, hue: int, by: User, logo: BinaryIO | None = None, drop_logo: bool = False
) -> None:
    """Change name, hue and logo. Raises branding.BadLogo; then nothing is changed."""
    before = str(agency.logo)
    agency.name, agency.hue = name.strip(), hue
    if logo is not None:
        agency.logo = branding.keep(agency.pk, branding.draw(logo, getattr(logo, "size", 0)))
    elif drop_logo:
        agency.logo = ""
    agency.save(update_fields=["name", "hue", "logo"])
    if before and before != str(agency.logo):
        # Its key holds its hash: nobody else can mean this file.
        transaction.on_commit(lambda: storage.remove(before), robust=True)
    audit.record("agency.brand_changed", by=by, on=agency, hue=hue, has_logo=bool(agency.logo))

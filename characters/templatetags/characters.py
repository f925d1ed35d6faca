"""Filters for characters and their files: {% load characters %}."""

from django import template
from django.urls import reverse

from tenants import storage
from tenants.models import OrgModel

register = template.Library()


@register.filter
def file_url(file: OrgModel | None) -> str:
    """A signed address of a stored file that opens for five minutes."""
    return reverse("renders:media", args=[storage.signed_name(file.pk)]) if file else ""


@register.filter
def save_url(file: OrgModel | None, name: str) -> str:
    """A signed address that saves the file under this name."""
    return reverse("renders:media", args=[storage.signed_name(file.pk, download_name=name)]) if file else ""


@register.filter
def lines_of(text: str) -> list[str]:
    """The lines that say something."""
    return [line.strip(" -•\t") for line in text.splitlines() if line.strip(" -•\t")]

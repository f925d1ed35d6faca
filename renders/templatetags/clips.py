"""Filters for takes and their files: {% load clips %}."""

from typing import Any

from django import template
from django.urls import reverse

from renders import pricing
from renders.models import Asset, Render
from tenants import storage

register = template.Library()


@register.filter
def dollars(microusd: int | None) -> str:
    """$1,204.50, from micro-dollars."""
    return "" if microusd is None else pricing.dollars(microusd)


@register.filter
def media_url(asset: Asset | None) -> str:
    """A signed address of a stored file that opens for five minutes."""
    return reverse("renders:media", args=[storage.signed_name(asset.pk)]) if asset else ""


@register.filter
def download_url(asset: Asset | None, name: str) -> str:
    """A signed address that saves the file under this name."""
    return reverse("renders:media", args=[storage.signed_name(asset.pk, download_name=name)]) if asset else ""


@register.filter
def asset(render: Render, kind: str) -> Any:
    """The take's file of this kind, or None; no query when assets are prefetched."""
    return render.asset(kind)


@register.filter
def item(mapping: dict[str, Any] | None, key: str) -> Any:
    """mapping[key], or None."""
    return (mapping or {}).get(key)


@register.filter
def clock(seconds: float) -> str:
    """0:08"""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"

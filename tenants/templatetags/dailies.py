"""Filters that any page may use: {% load dailies %}."""

from typing import Any

from django import template

from tenants.models import Membership

register = template.Library()


@register.filter
def may(membership: Membership | None, permission: str) -> bool:
    """True when the member has the permission: hide what would be refused."""
    return bool(membership and membership.may(permission))


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    """A dictionary's value by a key that is only known at run time."""
    return mapping.get(key)

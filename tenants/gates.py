"""System check: no address is reachable without somebody having said who may come in."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

# allauth brings its own pages, each of which decides for itself; they know people, and no agency's rows.
TRUSTED_MODULES = ("allauth.",)


def views(patterns: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(address, view) of every pattern below these."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address, pattern.callback


def is_trusted(view: Any) -> bool:
    """True for pages of libraries that guard themselves."""
    return str(getattr(view, "__module__", "")).startswith(TRUSTED_MODULES)


@register(Tags.urls)
def every_view_has_a_gate(app_configs: Any = None, **kwargs: Any) -> Iterable[CheckMessage]:
    """Each view says who may come in: @requires, @portal, @staff, @signed_in or @public."""
    for address, view in views(get_resolver().url_patterns):
        if not hasattr(view, "gate") and not is_trusted(view):
            yield Error(
                f"The view at /{address} has no gate.",
                hint="Put @requires(permission), @portal(capability), @staff(…), @signed_in(…) or @public(reason) on it.",
                id="tenants.E006",
            )
